//! Shortlist of a request: the places that the engine looks at, chosen by themes, popularity and distance alone.
//!
//! No streets are looked at yet: what is near may still be far to walk.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::reach;
use super::{Poi, WalkRequest};
use crate::places::ThemeId;
use crate::prize::promise;

/// Most places on a shortlist: the engine puts all of them on their streets.
const MAX_PLACES: usize = 1000;

/// A place within reach.
#[derive(Debug, Clone, Copy)]
struct Near<'a> {
    poi: &'a Poi,
    /// Distance from the start.
    metres: f64,
}

/// Chooses the places within reach that have one of the themes asked for, by id, with those of their themes alone.
///
/// Of more places than fit, each theme ranks its own by what they promise; they are taken rank by rank, so that a theme
/// with many places does not push out one with few.
pub fn choose<'a>(places: impl IntoIterator<Item = &'a Poi>, request: &WalkRequest) -> Vec<Poi> {
    choose_at_most(places, request, MAX_PLACES)
}

fn choose_at_most<'a>(
    places: impl IntoIterator<Item = &'a Poi>,
    request: &WalkRequest,
    most: usize,
) -> Vec<Poi> {
    let reach_metres = reach::metres_from_start(request.end, request.budget_seconds);
    let near = places
        .into_iter()
        .filter_map(|poi| within_reach(poi, request, reach_metres));
    let mut chosen: Vec<Near<'_>> = near.collect();
    if chosen.len() > most {
        chosen = first_ranks(&chosen, request, reach_metres, most);
    }
    chosen.sort_unstable_by_key(|near| near.poi.id);
    chosen
        .into_iter()
        .map(|near| Poi {
            themes: themes_asked_for(near.poi, request).collect(),
            ..near.poi.clone()
        })
        .collect()
}

/// A walk with an end of its own stays within an ellipse around both.
fn within_reach<'a>(poi: &'a Poi, request: &WalkRequest, reach_metres: f64) -> Option<Near<'a>> {
    themes_asked_for(poi, request).next()?;
    let metres = request.start.distance_metres(poi.location);
    let to_end = request
        .end
        .map_or(0.0, |end| end.distance_metres(poi.location));
    (metres + to_end <= reach_metres).then_some(Near { poi, metres })
}

/// The themes of the place that count, with their weights.
fn themes_asked_for<'a>(
    poi: &'a Poi,
    request: &'a WalkRequest,
) -> impl Iterator<Item = (ThemeId, f32)> + 'a {
    let asked = &request.themes;
    let counts = move |theme: &ThemeId| asked.is_empty() || asked.contains(theme);
    poi.themes
        .iter()
        .copied()
        .filter(move |(theme, _)| counts(theme))
}

/// The first of each theme, then the second of each, and so on.
fn first_ranks<'a>(
    places: &[Near<'a>],
    request: &WalkRequest,
    reach_metres: f64,
    most: usize,
) -> Vec<Near<'a>> {
    let mut by_theme: FxHashMap<ThemeId, Vec<(f64, usize)>> = FxHashMap::default();
    for (index, Near { poi, metres }) in places.iter().enumerate() {
        for (theme, weight) in themes_asked_for(poi, request) {
            let score = promise(poi, weight, request.popularity_bias, metres / reach_metres);
            by_theme.entry(theme).or_default().push((score, index));
        }
    }
    let id = |index: usize| places[index].poi.id;
    let better = |one: &(f64, usize), other: &(f64, usize)| -> Ordering {
        let by_score = other.0.total_cmp(&one.0);
        by_score.then(id(one.1).cmp(&id(other.1)))
    };
    let mut best_rank = vec![usize::MAX; places.len()];
    for ranked in by_theme.values_mut() {
        ranked.sort_unstable_by(better);
        for (rank, (_, index)) in ranked.iter().enumerate() {
            best_rank[*index] = best_rank[*index].min(rank);
        }
    }
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|&index| (best_rank[index], id(index)));
    order
        .into_iter()
        .take(most)
        .map(|index| places[index])
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::geo::{METRES_PER_DEGREE, Point};
    use crate::places::KindId;
    use crate::walk::Accessibility;

    const START: Point = Point::new(7.42, 43.73);

    fn theme(number: u128) -> ThemeId {
        ThemeId(Uuid::from_u128(number))
    }

    /// A place so many metres north of the start.
    fn poi(id: i64, metres: f64, themes: &[(u128, f32)]) -> Poi {
        Poi {
            id,
            location: Point::new(START.lon, START.lat + metres / METRES_PER_DEGREE),
            kind: KindId(0),
            themes: themes
                .iter()
                .map(|&(number, weight)| (theme(number), weight))
                .collect(),
            popularity: 0.5,
        }
    }

    fn hour(themes: &[u128], end: Option<Point>) -> WalkRequest {
        WalkRequest {
            start: START,
            end,
            budget_seconds: 3600,
            themes: themes.iter().copied().map(theme).collect(),
            popularity_bias: 0.5,
            accessibility: Accessibility::default(),
            seed: 0,
        }
    }

    fn chosen(pois: &[Poi], themes: &[u128], end: Option<Point>, most: usize) -> Vec<Poi> {
        choose_at_most(pois, &hour(themes, end), most)
    }

    fn ids(pois: &[Poi]) -> Vec<i64> {
        pois.iter().map(|poi| poi.id).collect()
    }

    #[test]
    fn places_are_taken_rank_by_rank_whatever_their_theme() {
        let pois = [
            poi(4, 300.0, &[(1, 0.8)]),
            poi(5, 100.0, &[(1, 0.8)]),
            poi(7, 200.0, &[(1, 0.8), (2, 0.1)]),
            poi(9, 400.0, &[(2, 0.8)]),
        ];
        let best = |most| ids(&chosen(&pois, &[], None, most));
        assert_eq!(best(4), [4, 5, 7, 9]);
        assert_eq!(best(3), [5, 7, 9]);
        assert_eq!(best(2), [5, 9]);
    }

    #[test]
    fn only_themes_asked_for_count() {
        let pois = [
            poi(1, 100.0, &[(1, 0.8)]),
            poi(2, 100.0, &[(1, 0.8), (2, 0.3)]),
        ];
        let shortlist = chosen(&pois, &[2], None, 9);
        assert_eq!(ids(&shortlist), [2]);
        assert_eq!(shortlist[0].themes, [(theme(2), 0.3)]);
    }

    #[test]
    fn what_is_out_of_reach_is_left_out() {
        // An hour out and back reaches 2,160 m; with an end elsewhere, both ways together reach twice as far.
        let pois = [
            poi(1, 2_100.0, &[(1, 1.0)]),
            poi(2, 2_200.0, &[(1, 1.0)]),
            poi(3, 4_400.0, &[(1, 1.0)]),
        ];
        assert_eq!(ids(&chosen(&pois, &[], None, 9)), [1]);
        let end = pois[1].location;
        assert_eq!(ids(&chosen(&pois, &[], Some(end), 9)), [1, 2]);
    }

    #[test]
    fn no_shortlist_is_longer_than_the_engine_can_look_at() {
        let pois: Vec<Poi> = (0..1_200).map(|id| poi(id, 100.0, &[(1, 1.0)])).collect();
        assert_eq!(choose(&pois, &hour(&[], None)).len(), MAX_PLACES);
    }
}
