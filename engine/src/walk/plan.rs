//! Which of the candidates become stops, in what order, and along which streets.

use std::time::Instant;

use super::candidates::Candidate;
use super::stitch::{Stitched, Stitcher};
use super::{NoWalk, Tuning, WalkRequest};
use crate::orienteering::{Effort, Problem, ProblemError, TimeMatrix, solve};
use crate::prize::Worth;
use crate::routing::{Matrix, SearchGraph};

/// Shares of the budget that tours are made for. What is left pays for ways round, so that little is walked twice; how
/// much of it a tour needs shows only on the streets.
const SHARES: [f64; 3] = [1.0, 0.985, 0.96];

/// Iterations of the solver for each tour.
const ITERATIONS: u64 = 400;

/// Part of its score that a walk loses for each part of its length that is walked twice.
const REPEAT_LOSS: f64 = 0.3;

/// Part of its score that a walk loses for each time it turns round on the spot.
const TURN_LOSS: f64 = 0.015;

/// Stops that a walk may do without to be walked with less repetition.
const MAX_MENDS: usize = 8;

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
    tuning: Tuning,
) -> Result<Plan, NoWalk> {
    let too_small = || NoWalk::BudgetTooSmall {
        needed_seconds: needed_seconds(matrix, candidates, end),
    };
    let problem = problem(matrix, candidates, request, end).map_err(|_| too_small())?;
    let mut planner = Planner {
        request,
        stitcher: Stitcher::new(graph),
        problem,
        deadline,
        tuning,
    };
    let plan = if tuning.avoid_repeats {
        planner.best_of(&SHARES, ITERATIONS)
    } else {
        planner.best_of(&[1.0], ITERATIONS * SHARES.len() as u64)
    };
    plan.ok_or_else(|| {
        if Instant::now() >= deadline {
            NoWalk::DeadlineExceeded
        } else {
            too_small()
        }
    })
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
    deadline: Instant,
    tuning: Tuning,
}

impl Planner<'_> {
    /// The best of the walks made for these shares of the budget.
    fn best_of(&mut self, shares: &[f64], iterations: u64) -> Option<Plan> {
        let mut best: Option<(f64, Plan)> = None;
        for (share, seed) in shares.iter().zip(self.request.seed..) {
            let budget = (f64::from(self.request.budget_seconds) * share) as u32;
            let effort = Effort::iterations_until(iterations, self.deadline);
            let tour = solve(&self.problem.with_budget(budget), seed, effort);
            let Some(plan) = self.walk(tour.order, &[]) else {
                continue;
            };
            let value = self.value(&plan);
            if best.as_ref().is_none_or(|(least, _)| value > *least) {
                best = Some((value, plan));
            }
            if Instant::now() >= self.deadline {
                break;
            }
        }
        best.map(|(value, plan)| {
            if self.tuning.avoid_repeats {
                self.mend(plan, value)
            } else {
                plan
            }
        })
    }

    /// Does without stops that are hard to reach without repetition, where others make up for them.
    fn mend(&mut self, mut plan: Plan, mut value: f64) -> Plan {
        let mut left_out = Vec::new();
        for _ in 0..MAX_MENDS {
            let stop = self
                .stitcher
                .most_repetitive(&plan.tour, |place| !left_out.contains(&place));
            let Some(stop) = stop.filter(|_| Instant::now() < self.deadline) else {
                break;
            };
            left_out.push(stop);
            let order = plan
                .tour
                .places
                .iter()
                .copied()
                .filter(|&place| place != stop)
                .collect();
            let Some(other) = self.walk(order, &left_out) else {
                continue;
            };
            let other_value = self.value(&other);
            if other_value > value {
                (plan, value) = (other, other_value);
            }
        }
        plan
    }

    /// Puts a tour on the streets.
    fn stitch(&mut self, order: &[usize]) -> Option<Stitched> {
        let allowance = self.walking_allowance(order)?;
        if self.tuning.avoid_repeats {
            self.stitcher.stitch(order, allowance)
        } else {
            self.stitcher
                .shortest(order)
                .filter(|tour| tour.walking_seconds() <= allowance)
        }
    }

    /// Puts a tour on the streets and fills what time is left with further stops, but none of `left_out`. `None`: it takes too long, or has no stop.
    fn walk(&mut self, mut order: Vec<usize>, left_out: &[usize]) -> Option<Plan> {
        let mut tour = self.stitch(&order)?;
        while let Some(longer) = self.with_one_more(&order, &tour, left_out) {
            let Some(stitched) = self.stitch(&longer) else {
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

    /// The stops with the one more that gains most for its time among those that fit into what time is left.
    fn with_one_more(
        &self,
        order: &[usize],
        tour: &Stitched,
        left_out: &[usize],
    ) -> Option<Vec<usize>> {
        let spare = self
            .walking_allowance(order)?
            .saturating_sub(tour.walking_seconds());
        let score = self.problem.score(order);
        let times = self.problem.times();
        let mut best: Option<(f64, Vec<usize>)> = None;
        for place in (0..self.problem.len())
            .filter(|place| !order.contains(place) && !left_out.contains(place))
        {
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
