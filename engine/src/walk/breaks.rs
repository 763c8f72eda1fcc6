//! Breaks: places that only feed, for who is out to see things.

use super::candidates::Found;
use super::{Poi, WalkRequest};
use crate::geo::bearing_degrees;
use crate::places::only_feeds;

/// Keeps one break for each full hour at most, the best of each direction from the start, so that they come at different
/// times. For who asks for places that feed they are what the walk is for, and all are kept.
pub(super) fn thin_breaks(found: &mut Vec<Found<'_>>, request: &WalkRequest) {
    let hours = request.budget_seconds / 3600;
    let mut best: Vec<Option<(f64, i64)>> = vec![None; hours as usize];
    let direction = |poi: &Poi| {
        let share = (bearing_degrees(request.start, poi.location) + 180.0) / 360.0;
        ((share * f64::from(hours)) as usize).min(hours.saturating_sub(1) as usize)
    };
    for one in found.iter().filter(|one| is_break(one, request)) {
        if let Some(best) = best.get_mut(direction(one.candidate.poi)) {
            let rank = (one.value, -one.candidate.poi.id);
            if best.is_none_or(|best| best.0.total_cmp(&rank.0).then(best.1.cmp(&rank.1)).is_lt()) {
                *best = Some(rank);
            }
        }
    }
    let is_best = |id: i64| best.iter().flatten().any(|&(_, best)| best == -id);
    found.retain(|one| !is_break(one, request) || is_best(one.candidate.poi.id));
}

fn is_break(found: &Found<'_>, request: &WalkRequest) -> bool {
    let Poi { kind, themes, .. } = found.candidate.poi;
    let is_asked_for = found.candidate.matches && !request.themes.is_empty();
    !is_asked_for && only_feeds(*kind, themes)
}
