//! Shortlist of a request: the places that the engine looks at, chosen by themes, popularity and distance alone.
//!
//! No streets are looked at yet: what is near may still be far to walk.

use std::cmp::Ordering;

use rustc_hash::{FxHashMap, FxHashSet};

use super::reach;
use super::{Poi, WalkRequest};
use crate::hours::WalkTime;
use crate::places::ThemeId;
use crate::prize::{Taste, promise};

/// Most places on a shortlist: the engine puts all of them on their streets.
const MAX_PLACES: usize = 1000;

/// Matching places beside which no others are needed to fill a walk.
const ENOUGH_MATCHES: usize = 150;

/// One place of so many on a shortlist that is closed for the whole walk makes them many.
const MANY_CLOSED: usize = 4;

/// A place within reach.
#[derive(Debug, Clone, Copy)]
struct Near<'a> {
    poi: &'a Poi,
    /// Distance from the start.
    metres: f64,
}

/// Chooses the places within reach that are included or have one of the themes asked for, by id, with those of their themes
/// alone. Where they
/// are few, others nearest in taste and to the start come with them, with their own themes.
///
/// Of more places than fit, each theme ranks its own by what they promise; they are taken rank by rank, so that a theme
/// with many places does not push out one with few.
///
/// Where many of those are closed for the whole walk, as museums are at night, as many others come with them.
pub fn choose<'a>(places: impl IntoIterator<Item = &'a Poi>, request: &WalkRequest) -> Vec<Poi> {
    let places: Vec<&Poi> = places.into_iter().collect();
    let mut chosen = choose_at_most(places.iter().copied(), request, MAX_PLACES);
    let has_hours = chosen.iter().any(|poi| poi.hours.is_some());
    let departure = request.choice.departure.filter(|_| has_hours);
    let Some(time) = departure.and_then(|departure| WalkTime::new(departure, request.start)) else {
        return chosen;
    };
    let is_closed = |poi: &&Poi| {
        let hours = poi.hours.as_deref();
        hours.is_some_and(|hours| !hours.is_ever_open(&time, 0, request.budget_seconds))
    };
    let closed: FxHashSet<i64> = chosen.iter().filter(is_closed).map(|poi| poi.id).collect();
    if closed.len() * MANY_CLOSED > chosen.len() {
        let rest = places.into_iter().filter(|poi| !closed.contains(&poi.id));
        chosen.retain(|poi| closed.contains(&poi.id));
        chosen.extend(choose_at_most(rest, request, MAX_PLACES));
        chosen.sort_unstable_by_key(|poi| poi.id);
    }
    chosen
}

fn choose_at_most<'a>(
    places: impl IntoIterator<Item = &'a Poi>,
    request: &WalkRequest,
    most: usize,
) -> Vec<Poi> {
    let reach_metres =
        reach::metres_from_start(request.end, request.budget_seconds, request.choice.pace);
    let choice = &request.choice;
    let is_included = |poi: &&Poi| choice.include.contains(&poi.id);
    let matches = |poi: &&Poi| themes_asked_for(poi, request).next().is_some() || is_included(poi);
    let (matching, others): (Vec<&Poi>, Vec<&Poi>) = places
        .into_iter()
        .filter(|poi| !choice.exclude.contains(&poi.id))
        .partition(matches);
    let near = |poi| within_reach(poi, request, reach_metres);
    let mut chosen: Vec<Near<'_>> = matching.into_iter().filter_map(near).collect();
    if chosen.len() > most {
        let included = chosen.iter().copied().filter(|near| is_included(&near.poi));
        let included: Vec<Near<'_>> = included.collect();
        chosen = first_ranks(&chosen, request, reach_metres, most);
        chosen.retain(|near| !is_included(&near.poi));
        chosen.extend(included);
    }
    let mut shortlist: Vec<Poi> = chosen
        .into_iter()
        .map(|near| Poi {
            themes: themes_that_count(near.poi, request),
            ..near.poi.clone()
        })
        .collect();
    let missing = ENOUGH_MATCHES.min(most).saturating_sub(shortlist.len());
    if missing > 0 && !request.themes.is_empty() {
        let others = others.into_iter().filter_map(near);
        shortlist.extend(nearest_in_taste(others, request, reach_metres, missing));
    }
    shortlist.sort_unstable_by_key(|poi| poi.id);
    shortlist
}

