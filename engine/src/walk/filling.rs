//! A fuller walk: the stops that it keeps, what may come in beside them, and the plan.

use super::WalkRequest;
use super::assemble::assemble;
use super::candidates::{self, Candidate};
use super::fill::{LEAST_STREETS_METRES, score};
use super::generate::{Made, Scene};
use super::plan::{Plan, Planner, Standards, aside, keeping};
use super::stitch::{Stitched, Stitcher};
use super::waypoints::{Waypoint, waypoints};
use crate::network::Snap;
use crate::orienteering::{Problem, ProblemError, TimeMatrix};
use crate::prize::Worth;
use crate::routing::{Hierarchy, Matrix, SearchGraph};

/// Matching places that may come into what time is left.
const MOST_MATCHED: usize = 60;

/// Other places that may.
const MOST_OTHERS: usize = 60;

/// Worth of the best ground, as a share of a good prize.
const WORTH_OF_GROUND: f64 = 0.06;

/// Share of its worth that ground of an earlier walk keeps.
const KNOWN_GROUND: f64 = 0.1;

/// Reserves for ways round, in seconds.
const RESERVES: [u32; 2] = [0, 90];

/// Iterations of the solver for each tour.
const ITERATIONS: u64 = 500;

/// Metres up a side street from which a waypoint is let be, which is there for the way alone.
const ASIDE_OF_WAYPOINT: f32 = 150.0;

/// Metres up a street that leads nowhere else from which one is let be.
const ASIDE_OF_DEAD_END: f32 = 50.0;

/// Parts of a fuller walk.
pub(super) struct Filling<'a> {
    scene: &'a Scene<'a>,
    /// First the stops that are kept, in their order.
    candidates: Vec<Candidate<'a>>,
    kept: usize,
    waypoints: Vec<Waypoint>,
    standards: Standards,
}

