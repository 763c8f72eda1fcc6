//! Filling of the time that a walk to places of the chosen themes leaves over: with places near them in taste, and with good
//! ways.
//!
//! The walk keeps all its stops, so nothing that fills takes the place of a match.

use super::candidates::Candidate;
use super::filling::Filling;
use super::generate::{Made, Scene};
use super::{NoWalk, Walk, WalkRequest};
use crate::prize::Worth;

/// Share of the time from which a walk is full.
const FULL: f64 = 0.95;

/// Streets in reach that are shorter together make no walk of their own.
pub(super) const LEAST_STREETS_METRES: u32 = 1000;

/// Metres of the shortest walk without a stop.
const LEAST_METRES: f64 = 500.0;

/// Seconds left over by a walk that could be longer.
const MUCH_LEFT: u32 = 120;

/// The walk for the whole time: `first`, where that is full, or with more in it: first of the places that match, then of
/// others and of good ways.
///
/// # Errors
/// The reason for which there was no first walk, or [`NoWalk::CutOff`], where the streets are too few for any.
pub(super) fn filled(
    scene: &Scene<'_>,
    matched: &[Candidate<'_>],
    first: Result<Made, NoWalk>,
) -> Result<Made, NoWalk> {
    let may_fill = match &first {
        Ok(_) => true,
        Err(reason) => matches!(reason, NoWalk::NothingToSee | NoWalk::BudgetTooSmall { .. }),
    };
    if !may_fill || scene.required > 0 && first.is_err() {
        return first;
    }
    let mut best = first;
    let is_full = |made: &Made| {
        f64::from(made.walk.duration_seconds) >= FULL * f64::from(scene.request.budget_seconds)
    };
    let avoids_stairs = scene.request.accessibility.avoid_stairs;
    for filling in [Filling::with_matches, Filling::with_others] {
        if scene.is_late() || best.as_ref().is_ok_and(is_full) {
            break;
        }
        if let Some(filling) = filling(scene, matched, best.as_ref().ok())
            && let Some(longer) = filling.walk(matched)
            && is_shorter(&best, &longer)
            && !(avoids_stairs && has_fewer_stairs(&best, &longer))
        {
            best = Ok(longer);
        }
    }
    match best {
        Err(NoWalk::NothingToSee)
            if scene.metres_in_reach(LEAST_STREETS_METRES) < LEAST_STREETS_METRES =>
        {
            Err(scene.cut_off())
        }
        best => worth_the_name(scene, best?),
    }
}

fn is_shorter(made: &Result<Made, NoWalk>, other: &Made) -> bool {
    let seconds = |made: &Made| made.walk.duration_seconds;
    made.as_ref()
        .map_or(true, |made| seconds(made) < seconds(other))
}

fn has_fewer_stairs(made: &Result<Made, NoWalk>, other: &Made) -> bool {
    let stairs = |made: &Made| made.walk.stairs_metres;
    made.as_ref()
        .is_ok_and(|made| stairs(made) + 0.5 < stairs(other))
}

/// Refuses a few steps past nothing as an answer to who asks for a walk and has time for one. A place to see is worth them, where
/// the streets lead no further.
fn worth_the_name(scene: &Scene<'_>, made: Made) -> Result<Made, NoWalk> {
    let (request, walk) = (scene.request, &made.walk);
    if !walk.stops.is_empty() {
        return Ok(made);
    }
    let left = request.budget_seconds - walk.duration_seconds;
    let has_time = left >= MUCH_LEFT.max(request.budget_seconds / 2);
    if request.end.is_none() && walk.distance_metres < LEAST_METRES && has_time {
        return Err(scene.cut_off());
    }
    Ok(made)
}

/// Worth of those stops of a walk that match.
pub(super) fn score(matched: &[Candidate<'_>], walk: &Walk, request: &WalkRequest) -> f64 {
    let places: Vec<_> = matched
        .iter()
        .map(|candidate| Some((candidate.poi, candidate.prize)))
        .collect();
    let is_stop = |id| walk.stops.iter().any(|stop| stop.poi_id == id);
    let chosen: Vec<bool> = matched
        .iter()
        .map(|candidate| is_stop(candidate.poi.id))
        .collect();
    Worth::new(&places, request).of(&chosen)
}