/// The places that are nearest to the taste of a request, and the nearer to its start the better, at most `most`.
fn nearest_in_taste<'a>(
    others: impl Iterator<Item = Near<'a>>,
    request: &WalkRequest,
    reach_metres: f64,
    most: usize,
) -> impl Iterator<Item = Poi> {
    let taste = Taste::of(&request.themes);
    let mut ranked: Vec<(f64, &Poi)> = others
        .filter_map(|Near { poi, metres }| {
            let relevance = taste.kinship(poi)?.relevance;
            Some((relevance / (1.0 + metres / reach_metres), poi))
        })
        .collect();
    let better = |one: &(f64, &Poi), other: &(f64, &Poi)| -> Ordering {
        let by_rank = other.0.total_cmp(&one.0);
        by_rank.then(one.1.id.cmp(&other.1.id))
    };
    ranked.sort_unstable_by(better);
    ranked.truncate(most);
    ranked.into_iter().map(|(_, poi)| poi.clone())
}

/// A walk with an end of its own stays within an ellipse around both.
fn within_reach<'a>(poi: &'a Poi, request: &WalkRequest, reach_metres: f64) -> Option<Near<'a>> {
    let metres = request.start.distance_metres(poi.location);
    let to_end = request
        .end
        .map_or(0.0, |end| end.distance_metres(poi.location));
    (metres + to_end <= reach_metres).then_some(Near { poi, metres })
}

/// The themes by which the place is judged: those asked for, or else its own.
fn themes_that_count(poi: &Poi, request: &WalkRequest) -> Vec<(ThemeId, f32)> {
    let asked_for: Vec<_> = themes_asked_for(poi, request).collect();
    if asked_for.is_empty() {
        poi.themes.clone()
    } else {
        asked_for
    }
}

/// The themes of the place that are asked for, with their weights.
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
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::geo::{METRES_PER_DEGREE, Point};
    use crate::hours::Hours;
    use crate::places::{KindId, catalogue};
    use crate::walk::{Accessibility, Choice};

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
            hours: None,
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
            choice: Choice::default(),
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
        let shortlist = chosen(&pois, &[2], None, 1);
        assert_eq!(ids(&shortlist), [2]);
        assert_eq!(shortlist[0].themes, [(theme(2), 0.3)]);
    }

    #[test]
    fn where_few_match_the_nearest_in_taste_come_along() {
        let key = |key: &str| {
            let mut themes = catalogue().themes().iter();
            themes.find(|theme| theme.key == key).unwrap().id
        };
        let about = |id, metres, key| Poi {
            themes: vec![(key, 0.9)],
            ..poi(id, metres, &[])
        };
        let pois = [
            about(1, 900.0, key("quiet_parks")),
            about(2, 100.0, key("markets")),
            about(3, 100.0, key("nature")),
            about(4, 100.0, key("markets")),
        ];
        let wish = WalkRequest {
            themes: vec![key("quiet_parks")],
            ..hour(&[], None)
        };
        let shortlist = |most| ids(&choose_at_most(&pois, &wish, most));
        assert_eq!(shortlist(1), [1]);
        assert_eq!(shortlist(2), [1, 3], "nature is akin to parks");
        assert_eq!(shortlist(9), [1, 2, 3, 4]);
        let three = choose_at_most(&pois, &wish, 9).swap_remove(2);
        assert_eq!(three.themes, pois[2].themes, "its own");
    }

    #[test]
    fn where_the_matches_are_closed_others_come_with_them() {
        let key = |key: &str| {
            let mut themes = catalogue().themes().iter();
            themes.find(|theme| theme.key == key).unwrap().id
        };
        let hours = Hours::parse("10:00-18:00").map(Arc::new);
        let about = |id: i64, key, hours: &Option<Arc<Hours>>| Poi {
            themes: vec![(key, 0.9)],
            hours: hours.clone(),
            ..poi(id, id as f64, &[])
        };
        let count = ENOUGH_MATCHES as i64;
        let mut pois: Vec<Poi> = (1..=count)
            .map(|id| about(id, key("museums"), &hours))
            .collect();
        pois.push(about(count + 1, key("architecture"), &None));
        let mut wish = hour(&[], None);
        wish.themes = vec![key("museums")];
        let mut at = |time: &str| {
            wish.choice.departure = Some(time.parse().unwrap());
            ids(&choose(&pois, &wish)).len() as i64
        };
        assert_eq!(at("2026-12-01T12:00:00Z"), count);
        assert_eq!(at("2026-12-01T22:00:00Z"), count + 1);
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