impl<'a> Filling<'a> {
    /// The stops of a walk and more places that match; `None`: there are no more.
    pub(super) fn with_matches(
        scene: &'a Scene<'a>,
        matched: &[Candidate<'a>],
        made: Option<&Made>,
    ) -> Option<Self> {
        let kept = stops_among(matched, made);
        let is_new = |one: &&Candidate<'_>| kept.iter().all(|kept| kept.poi.id != one.poi.id);
        let more: Vec<Candidate<'a>> = matched
            .iter()
            .filter(is_new)
            .take(MOST_MATCHED)
            .cloned()
            .collect();
        (!more.is_empty()).then(|| Self {
            scene,
            kept: kept.len(),
            candidates: [kept, more].concat(),
            waypoints: vec![],
            standards: Standards::FOR_MORE_STOPS,
        })
    }

    /// The stops of a walk, other places and good ways; `None`: there are none of these, and no end to go to.
    pub(super) fn with_others(
        scene: &'a Scene<'a>,
        matched: &[Candidate<'a>],
        made: Option<&Made>,
    ) -> Option<Self> {
        let kept = stops_among(matched, made);
        let Scene {
            request,
            pois,
            network,
            ground,
            ..
        } = *scene;
        let others = candidates::others(request, pois, network, ground, MOST_OTHERS);
        let is_new = |one: &Candidate<'_>| matched.iter().all(|known| known.poi.id != one.poi.id);
        let others = others.into_iter().filter(is_new).collect();
        let anew = Scene {
            required: 0,
            ..*scene
        };
        let others = anew.esteemed(others);
        let waypoints = good_ways(scene);
        let is_nothing = others.is_empty() && waypoints.is_empty() && request.end.is_none();
        (!is_nothing).then(|| Self {
            scene,
            kept: kept.len(),
            candidates: [kept, others].concat(),
            waypoints,
            standards: Standards::FOR_TIME,
        })
    }

    /// The best walk that keeps what it must. Its score is the worth of its places of those that match.
    pub(super) fn walk(&self, matched: &[Candidate<'_>]) -> Option<Made> {
        let Scene {
            request,
            network,
            ground,
            ..
        } = *self.scene;
        let snaps = self.snaps();
        let near = |node| ground.through(node) <= ground.budget_ticks;
        let graph = SearchGraph::build(network, ground.profile, &ground.from_start, &snaps, near);
        let hierarchy = Hierarchy::of(&graph);
        let end = request.end.map_or(0, |_| snaps.len() - 1);
        let matrix = Matrix::compute(&hierarchy, ground.budget_ticks, end);
        let plan = self.plan(&hierarchy, &matrix, end)?;
        let mut made = assemble(self.scene, &graph, &snaps, &self.candidates, &plan);
        made.walk.score = score(matched, &made.walk, request);
        Some(made)
    }

    fn plan(&self, hierarchy: &Hierarchy<'_>, matrix: &Matrix, end: usize) -> Option<Plan> {
        let sought = self.problem(matrix, end, keeping(&self.candidates)).ok()?;
        let aside = self.aside(hierarchy.graph().places());
        let mut planner = Planner {
            request: self.scene.request,
            stitcher: Stitcher::new(hierarchy, aside),
            problem: self.problem(matrix, end, 0.0).ok()?,
            kept: (1..=self.kept).collect(),
            standards: self.standards,
            deadline: self.scene.deadline,
            tuning: self.scene.tuning,
        };
        planner.stitcher.excuse_bridges();
        planner
            .stitcher
            .know(self.scene.earlier.edges(), self.scene.esteem);
        let mut plans = planner.first_plans(&sought, &RESERVES, ITERATIONS);
        let as_it_was: Vec<usize> = (0..=self.kept).chain([end]).collect();
        if let Some(plan) = planner.walk(&as_it_was, &[]) {
            let value = planner.value(&plan);
            plans.push((plan, value));
        }
        let plan = self.without_waypoints(planner.best_of(plans)?);
        let profile = self.scene.ground.profile;
        planner
            .stitcher
            .spares_stairs(&plan.tour, profile)
            .then_some(plan)
    }

    /// The start, the candidates, the waypoints, and the end if it is elsewhere.
    fn snaps(&self) -> Vec<Snap> {
        let candidates = self.candidates.iter().map(|candidate| candidate.snap);
        let waypoints = self.waypoints.iter().map(|waypoint| waypoint.snap);
        std::iter::once(self.scene.ground.start)
            .chain(candidates)
            .chain(waypoints)
            .chain(self.scene.ground.end)
            .collect()
    }

    fn aside(&self, places: usize) -> Vec<f32> {
        let mut aside = aside(places, &self.candidates);
        for (metres, waypoint) in aside[1 + self.candidates.len()..]
            .iter_mut()
            .zip(&self.waypoints)
        {
            *metres = if waypoint.leads_on {
                ASIDE_OF_WAYPOINT
            } else {
                ASIDE_OF_DEAD_END
            };
        }
        aside
    }

    /// The problem of choosing among candidates and waypoints; those that are kept count so much more.
    fn problem(&self, matrix: &Matrix, end: usize, keeping: f64) -> Result<Problem, ProblemError> {
        let request = WalkRequest {
            themes: vec![],
            ..self.scene.request.clone()
        };
        let candidates = self.candidates.iter();
        let mut places = vec![None];
        places.extend(candidates.map(|candidate| Some((candidate.poi, candidate.prize))));
        let mut visits = vec![0];
        visits.extend(
            self.candidates
                .iter()
                .map(|candidate| candidate.visit_seconds),
        );
        places.resize(
            places.len() + self.waypoints.len() + usize::from(end > 0),
            None,
        );
        visits.resize(places.len(), 0);
        let mut worth = Worth::new(&places, &request);
        let of_ground = self
            .waypoints
            .iter()
            .map(|waypoint| WORTH_OF_GROUND * waypoint.worth);
        for (prize, of_ground) in worth.own[1 + self.candidates.len()..]
            .iter_mut()
            .zip(of_ground)
        {
            *prize = of_ground;
        }
        for prize in &mut worth.own[1..=self.kept] {
            *prize += keeping;
        }
        let times = TimeMatrix::from_fn(places.len(), |from, to| matrix.seconds(from, to))?;
        Problem::new(times, worth.own, visits, 0, end, request.budget_seconds)?
            .with_groups(worth.groups)
    }

    /// The plan with the ways by its waypoints made one from stop to stop.
    fn without_waypoints(&self, plan: Plan) -> Plan {
        let first = 1 + self.candidates.len();
        let is_waypoint = |place: usize| (first..first + self.waypoints.len()).contains(&place);
        let Stitched {
            places,
            nodes,
            legs,
            seconds: _,
        } = plan.tour;
        let mut tour = Stitched {
            places: vec![places[0]],
            nodes: vec![nodes[0]],
            legs: vec![],
            seconds: vec![],
        };
        let mut way = vec![];
        for ((leg, place), node) in legs.into_iter().zip(&places[1..]).zip(&nodes[1..]) {
            way.extend(leg);
            if !is_waypoint(*place) {
                tour.places.push(*place);
                tour.nodes.push(*node);
                tour.legs.push(std::mem::take(&mut way));
            }
        }
        Plan { tour, ..plan }
    }
}

/// Points on good ways, where there are ways enough; those of earlier walks are worth less.
fn good_ways(scene: &Scene<'_>) -> Vec<Waypoint> {
    if scene.metres_in_reach(LEAST_STREETS_METRES) < LEAST_STREETS_METRES {
        return vec![];
    }
    let known = scene.earlier.edges();
    let mut points = waypoints(scene.network, scene.ground, scene.request.choice.pace);
    for point in &mut points {
        if known.contains(&point.snap.edge) {
            point.worth *= KNOWN_GROUND;
        }
    }
    points
}

/// The stops of a walk in their order, as candidates.
fn stops_among<'a>(matched: &[Candidate<'a>], made: Option<&Made>) -> Vec<Candidate<'a>> {
    let stops = made.map_or(&[][..], |made| &made.walk.stops);
    let of_stop = |id| matched.iter().find(move |candidate| candidate.poi.id == id);
    stops
        .iter()
        .filter_map(|stop| of_stop(stop.poi_id).cloned())
        .collect()
}
