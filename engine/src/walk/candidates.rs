//! Candidates: the places of the shortlist for which distances are computed.

use rustc_hash::FxHashMap;

use super::breaks::thin_breaks;
use super::start::Ground;
use super::{NoWalk, Poi, WalkRequest};
use crate::network::{Network, Snap, TICKS_PER_SECOND};
use crate::places::catalogue;
use crate::prize::{Taste, prize, prize_of, seen_from};

/// A place further than this from any street that can be reached is no candidate.
const MAX_METRES_TO_STREET: f64 = 100.0;

/// A street out of reach may be nearer to a place by this much and half the distance; else the place belongs there.
const OTHER_STREET_SLACK_METRES: f64 = 20.0;

/// A street that leads on is preferred to a dead end where it is at most this much further: one looks over from there
/// rather than walk in and out again.
const DEAD_END_SLACK_METRES: f64 = 30.0;

/// Most places for which distances are computed.
const MAX_CANDIDATES: usize = 200;

/// So many places of a kind count fully, more or less, when there are more places than can be candidates.
const KIND_CROWD: f64 = 10.0;

/// Places that can be reached without stairs, at which those that cannot are left out for who avoids stairs.
const ENOUGH_WITHOUT_STAIRS: usize = 3;

/// Worth of nearness: a place counts half where the way there and back takes this share of the budget.
const HALF_WORTH_SHARE: f64 = 0.5;

/// A place that can be a stop.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    pub(crate) poi: &'a Poi,
    pub(crate) prize: f64,
    pub(crate) visit_seconds: u32,
    pub(crate) snap: Snap,
    /// True if it belongs to one of the chosen themes, or none is chosen.
    pub(crate) matches: bool,
}

/// Stay at a place whose kind this build does not know.
const UNKNOWN_KIND_SECONDS: u32 = 300;

/// Seconds a walker stays at a place.
pub(super) fn stay_seconds(poi: &Poi) -> u32 {
    catalogue()
        .kind(poi.kind)
        .map_or(UNKNOWN_KIND_SECONDS, |kind| kind.visit_seconds)
}

/// A candidate, and what decides whether it stays one.
pub(super) struct Found<'a> {
    pub(super) candidate: Candidate<'a>,
    /// Prize, less the further away it is.
    pub(super) value: f64,
    /// Seconds of the shortest walk that stops here.
    pub(super) needed: u32,
    /// Stairs on the way there and back that the walker would avoid.
    stairs: u32,
}

/// The best places in reach that match the themes, each on its street.
pub(crate) fn matched<'a>(
    request: &WalkRequest,
    pois: &'a [Poi],
    network: &Network,
    ground: &Ground,
) -> Result<Vec<Candidate<'a>>, NoWalk> {
    let wanted = with_prize(request, pois);
    let mut found = in_reach(request, &wanted, network, ground, true);
    if found.is_empty() {
        return Err(why_none(request, &wanted, network, ground));
    }
    thin_breaks(&mut found, request);
    leave_out_stairs(&mut found);
    Ok(best(found, MAX_CANDIDATES))
}

/// The best other places in reach, at most `most`: those nearest in taste to the themes that were chosen.
pub(crate) fn others<'a>(
    request: &WalkRequest,
    pois: &'a [Poi],
    network: &Network,
    ground: &Ground,
    most: usize,
) -> Vec<Candidate<'a>> {
    let taste = Taste::of(&request.themes);
    let wanted = by_id(request, pois, |poi| {
        let stay = stay_seconds(poi);
        let kinship = taste.kinship(poi)?;
        let is_other = prize(poi, stay, request) <= 0.0;
        is_other.then(|| prize_of(poi, stay, request, kinship.relevance))
    });
    let mut found = in_reach(request, &wanted, network, ground, false);
    found.retain(|found| found.stairs == 0);
    thin_breaks(&mut found, request);
    best(found, most)
}

/// Those that a walk can stop at in its time.
fn in_reach<'a>(
    request: &WalkRequest,
    wanted: &[(f64, &'a Poi)],
    network: &Network,
    ground: &Ground,
    matches: bool,
) -> Vec<Found<'a>> {
    wanted
        .iter()
        .filter_map(|&(prize, poi)| find(request, network, ground, poi, prize, matches))
        .filter(|found| found.needed <= request.budget_seconds)
        .collect()
}

/// The most valuable candidates, at most `most`.
fn best(mut found: Vec<Found<'_>>, most: usize) -> Vec<Candidate<'_>> {
    thin(&mut found, most, |found| (found.value, found.candidate.poi));
    found.into_iter().map(|found| found.candidate).collect()
}

/// Puts a place on its street; `None`: it has none, or there is no way to it.
pub(super) fn find<'a>(
    request: &WalkRequest,
    network: &Network,
    ground: &Ground,
    poi: &'a Poi,
    prize: f64,
    matches: bool,
) -> Option<Found<'a>> {
    let snap = street_of(network, ground, poi)?;
    let (there, back) = ground.there_and_back(network, &snap);
    if !there.is_reached() || !back.is_reached() {
        return None;
    }
    let visit_seconds = stay_seconds(poi);
    let liking = ground.profile.liking(network.measure(snap.edge));
    let prize = prize * seen_from(snap.away) * liking;
    let walking = there.ticks.div_ceil(TICKS_PER_SECOND) + back.ticks.div_ceil(TICKS_PER_SECOND);
    Some(Found {
        candidate: Candidate {
            poi,
            prize,
            visit_seconds,
            snap,
            matches,
        },
        value: prize * nearness(f64::from(walking), request.budget_seconds),
        needed: walking.saturating_add(visit_seconds),
        stairs: ground.profile.stairs_avoided(there) + ground.profile.stairs_avoided(back),
    })
}

