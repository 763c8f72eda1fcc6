//! Which of the candidates become stops, and in what order.

use std::time::Instant;

use super::WalkRequest;
use super::candidates::Candidate;
use crate::routing::Matrix;

/// Candidates as places of the graph, in order.
pub(crate) fn select(
    matrix: &Matrix,
    candidates: &[Candidate<'_>],
    request: &WalkRequest,
    end: usize,
    deadline: Instant,
) -> Vec<usize> {
    let mut tour: Vec<usize> = Vec::new();
    let mut used: u64 = u64::from(matrix.seconds(0, end));
    let budget = u64::from(request.budget_seconds)
        * std::env::var("SHARE")
            .ok()
            .and_then(|s| s.parse().ok())
            .unwrap_or(95)
        / 100;
    while Instant::now() < deadline {
        let mut best: Option<(f64, usize, usize, u64)> = None;
        for place in (1..=candidates.len()).filter(|place| !tour.contains(place)) {
            let candidate = &candidates[place - 1];
            for at in 0..=tour.len() {
                let before = if at == 0 { 0 } else { tour[at - 1] };
                let after = tour.get(at).copied().unwrap_or(end);
                let far = |a, b| u64::from(matrix.seconds(a, b));
                let extra =
                    (far(before, place) + far(place, after) + u64::from(candidate.visit_seconds))
                        .saturating_sub(far(before, after));
                let ratio = candidate.prize / (extra as f64 + 1.0);
                if used + extra <= budget && best.is_none_or(|b| ratio > b.0) {
                    best = Some((ratio, place, at, extra));
                }
            }
        }
        let Some((_, place, at, extra)) = best else {
            break;
        };
        tour.insert(at, place);
        used += extra;
    }
    tour
}
