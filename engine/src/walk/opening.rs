//! Stops that are entered, such as museums, while they are open.

use super::{NoWalk, Poi, Walk, WalkRequest};
use crate::hours::{Hours, Opening, WalkTime};
use crate::network::Network;
use crate::places::catalogue;

/// Walks that are made anew because a stop of theirs is closed when one comes there; the last is of what is open all the time.
const MOST_TRIES: usize = 3;

/// Makes a walk of what is open at its time.
///
/// Streets that are closed at any time of it are left out, and so are places to be entered that are closed all the time. Where a stop
/// turns out to be closed at its hour, the walk is made anew without it. Places that must be visited stay, whatever their hours.
pub(super) fn at_its_hour(
    request: &WalkRequest,
    pois: &[Poi],
    network: &Network,
    make: impl Fn(&[Poi], &Network) -> Result<Walk, NoWalk>,
) -> Result<Walk, NoWalk> {
    let Some(departure) = request.choice.departure else {
        return make(pois, network);
    };
    let timed_places = pois.iter().any(|poi| poi.hours.is_some());
    let is_timed = timed_places || network.has_hours();
    let time = is_timed.then(|| WalkTime::new(departure, request.start));
    let Some(time) = time.flatten() else {
        return Ok(told(make(pois, network)?, pois, None));
    };
    let seconds = request.budget_seconds;
    let open;
    let streets = if network.has_hours() {
        open = network.clone().at(&time, seconds);
        &open
    } else {
        network
    };
    let walk = if timed_places {
        past_open_doors(request, pois, &time, |pois| make(pois, streets))?
    } else {
        make(pois, streets)?
    };
    let walk = told(walk, pois, Some(&time));
    let of_streets = network.same_for(&time, seconds);
    Ok(Walk {
        same_for: walk.same_for.into_iter().chain(of_streets).min(),
        ..walk
    })
}

/// The walk whose stops are open when one comes there.
fn past_open_doors(
    request: &WalkRequest,
    pois: &[Poi],
    time: &WalkTime,
    make: impl Fn(&[Poi]) -> Result<Walk, NoWalk>,
) -> Result<Walk, NoWalk> {
    let seconds = request.budget_seconds;
    let is_required = |id: i64| request.choice.include.contains(&id);
    let mut candidates = pois.to_vec();
    let keep = |poi: &Poi, is_open: &dyn Fn(&Hours) -> bool| {
        is_required(poi.id) || poi.hours.as_deref().is_none_or(is_open)
    };
    candidates.retain(|poi| keep(poi, &|hours| hours.is_ever_open(time, 0, seconds)));
    let mut walk = make(&candidates)?;
    for attempt in 1..=MOST_TRIES {
        let mut closed = closed_stops(&walk, pois, time);
        closed.retain(|id| !is_required(*id));
        if closed.is_empty() {
            break;
        }
        candidates.retain(|poi| !closed.contains(&poi.id));
        if attempt == MOST_TRIES {
            candidates.retain(|poi| keep(poi, &|hours| hours.is_open_from(time, 0, seconds)));
        }
        walk = make(&candidates)?;
    }
    Ok(walk)
}

/// Stops that are closed at some time of the visit.
fn closed_stops(walk: &Walk, pois: &[Poi], time: &WalkTime) -> Vec<i64> {
    let is_closed = |id: i64, from: u32, to: u32| {
        let poi = pois.iter().find(|poi| poi.id == id);
        let hours = poi.and_then(|poi| poi.hours.as_ref());
        hours.is_some_and(|hours| !hours.is_open_from(time, from, to))
    };
    let stops = walk.stops.iter().filter(|stop| {
        let from = stop.arrive_after_seconds;
        is_closed(stop.poi_id, from, from + stop.visit_seconds)
    });
    stops.map(|stop| stop.poi_id).collect()
}

/// The walk with what is known of the hours of its stops.
fn told(mut walk: Walk, pois: &[Poi], time: Option<&WalkTime>) -> Walk {
    for stop in &mut walk.stops {
        let Some(poi) = pois.iter().find(|poi| poi.id == stop.poi_id) else {
            continue;
        };
        let is_entered = catalogue().kind(poi.kind).is_some_and(|kind| kind.entered);
        let known = poi.hours.as_deref().zip(time);
        let arrival = stop.arrive_after_seconds;
        let opening = known.map(|(hours, time)| hours.opening(time, arrival));
        stop.opening = is_entered.then(|| opening.unwrap_or(Opening::UNKNOWN));
        let change = known.and_then(|(hours, time)| hours.next_change(time, arrival));
        let same_for = change.map(|change| change - arrival);
        walk.same_for = walk.same_for.into_iter().chain(same_for).min();
    }
    walk
}
