//! Which places are worth computing distances for.

use rustc_hash::FxHashSet;

use super::start::Ground;
use super::{NoWalk, Poi, WalkRequest};
use crate::network::{DEFAULT_SPEED_METRES_PER_SECOND, Network, Snap, TICKS_PER_SECOND};
use crate::places::catalogue;
use crate::prize::prize;

/// A place further than this from any street that can be reached is no candidate.
const MAX_METRES_TO_STREET: f64 = 100.0;

/// A street out of reach may be nearer to a place by this much and half the distance; else the place belongs there.
const OTHER_STREET_SLACK_METRES: f64 = 20.0;

/// A street that leads on is preferred to a dead end where it is at most this much further: one looks over from there
/// rather than walk in and out again.
const DEAD_END_SLACK_METRES: f64 = 30.0;

/// Most places that are put on the streets, and most for which distances are computed.
const MAX_LOOKED_AT: usize = 1500;
const MAX_CANDIDATES: usize = 200;

/// Worth of nearness: a place counts half where the way there and back takes this share of the budget.
const HALF_WORTH_SHARE: f64 = 0.5;

/// A place that can be a stop.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    pub(crate) poi: &'a Poi,
    pub(crate) prize: f64,
    pub(crate) visit_seconds: u32,
    pub(crate) snap: Snap,
}

/// Stay at a place whose kind this build does not know.
const UNKNOWN_KIND_SECONDS: u32 = 300;

/// Seconds a walker stays at a place.
fn visit_seconds(poi: &Poi) -> u32 {
    catalogue()
        .kind(poi.kind)
        .map_or(UNKNOWN_KIND_SECONDS, |kind| kind.visit_seconds)
}

/// The best places in reach, each on its street.
pub(crate) fn choose<'a>(
    request: &WalkRequest,
    pois: &'a [Poi],
    network: &Network,
    ground: &Ground,
) -> Result<Vec<Candidate<'a>>, NoWalk> {
    let wanted = wanted(request, pois);
    let mut reachable: Vec<(f64, u32, Candidate<'a>)> = Vec::new();
    for &(_, prize, poi) in wanted.iter().take(MAX_LOOKED_AT) {
        let Some(snap) = snap(network, ground, poi) else {
            continue;
        };
        let (there, back) = ground.there_and_back(network, &snap);
        if !there.is_reached() || !back.is_reached() {
            continue;
        }
        let visit_seconds = visit_seconds(poi);
        let ticks = there.ticks.div_ceil(TICKS_PER_SECOND) + back.ticks.div_ceil(TICKS_PER_SECOND);
        let needed = ticks + visit_seconds;
        let candidate = Candidate {
            poi,
            prize,
            visit_seconds,
            snap,
        };
        reachable.push((
            prize * nearness(f64::from(ticks), request.budget_seconds),
            needed,
            candidate,
        ));
    }
    reachable.retain(|&(_, needed, _)| needed <= request.budget_seconds);
    if reachable.is_empty() {
        return Err(why_none(request, &wanted, network, ground));
    }
    reachable.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.poi.id.cmp(&b.2.poi.id)));
    reachable.truncate(MAX_CANDIDATES);
    Ok(reachable
        .into_iter()
        .map(|(_, _, candidate)| candidate)
        .collect())
}

/// Places with a prize, each once, the most promising first by prize and straight distance.
fn wanted<'a>(request: &WalkRequest, pois: &'a [Poi]) -> Vec<(f64, f64, &'a Poi)> {
    let end = request.end.unwrap_or(request.start);
    let mut seen = FxHashSet::default();
    let mut wanted: Vec<(f64, f64, &Poi)> = pois
        .iter()
        .filter(|poi| poi.location.is_valid())
        .map(|poi| {
            let metres =
                request.start.distance_metres(poi.location) + end.distance_metres(poi.location);
            let prize = prize(poi, visit_seconds(poi), request);
            let seconds = metres / DEFAULT_SPEED_METRES_PER_SECOND;
            (
                prize * nearness(seconds, request.budget_seconds),
                prize,
                poi,
            )
        })
        .filter(|&(_, prize, poi)| prize > 0.0 && seen.insert(poi.id))
        .collect();
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.id.cmp(&b.2.id)));
    wanted
}

fn nearness(seconds_there_and_back: f64, budget_seconds: u32) -> f64 {
    let share = seconds_there_and_back / f64::from(budget_seconds.max(1));
    1.0 / (1.0 + (share / HALF_WORTH_SHARE).powi(2))
}

/// The street of a place: the nearest one that can be reached, or one that leads on where that is little further. None
/// where another street, out of reach, is clearly nearer.
fn snap(network: &Network, ground: &Ground, poi: &Poi) -> Option<Snap> {
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
    wanted: &[(f64, f64, &Poi)],
    network: &Network,
    ground: &Ground,
) -> NoWalk {
    let anywhere = ground.without_limit(network);
    let needed = wanted.iter().filter_map(|(_, _, poi)| {
        let snap = snap(network, &anywhere, poi)?;
        let (there, back) = anywhere.there_and_back(network, &snap);
        let walking = there
            .ticks
            .checked_add(back.ticks)?
            .div_ceil(TICKS_PER_SECOND)
            + 1;
        Some(walking + visit_seconds(poi))
    });
    match needed.min() {
        Some(needed_seconds) if needed_seconds > request.budget_seconds => {
            NoWalk::BudgetTooSmall { needed_seconds }
        }
        _ => NoWalk::NothingToSee,
    }
}
