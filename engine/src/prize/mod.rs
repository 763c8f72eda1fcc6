//! Prize of a stop for this walker: the one place where taste becomes numbers.
//!
//! The worth of a place by itself is its **prize**
//!
//! ```text
//! prize = relevance × √(visit / 5 min) × exp(BIAS_STRENGTH × (2·bias − 1) × (2·popularity − 1))
//! ```
//!
//! * *relevance* is `1 − Π (1 − weight)` over the chosen themes the place belongs to: one strong match counts nearly
//!   fully, several matches count more than one, and no match ever lowers it. Without chosen themes it is 1: all places
//!   count alike. Without a match it is 0 and the place is no candidate.
//! * The *visit* tells how much there is to see. By the root of it a museum is worth more than a plaque, but less
//!   in proportion to the time it takes; without it a walk would collect plaques.
//! * The *bias* factor is 1 for every place at the neutral 0.5. Towards 1 it grows steadily with popularity, towards 0
//!   it falls steadily with it, so a walk shifts gradually from hidden gems to hotspots and never jumps.
//! * A place that the streets do not lead to is seen from afar, and worth less for it: half at [`FAR_METRES`].
//! * For who prefers well-lit ways, a place on a darker street counts as much less as they would walk further to keep
//!   off that street: `Profile::liking` of [`crate::routing`].
//!
//! A prize is made of parts that wear off when a walk has more of the same ([`Group`]): the part for the kind halves
//! with each better stop of that kind, those for the themes and for the spot wear off likewise. The fifth café in
//! a row is worth less than half of the first; a café, a church and a view are worth nearly all three. With several
//! themes chosen, the best stop of each counts extra, so that each theme gets its place where one is in reach; without
//! a choice all themes are treated so, by the main theme of each place: whoever likes everything wants some of each.
//! All parts grow with the prize and none is ever taken away for a match, so a place that matches one more of the
//! chosen themes is never worth less for it, whatever else is on the walk.
//!
//! Before the streets are known, a theme ranks its places for the shortlist by their **promise**
//!
//! ```text
//! promise = weight × (1 + (2·bias − 1) × (2·popularity − 1)) / (1 + metres from the start / reach)
//! ```
//!
//! It only orders places of one theme, so a simple form does: the visit and the other themes have no say.

mod kinship;

use std::collections::BTreeMap;

use crate::geo::{Plane, Point};
use crate::orienteering::Group;
use crate::places::ThemeId;
use crate::walk::{Poi, WalkRequest};

pub(crate) use kinship::Taste;

/// Logarithm of the advantage that a perfect hotspot has at bias 1, and a perfectly hidden gem at bias 0.
const BIAS_STRENGTH: f64 = 2.5;

/// Visit of a place whose prize is its relevance, in seconds.
const TYPICAL_VISIT: f64 = 300.0;

/// Distance from its street at which a place is worth half.
const FAR_METRES: f64 = 90.0;

/// The part of a prize that never wears off.
const OWN_SHARE: f64 = 0.3;

/// The part that wears off with stops of the same kind, and what each further one keeps of it.
const KIND: (f64, f64) = (0.4, 0.5);

/// The part that wears off with stops of the same theme.
const THEME: (f64, f64) = (0.2, 0.75);

/// The part that wears off with stops in the same spot, a square so many metres wide: a walk should go somewhere.
const SPOT: (f64, f64) = (0.1, 0.3);
const SPOT_METRES: f64 = 80.0;

/// Bonus for the best stop of each theme, in good prizes, where several themes are chosen, or none.
const FIRST_OF_THEME: f64 = 1.5;

/// Count of the best prizes whose mean is a good prize.
const GOOD_PRIZES: usize = 20;

/// Worth of a place for a walker, 0 or more; 0: it matches none of the chosen themes.
pub(crate) fn prize(poi: &Poi, visit_seconds: u32, request: &WalkRequest) -> f64 {
    prize_of(poi, visit_seconds, request, relevance(poi, &request.themes))
}

/// Worth of a place of this relevance.
pub(crate) fn prize_of(
    poi: &Poi,
    visit_seconds: u32,
    request: &WalkRequest,
    relevance: f64,
) -> f64 {
    let popularity = f64::from(poi.popularity).clamp(0.0, 1.0);
    let lean = (2.0 * request.popularity_bias - 1.0) * (2.0 * popularity - 1.0);
    let much_to_see = (f64::from(visit_seconds) / TYPICAL_VISIT).sqrt();
    let prize = relevance * much_to_see * (BIAS_STRENGTH * lean).exp();
    if prize.is_finite() { prize } else { 0.0 }
}

