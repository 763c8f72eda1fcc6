//! Which of the candidates become stops, in what order, and along which streets.

use std::time::Instant;

use super::candidates::Candidate;
use super::stitch::{Stitched, Stitcher};
use super::{NoWalk, WalkRequest};
use crate::orienteering::{Effort, Problem, ProblemError, TimeMatrix, solve};
use crate::prize::Worth;
use crate::routing::{Matrix, SearchGraph};

/// Shares of the budget that tours are made for. What is left pays for ways round, so that little is walked twice; how
/// much of it a tour needs shows only on the streets.
const SHARES: [f64; 3] = [1.0, 0.97, 0.93];

/// Iterations of the solver for each tour.
const ITERATIONS: u64 = 400;

/// Part of its score that a walk loses for each part of its length that is walked twice.
const REPEAT_LOSS: f64 = 0.6;

/// Part of its score that a walk loses for each time it turns round on the spot.
const TURN_LOSS: f64 = 0.004;

/// A planned walk.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) tour: Stitched,
    /// Worth of its stops.
    pub(crate) score: f64,
}

/// Plans the best walk among a few tours.
///
/// # Errors
/// [`NoWalk::BudgetTooSmall`] where no stop fits into the budget, [`NoWalk::DeadlineExceeded`] where none was found
/// in time.
pub(crate) fn plan(
    graph: &SearchGraph,
    matrix: &Matrix,
    candidates: &[Candidate<'_>],
    request: &WalkRequest,
    end: usize,
    deadline: Instant,
) -> Result<Plan, NoWalk> {
    let too_small = || NoWalk::BudgetTooSmall {
        needed_seconds: needed_seconds(matrix, candidates, end),
    };
    let problem = problem(matrix, candidates, request, end).map_err(|_| too_small())?;
    let mut planner = Planner {
        request,
        stitcher: Stitcher::new(graph),
        problem,
    };
    let mut best: Option<(f64, Plan)> = None;
    for (share, seed) in SHARES.iter().zip(request.seed..) {
        let budget = (f64::from(request.budget_seconds) * share) as u32;
        let tour = solve(
            &planner.problem.with_budget(budget),
            seed,
            Effort::iterations_until(ITERATIONS, deadline),
        );
        let Some(plan) = planner.walk(tour.order) else {
            continue;
        };
        let value = planner.value(&plan);
        if best.as_ref().is_none_or(|(least, _)| value > *least) {
            best = Some((value, plan));
        }
        if Instant::now() >= deadline {
            break;
        }
    }
    match best {
        Some((_, plan)) => Ok(plan),
        None if Instant::now() >= deadline => Err(NoWalk::DeadlineExceeded),
        None => Err(too_small()),
    }
}

/// Seconds that the shortest walk with a stop takes.
fn needed_seconds(matrix: &Matrix, candidates: &[Candidate<'_>], end: usize) -> u32 {
    let walk = |(candidate, place): (&Candidate<'_>, usize)| {
        let walking = matrix
            .seconds(0, place)
            .saturating_add(matrix.seconds(place, end));
        walking.saturating_add(candidate.visit_seconds)
    };
    candidates
        .iter()
        .zip(1..)
        .map(walk)
        .min()
        .unwrap_or(u32::MAX)
}

/// The problem of choosing stops among places 1, 2, … of a matrix, which are the candidates; place 0 is the start.
fn problem(
    matrix: &Matrix,
    candidates: &[Candidate<'_>],
    request: &WalkRequest,
    end: usize,
) -> Result<Problem, ProblemError> {
    let mut places = vec![None];
    places.extend(
        candidates
            .iter()
            .map(|candidate| Some((candidate.poi, candidate.prize))),
    );
    let mut visits = vec![0];
    visits.extend(candidates.iter().map(|candidate| candidate.visit_seconds));
    if end > 0 {
        places.push(None);
        visits.push(0);
    }
    let worth = Worth::new(&places, request);
    let times = TimeMatrix::from_fn(places.len(), |from, to| matrix.seconds(from, to))?;
    Problem::new(times, worth.own, visits, 0, end, request.budget_seconds)?
        .with_groups(worth.groups)
}

struct Planner<'a> {
    request: &'a WalkRequest,
    stitcher: Stitcher<'a>,
    problem: Problem,
}

impl Planner<'_> {
    /// Puts a tour on the streets and fills what time is left with further stops. `None`: it takes too long, or has no stop.
    fn walk(&mut self, mut order: Vec<usize>) -> Option<Plan> {
        let mut tour = self
            .stitcher
            .stitch(&order, self.walking_allowance(&order)?)?;
        while let Some(longer) = self.with_one_more(
            &order,
            self.walking_allowance(&order)? - tour.walking_seconds(),
        ) {
            let Some(stitched) = self
                .walking_allowance(&longer)
                .and_then(|allowance| self.stitcher.stitch(&longer, allowance))
            else {
                break;
            };
            (order, tour) = (longer, stitched);
        }
        let has_stop = order.len() > 2;
        has_stop.then(|| Plan {
            tour,
            score: self.problem.score(&order),
        })
    }

    /// Seconds that are left for walking; `None`: visits alone take too long.
    fn walking_allowance(&self, order: &[usize]) -> Option<u32> {
        let last = if self.problem.is_round_trip() {
            order.len() - 1
        } else {
            order.len()
        };
        let visits: u32 = order[..last]
            .iter()
            .map(|&place| self.problem.visits()[place])
            .sum();
        self.request.budget_seconds.checked_sub(visits)
    }

    /// The tour with the stop that gains most for its time among those that fit into `spare` seconds.
    fn with_one_more(&self, order: &[usize], spare: u32) -> Option<Vec<usize>> {
        let score = self.problem.score(order);
        let times = self.problem.times();
        let mut best: Option<(f64, Vec<usize>)> = None;
        for place in (0..self.problem.len()).filter(|place| !order.contains(place)) {
            let extra = |at: usize| {
                let there = u64::from(times.get(order[at - 1], place))
                    + u64::from(times.get(place, order[at]));
                let direct = if order[at - 1] == order[at] {
                    0
                } else {
                    times.get(order[at - 1], order[at])
                };
                (there + u64::from(self.problem.visits()[place])).saturating_sub(u64::from(direct))
            };
            let Some(at) = (1..order.len()).min_by_key(|&at| extra(at)) else {
                continue;
            };
            let extra = extra(at);
            if extra > u64::from(spare) {
                continue;
            }
            let mut longer = order.to_vec();
            longer.insert(at, place);
            let gain = (self.problem.score(&longer) - score) / (extra as f64 + 30.0);
            if gain > 0.0 && best.as_ref().is_none_or(|(most, _)| gain > *most) {
                best = Some((gain, longer));
            }
        }
        best.map(|(_, longer)| longer)
    }

    /// What a walk is worth when what is walked twice is taken off.
    fn value(&mut self, plan: &Plan) -> f64 {
        let repeats = self.stitcher.repeats(&plan.tour);
        plan.score * (1.0 - REPEAT_LOSS * repeats.share - TURN_LOSS * f64::from(repeats.turns))
    }
}
