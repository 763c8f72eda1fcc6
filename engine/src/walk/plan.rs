//! Plan of a walk: which candidates become stops, in what order, and along which streets.

use std::time::Instant;

use super::candidates::Candidate;
use super::stitch::{Stitched, Stitcher};
use super::{NoWalk, Tuning, WalkRequest};
use crate::orienteering::{Effort, Problem, ProblemError, TimeMatrix, solve};
use crate::prize::Worth;
use crate::routing::{Hierarchy, Matrix};

/// Seconds of the budget that tours leave over. They pay for ways round, so that little is walked twice; how much of it a
/// tour needs shows only on the streets.
const RESERVES: [u32; 4] = [0, 45, 90, 180];

/// Iterations of the solver for each tour.
const ITERATIONS: u64 = 500;

/// Plans that are improved on the streets, the most valuable ones.
const MAX_IMPROVED: usize = 2;

/// A walk counts half where this share of it is walked twice, where it turns round on the spot so many times an hour, or
/// where this share of the time is left over. The loss grows faster than these: a few steps twice are not noticed, there
/// and back the same way is no walk.
const HALF_WORTH_REPEATS: f64 = 0.36;
const HALF_WORTH_TURNS: f64 = 12.0;
const HALF_WORTH_UNUSED: f64 = 0.5;

/// A walk of so many seconds counts half where half that share is walked twice. The shorter a walk, the more of its tours
/// are there and back, and the more one must be disliked for few to be left.
const SHORT_SECONDS: f64 = 900.0;

/// A place so near a corner, on foot and across, is visited from there rather than walked up to and back.
const MOST_METRES_ASIDE: f32 = 40.0;

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
pub(crate) fn best_plan(
    hierarchy: &Hierarchy<'_>,
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
    let problem =
        orienteering_problem(matrix, candidates, request, end).map_err(|_| too_small())?;
    let mut planner = Planner {
        request,
        stitcher: Stitcher::new(hierarchy, aside(hierarchy.graph().places(), candidates)),
        problem,
        deadline,
        tuning,
    };
    let plan = if tuning.avoid_repeats {
        planner.best_of(&RESERVES, ITERATIONS)
    } else {
        planner.best_of(&[0], ITERATIONS * RESERVES.len() as u64)
    };
    plan.ok_or_else(|| {
        if Instant::now() >= deadline {
            NoWalk::DeadlineExceeded
        } else {
            too_small()
        }
    })
}

/// Metres up a side street at which each place may be and is still visited from the corner.
fn aside(places: usize, candidates: &[Candidate<'_>]) -> Vec<f32> {
    let mut aside = vec![0.0; places];
    for (metres, candidate) in aside[1..].iter_mut().zip(candidates) {
        *metres = (MOST_METRES_ASIDE - candidate.snap.away as f32).max(0.0);
    }
    aside
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
fn orienteering_problem(
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

/// Makes tours and puts them on the streets.
pub(super) struct Planner<'a> {
    pub(super) request: &'a WalkRequest,
    pub(super) stitcher: Stitcher<'a>,
    pub(super) problem: Problem,
    pub(super) deadline: Instant,
    pub(super) tuning: Tuning,
}

impl Planner<'_> {
    /// The best of the walks made with these reserves.
    fn best_of(&mut self, reserves: &[u32], iterations: u64) -> Option<Plan> {
        let mut plans = self.first_plans(reserves, iterations);
        plans.sort_by(|a, b| b.1.total_cmp(&a.1));
        plans.dedup_by(|a, b| a.0.tour.places == b.0.tour.places);
        plans.truncate(MAX_IMPROVED);
        let improved = plans
            .into_iter()
            .map(|(plan, value)| self.improve(plan, value));
        let best = improved.max_by(|a, b| a.1.total_cmp(&b.1));
        best.map(|(plan, _)| plan)
    }

    /// A plan and its value for each reserve whose tour can be walked.
    fn first_plans(&mut self, reserves: &[u32], iterations: u64) -> Vec<(Plan, f64)> {
        let mut plans = Vec::new();
        for (reserve, seed) in reserves.iter().zip(self.request.seed..) {
            let budget = self.request.budget_seconds.saturating_sub(*reserve);
            let effort = Effort::iterations_until(iterations, self.deadline);
            let tour = solve(&self.problem.with_budget(budget), seed, effort);
            if let Some(plan) = self.walk(&tour.order, &[]) {
                let value = self.value(&plan);
                plans.push((plan, value));
            }
            if self.is_late() {
                break;
            }
        }
        plans
    }

    fn improve(&mut self, plan: Plan, value: f64) -> (Plan, f64) {
        if !self.tuning.avoid_repeats {
            return (plan, value);
        }
        let (plan, value) = self.mend(plan, value);
        let (plan, value) = self.fill_with_detours(plan, value);
        self.exchange(plan, value)
    }

    pub(super) fn is_late(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// A plan along an order of places; `None`: it takes too long.
    pub(super) fn stitch(&mut self, order: &[usize]) -> Option<Plan> {
        let allowance = self.walking_allowance(order)?;
        let tour = if self.tuning.avoid_repeats {
            self.stitcher.stitch(order, allowance)
        } else {
            self.stitcher
                .shortest(order)
                .filter(|tour| tour.walking_seconds() <= allowance)
        };
        Some(Plan {
            tour: tour?,
            score: self.problem.score(order),
        })
    }

    /// Seconds that a plan leaves over.
    pub(super) fn spare(&self, plan: &Plan) -> u32 {
        self.walking_allowance(&plan.tour.places)
            .unwrap_or(0)
            .saturating_sub(plan.tour.walking_seconds())
    }

    /// Spends what time is left on repeating less.
    pub(super) fn loosen(&mut self, mut plan: Plan) -> Plan {
        if self.tuning.avoid_repeats {
            let spare = self.spare(&plan);
            self.stitcher.loosen(&mut plan.tour, spare);
        }
        plan
    }

    /// Seconds that are left for walking; `None`: visits alone take too long.
    pub(super) fn walking_allowance(&self, order: &[usize]) -> Option<u32> {
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

    /// Value of a walk: its score, less for what is walked twice and for time left over.
    pub(super) fn value(&mut self, plan: &Plan) -> f64 {
        let repeats = self.stitcher.repeats(&plan.tour);
        let budget = f64::from(self.request.budget_seconds.max(1));
        let turns_an_hour = f64::from(repeats.turns) / (budget / 3600.0);
        let unused = f64::from(self.spare(plan)) / budget;
        let half_worth_repeats = HALF_WORTH_REPEATS * budget / (budget + SHORT_SECONDS);
        let loss = (repeats.share / half_worth_repeats).powi(3)
            + (turns_an_hour / HALF_WORTH_TURNS).powi(2)
            + (unused / HALF_WORTH_UNUSED).powi(2);
        plan.score / (1.0 + loss)
    }
}
