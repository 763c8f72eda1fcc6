//! Plan of a walk: which candidates become stops, in what order, and along which streets.

use std::time::Instant;

use super::candidates::Candidate;
use super::generate::Scene;
use super::required::shortest_order;
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

/// A walk counts half where this share of it is walked twice, or where it turns round on the spot so many times an hour. The
/// loss grows faster than these: a few steps twice are not noticed, there and back the same way is no walk.
const HALF_WORTH_REPEATS: f64 = 0.36;
const HALF_WORTH_TURNS: f64 = 12.0;

/// Standards by which walks are judged and lengthened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standards {
    /// Share of the time that a walk counts half for leaving over.
    half_worth_unused: f64,
    /// Most seconds that a walk goes round for nothing.
    pub(super) most_detour_seconds: u32,
    /// Most detours that it goes round by.
    pub(super) most_detours: usize,
    /// True if a walk without a stop is none.
    pub(super) needs_stop: bool,
}

impl Standards {
    /// Where the stops are what the walk is for.
    pub(super) const FOR_STOPS: Self = Self {
        half_worth_unused: 0.5,
        most_detour_seconds: 600,
        most_detours: 3,
        needs_stop: true,
    };

    /// Where much time is left, and more stops are to use it.
    pub(super) const FOR_MORE_STOPS: Self = Self {
        half_worth_unused: 0.15,
        ..Self::FOR_STOPS
    };

    /// Where the time is to be filled.
    pub(super) const FOR_TIME: Self = Self {
        half_worth_unused: 0.15,
        most_detour_seconds: u32::MAX,
        most_detours: 8,
        needs_stop: false,
    };
}

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
pub(super) fn best_plan(
    scene: &Scene<'_>,
    hierarchy: &Hierarchy<'_>,
    matrix: &Matrix,
    candidates: &[Candidate<'_>],
    end: usize,
) -> Result<Plan, NoWalk> {
    let Scene {
        request,
        required,
        deadline,
        tuning,
        ..
    } = *scene;
    let too_small = || NoWalk::BudgetTooSmall {
        needed_seconds: needed_seconds(matrix, candidates, end),
    };
    let problem = |keeping| {
        orienteering_problem(matrix, candidates, request, end, required, keeping)
            .map_err(|_| too_small())
    };
    let mut planner = Planner {
        request,
        stitcher: Stitcher::new(hierarchy, aside(hierarchy.graph().places(), candidates)),
        problem: problem(0.0)?,
        kept: (1..=required).collect(),
        standards: Standards::FOR_STOPS,
        deadline,
        tuning,
    };
    planner.stitcher.know(scene.earlier.edges(), scene.esteem);
    let problem = problem(keeping(candidates))?;
    let mut plans = if tuning.avoid_repeats {
        planner.first_plans(&problem, &RESERVES, ITERATIONS)
    } else {
        planner.first_plans(&problem, &[0], ITERATIONS * RESERVES.len() as u64)
    };
    if required > 0 {
        plans.extend(planner.by_shortest_order()?);
    }
    planner.best_of(plans).ok_or_else(|| {
        if Instant::now() >= deadline {
            NoWalk::DeadlineExceeded
        } else {
            too_small()
        }
    })
}

/// Metres up a side street at which each place may be and is still visited from the corner.
pub(super) fn aside(places: usize, candidates: &[Candidate<'_>]) -> Vec<f32> {
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

/// Prize on top of their own for which the search keeps the places that must be kept.
pub(super) fn keeping(candidates: &[Candidate<'_>]) -> f64 {
    let prizes = candidates.iter().map(|candidate| candidate.prize);
    3.0 * prizes.fold(1.0, f64::max)
}

/// The problem of choosing stops among places 1, 2, … of a matrix, which are the candidates; place 0 is the start.
/// The first `required` of them count more by `keeping`.
fn orienteering_problem(
    matrix: &Matrix,
    candidates: &[Candidate<'_>],
    request: &WalkRequest,
    end: usize,
    required: usize,
    keeping: f64,
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
    let mut worth = Worth::new(&places, request);
    for prize in &mut worth.own[1..=required] {
        *prize += keeping;
    }
    let times = TimeMatrix::from_fn(places.len(), |from, to| matrix.seconds(from, to))?;
    Problem::new(times, worth.own, visits, 0, end, request.budget_seconds)?
        .with_groups(worth.groups)
}

/// Makes tours and puts them on the streets.
pub(super) struct Planner<'a> {
    pub(super) request: &'a WalkRequest,
    pub(super) stitcher: Stitcher<'a>,
    pub(super) problem: Problem,
    /// Places that no walk does without.
    pub(super) kept: Vec<usize>,
    pub(super) standards: Standards,
    pub(super) deadline: Instant,
    pub(super) tuning: Tuning,
}

impl Planner<'_> {
    /// The plan and its value along the shortest order of all that is kept, if that can be walked.
    fn by_shortest_order(&mut self) -> Result<Option<(Plan, f64)>, NoWalk> {
        let order = shortest_order(&self.problem, self.kept.len());
        let needed = self.problem.cost(&order);
        if needed > u64::from(self.problem.budget()) {
            return Err(NoWalk::IncludedTooLong {
                needed_seconds: u32::try_from(needed).unwrap_or(u32::MAX),
            });
        }
        let plan = self.walk(&order, &[]);
        Ok(plan.map(|plan| {
            let value = self.value(&plan);
            (plan, value)
        }))
    }

    /// The best that can be made of some plans with their values.
    pub(super) fn best_of(&mut self, mut plans: Vec<(Plan, f64)>) -> Option<Plan> {
        plans.sort_by(|a, b| b.1.total_cmp(&a.1));
        plans.dedup_by(|a, b| a.0.tour.places == b.0.tour.places);
        plans.truncate(MAX_IMPROVED);
        let improved = plans
            .into_iter()
            .map(|(plan, value)| self.improve(plan, value));
        let best = improved.max_by(|a, b| a.1.total_cmp(&b.1));
        best.map(|(plan, _)| self.in_direction(plan))
    }

    /// A plan and its value for each reserve whose tour of a problem can be walked, with all that is kept.
    pub(super) fn first_plans(
        &mut self,
        problem: &Problem,
        reserves: &[u32],
        iterations: u64,
    ) -> Vec<(Plan, f64)> {
        let mut plans = Vec::new();
        for (reserve, seed) in reserves.iter().zip(self.request.seed..) {
            let budget = self.request.budget_seconds.saturating_sub(*reserve);
            let effort = Effort::iterations_until(iterations, self.deadline);
            let tour = solve(&problem.with_budget(budget), seed, effort);
            let has_all = self.kept.iter().all(|place| tour.order.contains(place));
            if has_all && let Some(plan) = self.walk(&tour.order, &[]) {
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
            + (unused / self.standards.half_worth_unused).powi(2);
        plan.score / (1.0 + loss)
    }
}