/// Rank of a place among those of a theme to which it belongs with this weight, the greater the better, at a share of the
/// reach from the start.
pub(crate) fn promise(poi: &Poi, weight: f32, popularity_bias: f64, reach_share: f64) -> f64 {
    let taste = 2.0 * popularity_bias - 1.0;
    let suits = 1.0 + taste * (2.0 * f64::from(poi.popularity) - 1.0);
    f64::from(weight) * suits / (1.0 + reach_share)
}

/// Share of its worth that a place keeps when it is seen from a street so many metres away.
pub(crate) fn seen_from(metres: f64) -> f64 {
    1.0 / (1.0 + (metres / FAR_METRES).powi(2))
}

/// Relevance of a place for the chosen themes, 0–1.
fn relevance(poi: &Poi, chosen: &[ThemeId]) -> f64 {
    if chosen.is_empty() {
        return 1.0;
    }
    let missed: f64 = chosen
        .iter()
        .map(|&theme| 1.0 - weight(poi, theme))
        .product();
    1.0 - missed
}

fn weight(poi: &Poi, theme: ThemeId) -> f64 {
    let weights = poi
        .themes
        .iter()
        .filter(|(id, _)| *id == theme)
        .map(|&(_, weight)| f64::from(weight));
    weights.fold(0.0, f64::max).clamp(0.0, 1.0)
}

/// Objective of the solver: what the places of a walk are worth together.
#[derive(Debug)]
pub(crate) struct Worth {
    /// Prize of each place whatever else is on the walk.
    pub(crate) own: Vec<f64>,
    /// Groups whose prizes wear off.
    pub(crate) groups: Vec<Group>,
}

impl Worth {
    /// The worth of places with their prizes; `None` is a start or an end, which is worth nothing.
    pub(crate) fn new(places: &[Option<(&Poi, f64)>], request: &WalkRequest) -> Self {
        let mut groups = Groups::new(request, good_prize(places));
        let mut own = Vec::with_capacity(places.len());
        for (number, place) in places.iter().enumerate() {
            own.push(place.map_or(0.0, |(_, prize)| prize * OWN_SHARE));
            if let Some((poi, prize)) = place {
                groups.add(number, poi, *prize);
            }
        }
        Self {
            own,
            groups: groups.list(),
        }
    }
}

impl Worth {
    /// Worth of some of the places together.
    pub(crate) fn of(&self, chosen: &[bool]) -> f64 {
        let own = self.own.iter().zip(chosen).filter(|(_, chosen)| **chosen);
        let own: f64 = own.map(|(prize, _)| prize).sum();
        let in_groups: f64 = self.groups.iter().map(|group| group.score(chosen)).sum();
        own + in_groups
    }
}

/// Mean of the best prizes.
fn good_prize(places: &[Option<(&Poi, f64)>]) -> f64 {
    let mut prizes: Vec<f64> = places.iter().flatten().map(|&(_, prize)| prize).collect();
    prizes.sort_unstable_by(|a, b| b.total_cmp(a));
    prizes.truncate(GOOD_PRIZES);
    prizes.iter().sum::<f64>() / prizes.len().max(1) as f64
}

type Members = Vec<(usize, f64)>;

struct Groups<'a> {
    request: &'a WalkRequest,
    plane: Plane,
    good_prize: f64,
    kinds: BTreeMap<u16, Members>,
    themes: BTreeMap<ThemeId, Members>,
    spots: BTreeMap<(i64, i64), Members>,
    firsts: BTreeMap<ThemeId, Members>,
}

impl<'a> Groups<'a> {
    fn new(request: &'a WalkRequest, good_prize: f64) -> Self {
        Self {
            request,
            plane: Plane::around(request.start),
            good_prize,
            kinds: BTreeMap::new(),
            themes: BTreeMap::new(),
            spots: BTreeMap::new(),
            firsts: BTreeMap::new(),
        }
    }

    fn add(&mut self, place: usize, poi: &Poi, prize: f64) {
        self.kinds
            .entry(poi.kind.0)
            .or_default()
            .push((place, prize * KIND.0));
        let spot = self.spot(poi.location);
        self.spots
            .entry(spot)
            .or_default()
            .push((place, prize * SPOT.0));
        let chosen = &self.request.themes;
        for theme in self.themes_that_count(poi) {
            let weight = weight(poi, theme);
            self.themes
                .entry(theme)
                .or_default()
                .push((place, prize * THEME.0 * weight));
            if chosen.len() != 1 {
                let extra = self.good_prize * FIRST_OF_THEME * weight;
                self.firsts.entry(theme).or_default().push((place, extra));
            }
        }
    }