/// Keeps the places with the least stairs on the way, where there are enough of them for a walk.
fn leave_out_stairs(found: &mut Vec<Found<'_>>) {
    let least = found.iter().map(|found| found.stairs).min().unwrap_or(0);
    if found.iter().filter(|found| found.stairs == least).count() >= ENOUGH_WITHOUT_STAIRS {
        found.retain(|found| found.stairs == least);
    }
}

/// Keeps the `limit` most valuable items. Each further place of a kind counts less, so that no kind crowds out the others.
fn thin<T>(items: &mut Vec<T>, limit: usize, value_of: impl Fn(&T) -> (f64, &Poi)) {
    let by_value = |a: &(f64, T), b: &(f64, T)| {
        b.0.total_cmp(&a.0)
            .then_with(|| value_of(&a.1).1.id.cmp(&value_of(&b.1).1.id))
    };
    let mut valued: Vec<(f64, T)> = items
        .drain(..)
        .map(|item| (value_of(&item).0, item))
        .collect();
    valued.sort_by(by_value);
    if valued.len() > limit {
        let mut of_kind: FxHashMap<u16, u32> = FxHashMap::default();
        for (value, item) in &mut valued {
            let before = of_kind.entry(value_of(item).1.kind.0).or_default();
            *value /= 1.0 + f64::from(*before) / KIND_CROWD;
            *before += 1;
        }
        valued.sort_by(by_value);
        valued.truncate(limit);
    }
    items.extend(valued.into_iter().map(|(_, item)| item));
}

/// Places with a prize, each once; of two with one id the better.
fn with_prize<'a>(request: &WalkRequest, pois: &'a [Poi]) -> Vec<(f64, &'a Poi)> {
    by_id(request, pois, |poi| {
        Some(prize(poi, stay_seconds(poi), request))
    })
}

/// Places to which `prize_of` gives a prize, but those that are excluded, each once; of two with one id the better.
fn by_id<'a>(
    request: &WalkRequest,
    pois: &'a [Poi],
    prize_of: impl Fn(&Poi) -> Option<f64>,
) -> Vec<(f64, &'a Poi)> {
    let excluded = &request.choice.exclude;
    let mut wanted: Vec<(f64, &Poi)> = pois
        .iter()
        .filter(|poi| poi.location.is_valid() && !excluded.contains(&poi.id))
        .filter_map(|poi| Some((prize_of(poi)?, poi)))
        .filter(|&(prize, _)| prize > 0.0)
        .collect();
    wanted.sort_by(|(one, a), (other, b)| a.id.cmp(&b.id).then(other.total_cmp(one)));
    wanted.dedup_by_key(|(_, poi)| poi.id);
    wanted
}

/// Worth of being near, 0–1.
fn nearness(seconds_there_and_back: f64, budget_seconds: u32) -> f64 {
    let share = seconds_there_and_back / f64::from(budget_seconds.max(1));
    1.0 / (1.0 + (share / HALF_WORTH_SHARE).powi(2))
}

/// The street of a place: the nearest one that can be reached, or one that leads on where that is little further. None
/// where another street, out of reach, is clearly nearer.
pub(super) fn street_of(network: &Network, ground: &Ground, poi: &Poi) -> Option<Snap> {
    let usable = |edge| {
        ground.from_start.touches(network, edge) && !ground.profile.avoids(network.measure(edge))
    };
    let leads_on = |edge| usable(edge) && ground.dead_ends.spares(network, edge);
    let through = network.nearest(poi.location, MAX_METRES_TO_STREET, leads_on);
    let much_nearer = through.map_or(MAX_METRES_TO_STREET, |snap| {
        snap.away - DEAD_END_SLACK_METRES
    });
    let snap = network
        .nearest(poi.location, much_nearer, usable)
        .or(through)?;
    let clearly_nearer = (snap.away - OTHER_STREET_SLACK_METRES) / 2.0;
    let belongs_elsewhere = clearly_nearer > 0.0
        && network
            .nearest(poi.location, clearly_nearer, |edge| !usable(edge))
            .is_some();
    (!belongs_elsewhere).then_some(snap)
}

/// The reason for which no place is left: none at all, or none in this time.
fn why_none(
    request: &WalkRequest,
    wanted: &[(f64, &Poi)],
    network: &Network,
    ground: &Ground,
) -> NoWalk {
    let anywhere = ground.without_limit(network);
    let needed = wanted.iter().filter_map(|(_, poi)| {
        let snap = street_of(network, &anywhere, poi)?;
        let (there, back) = anywhere.there_and_back(network, &snap);
        let walking = there
            .ticks
            .checked_add(back.ticks)?
            .div_ceil(TICKS_PER_SECOND)
            + 1;
        Some(walking + stay_seconds(poi))
    });
    match needed.min() {
        Some(needed_seconds) if needed_seconds > request.budget_seconds => {
            NoWalk::BudgetTooSmall { needed_seconds }
        }
        _ => NoWalk::NothingToSee,
    }
}
