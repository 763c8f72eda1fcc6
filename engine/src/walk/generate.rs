//! The whole way from a request to a walk.

use std::time::Instant;

use super::assemble::assemble;
use super::candidates::{self, Candidate};
use super::plan::best_plan;
use super::start::{Ground, settle};
use super::{NoWalk, Poi, Walk, WalkRequest};
use crate::network::{Network, Snap, TICKS_PER_SECOND};
use crate::routing::{Hierarchy, Matrix, SearchGraph};

/// The longest walk that is computed: a day.
const MAX_BUDGET_SECONDS: u32 = 24 * 3600;

/// Generates the best walk that fits the request, or says why there is none.
///
/// `pois` are its shortlist ([`super::shortlist::choose`]; order does not matter), `network` the joined cells of the streets
/// in reach ([`super::reach::Reach::street_cells`]). Work stops at `deadline` at the latest, with the best walk found so far.
///
/// # Errors
/// [`NoWalk`] names the one reason for which no walk can be given.
pub fn generate_route(
    request: &WalkRequest,
    pois: &[Poi],
    network: &Network,
    deadline: Instant,
) -> Result<Walk, NoWalk> {
    generate_route_tuned(request, pois, network, deadline, Tuning::DEFAULT)
}

/// Choices of the engine's own that only a measurement changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// True if time is kept for ways round, so that little is walked twice.
    pub avoid_repeats: bool,
}

impl Tuning {
    /// Tuning of the walks that users get.
    pub const DEFAULT: Self = Self {
        avoid_repeats: true,
    };
}

/// [`generate_route`] with other choices than its own, to measure what they are worth.
///
/// # Errors
/// As [`generate_route`].
pub fn generate_route_tuned(
    request: &WalkRequest,
    pois: &[Poi],
    network: &Network,
    deadline: Instant,
    tuning: Tuning,
) -> Result<Walk, NoWalk> {
    check(request)?;
    let choose = |ground: &Ground| candidates::choose(request, pois, network, ground);
    let (ground, candidates) = settle(request, network, choose)?;
    if Instant::now() >= deadline {
        return Err(NoWalk::DeadlineExceeded);
    }
    let places = snaps(&ground, &candidates);
    let near = |node| ground.through(node) <= ground.budget_ticks;
    let graph = SearchGraph::build(network, ground.profile, &ground.from_start, &places, near);
    let end = if ground.end.is_some() {
        places.len() - 1
    } else {
        0
    };
    let hierarchy = Hierarchy::of(&graph);
    let budget = request.budget_seconds * TICKS_PER_SECOND;
    let matrix = Matrix::compute(&hierarchy, budget, end);
    let plan = best_plan(
        &hierarchy,
        &matrix,
        &candidates,
        request,
        end,
        deadline,
        tuning,
    )?;
    let [start, end] = ground.gaps;
    Ok(Walk {
        start,
        end,
        ..assemble(network, &graph, &places, &candidates, &plan)
    })
}

/// The start, the candidates in order, and the end if it is elsewhere.
fn snaps(ground: &Ground, candidates: &[Candidate<'_>]) -> Vec<Snap> {
    let snaps = candidates.iter().map(|candidate| candidate.snap);
    std::iter::once(ground.start)
        .chain(snaps)
        .chain(ground.end)
        .collect()
}

fn check(request: &WalkRequest) -> Result<(), NoWalk> {
    if !request.start.is_valid() {
        return Err(NoWalk::InvalidRequest("start is not a position on earth"));
    }
    if request.end.is_some_and(|end| !end.is_valid()) {
        return Err(NoWalk::InvalidRequest("end is not a position on earth"));
    }
    if !(0.0..=1.0).contains(&request.popularity_bias) {
        return Err(NoWalk::InvalidRequest(
            "popularity_bias is not within 0 and 1",
        ));
    }
    if request.budget_seconds > MAX_BUDGET_SECONDS {
        return Err(NoWalk::InvalidRequest("budget_seconds is more than a day"));
    }
    Ok(())
}