    /// The chosen themes of a place, or its main one where none is chosen.
    fn themes_that_count(&self, poi: &Poi) -> Vec<ThemeId> {
        let mut themes: Vec<ThemeId> = poi.themes.iter().map(|&(theme, _)| theme).collect();
        if self.request.themes.is_empty() {
            themes.sort_by(|&a, &b| weight(poi, b).total_cmp(&weight(poi, a)).then(a.cmp(&b)));
            themes.truncate(1);
        } else {
            themes.retain(|theme| self.request.themes.contains(theme));
            themes.sort_unstable();
            themes.dedup();
        }
        themes
    }

    fn spot(&self, point: Point) -> (i64, i64) {
        let (east, north) = self.plane.project(point);
        (
            (east / SPOT_METRES).floor() as i64,
            (north / SPOT_METRES).floor() as i64,
        )
    }

    fn list(self) -> Vec<Group> {
        let group = |decay: f64| move |members| Group { decay, members };
        let kinds = self.kinds.into_values().map(group(KIND.1));
        let themes = self.themes.into_values().map(group(THEME.1));
        let spots = self.spots.into_values().map(group(SPOT.1));
        let firsts = self.firsts.into_values().map(group(0.0));
        kinds.chain(themes).chain(spots).chain(firsts).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::places::KindId;

    fn theme(number: u128) -> ThemeId {
        ThemeId(Uuid::from_u128(number))
    }

    fn poi(popularity: f32, themes: &[(u128, f32)]) -> Poi {
        Poi {
            id: 1,
            location: Point::new(0.0, 0.0),
            kind: KindId(0),
            themes: themes
                .iter()
                .map(|&(number, weight)| (theme(number), weight))
                .collect(),
            popularity,
            hours: None,
        }
    }

    fn request(themes: &[u128], popularity_bias: f64) -> WalkRequest {
        WalkRequest {
            start: Point::new(0.0, 0.0),
            end: None,
            budget_seconds: 3600,
            themes: themes.iter().copied().map(theme).collect(),
            popularity_bias,
            accessibility: crate::walk::Accessibility::default(),
            choice: crate::walk::Choice::default(),
            seed: 0,
        }
    }

    #[test]
    fn the_bias_is_monotone_continuous_and_neutral_in_the_middle() {
        let at =
            |bias: f64, popularity: f32| prize(&poi(popularity, &[]), 300, &request(&[], bias));
        for step in 0..100 {
            let (bias, next) = (f64::from(step) / 100.0, f64::from(step + 1) / 100.0);
            assert!(at(next, 0.9) > at(bias, 0.9) && at(next, 0.1) < at(bias, 0.1));
            assert!((at(next, 0.9) / at(bias, 0.9)).ln() < 0.1, "no jump");
            assert_eq!(at(bias, 0.3) > at(bias, 0.2), bias > 0.5, "{bias}");
        }
        assert!((at(0.5, 0.0) - at(0.5, 1.0)).abs() < 1e-12);
        assert!(at(1.0, 1.0) / at(1.0, 0.5) > 5.0);
    }

    #[test]
    fn a_match_never_counts_against_a_place() {
        let chosen = request(&[1, 2], 0.5);
        let (one, both) = (poi(0.5, &[(1, 0.6)]), poi(0.5, &[(1, 0.6), (2, 0.3)]));
        let crowd: Vec<Poi> = (0..6).map(|_| poi(0.5, &[(2, 1.0)])).collect();
        let total = |place: &Poi| {
            let prize = |poi: &Poi| prize(poi, 300, &chosen);
            let places: Vec<_> = crowd
                .iter()
                .chain([place])
                .map(|poi| Some((poi, prize(poi))))
                .collect();
            let worth = Worth::new(&places, &chosen);
            worth.own.iter().sum::<f64>() + worth.groups.iter().map(worn).sum::<f64>()
        };
        assert!(total(&both) > total(&one));
        assert!(
            prize(&poi(0.5, &[(3, 1.0)]), 300, &chosen) <= 0.0,
            "no match, no candidate"
        );
    }

    #[test]
    fn the_fifth_of_a_kind_is_worth_less_than_half_of_the_first() {
        let plain = request(&[], 0.5);
        let cafe = poi(0.5, &[(1, 1.0)]);
        let total = |count: usize| {
            let worth = Worth::new(&vec![Some((&cafe, 1.0)); count], &plain);
            worth.own.iter().sum::<f64>() + worth.groups.iter().map(worn).sum::<f64>()
        };
        assert!(total(5) - total(4) < 0.5 * total(1));
        assert!(total(5) > total(4));
    }

    /// Sum of what all members of a group count together.
    fn worn(group: &Group) -> f64 {
        let mut prizes: Vec<f64> = group.members.iter().map(|&(_, prize)| prize).collect();
        prizes.sort_by(|a, b| b.total_cmp(a));
        prizes
            .iter()
            .rev()
            .fold(0.0, |later, prize| prize + group.decay * later)
    }
}
