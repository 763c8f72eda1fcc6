//! The whole way from a request to a walk.

use std::time::Instant;

use super::assemble::assemble;
use super::candidates::{self, Candidate};
use super::fill;
use super::limits::{INCLUDED, PACE, VARIANT};
use super::one_way::in_direction;
use super::opening::at_its_hour;
use super::plan::best_plan;
use super::required::required;
use super::start::{Ground, settle};
use super::variant::{Earlier, Esteem};
use super::{NoWalk, Poi, Walk, WalkRequest};
use crate::network::{EdgeId, Network, Snap};
use crate::routing::{Hierarchy, Matrix, Reach, SearchGraph};

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
    at_its_hour(request, pois, network, |pois, network| {
        in_direction(network, |network| {
            best_of(request, pois, network, deadline, tuning)
        })
    })
}

/// The walk to places and on streets that are all open, and the streets for one direction that it or an earlier variant of it leads
/// over in the other.
fn best_of(
    request: &WalkRequest,
    pois: &[Poi],
    network: &Network,
    deadline: Instant,
    tuning: Tuning,
) -> Result<(Walk, Vec<EdgeId>), NoWalk> {
    let (ground, chosen) = start(request, pois, network)?;
    let mut earlier = Earlier::default();
    let mut made = None;
    let mut against = Vec::new();
    for number in 0..=request.choice.variant {
        let scene = Scene {
            request,
            pois,
            network,
            ground: &ground,
            chosen: chosen.as_deref(),
            required: count_of_required(request),
            earlier: &earlier,
            esteem: Esteem::FULL,
            deadline,
            tuning,
        };
        let next = if number == 0 {
            scene.best_walk()?
        } else {
            scene.another_walk()?
        };
        earlier.note(&next);
        against.extend(next.against);
        made = Some(next.walk);
    }
    let walk = made.ok_or(NoWalk::NothingToSee)?;
    Ok((walk, against))
}

/// Streets from which so many metres can be walked are a start without any place.
const LEAST_METRES: f64 = 1000.0;

/// The start of a walk, and the places to choose from, or the reason for which there are none.
type Start<'a> = (Ground, Result<Vec<Candidate<'a>>, NoWalk>);

/// Begins on the nearest street from which there are places to see, or else streets to walk on.
fn start<'a>(
    request: &WalkRequest,
    pois: &'a [Poi],
    network: &Network,
) -> Result<Start<'a>, NoWalk> {
    let choose = |ground: &Ground| {
        let required = required(request, pois, network, ground)?;
        match candidates::matched(request, pois, network, ground) {
            Err(none) if required.is_empty() => Err(none),
            matched => Ok(together(required, matched.unwrap_or_default())),
        }
    };
    let none = match settle(request, network, choose) {
        Ok((ground, chosen)) => return Ok((ground, Ok(chosen))),
        Err(none @ (NoWalk::NothingToSee | NoWalk::BudgetTooSmall { .. })) => none,
        Err(refusal) => return Err(refusal),
    };
    let walkable = |ground: &Ground| {
        let edges = ground.from_start.edges(network).into_iter();
        let metres: f64 = edges
            .map(|edge| f64::from(network.measure(edge).metres))
            .sum();
        if metres < LEAST_METRES {
            return Err(none.clone());
        }
        Ok(vec![()])
    };
    let (ground, _) = settle(request, network, walkable)
        .or_else(|_| settle(request, network, |_| Ok(vec![()])))?;
    Ok((ground, Err(none)))
}

/// Count of the places that must be visited.
fn count_of_required(request: &WalkRequest) -> usize {
    let mut ids = request.choice.include.clone();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

/// A walk, and the ground that it leads over.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) walk: Walk,
    /// Streets in the order in which they are walked, and metres on each.
    pub(super) ground: Vec<(EdgeId, f64)>,
    /// Streets for one direction that it leads over in the other.
    pub(super) against: Vec<EdgeId>,
}

/// A request, and all that its walk is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) request: &'a WalkRequest,
    pub(super) pois: &'a [Poi],
    pub(super) network: &'a Network,
    pub(super) ground: &'a Ground,
    /// Places to choose from, or the reason for which there are none.
    pub(super) chosen: Result<&'a [Candidate<'a>], &'a NoWalk>,
    /// Count of the places that must be visited, which are the first of the candidates.
    pub(super) required: usize,
    /// Walks that this one is to differ from.
    pub(super) earlier: &'a Earlier,
    /// What of them is still worth.
    pub(super) esteem: Esteem,
    pub(super) deadline: Instant,
    pub(super) tuning: Tuning,
}

impl Scene<'_> {
    /// The best walk of all.
    fn best_walk(self) -> Result<Made, NoWalk> {
        let request = self.request;
        if self.is_late() {
            return Err(NoWalk::DeadlineExceeded);
        }
        let all = self.chosen.unwrap_or_default();
        let esteemed = self.esteemed(all.to_vec());
        let first = match self.chosen {
            Err(none) => Err(none.clone()),
            _ if esteemed.is_empty() => Err(NoWalk::NothingToSee),
            _ => self.walk_among(&esteemed),
        };
        let missing = first.as_ref().err().cloned();
        let mut made = fill::filled(&self, &esteemed, first)?;
        if self.esteem.of_stops < 1.0 {
            made.walk.score = fill::score(all, &made.walk, request);
        }
        made.walk = made.walk.summed_up(request, missing.as_ref());
        [made.walk.start, made.walk.end] = self.ground.gaps;
        Ok(made)
    }

    /// Candidates, those of earlier walks at what is left of their worth.
    pub(super) fn esteemed<'c>(&self, mut candidates: Vec<Candidate<'c>>) -> Vec<Candidate<'c>> {
        for candidate in candidates.iter_mut().skip(self.required) {
            if self.earlier.has_stop(candidate.poi.id) {
                candidate.prize *= self.esteem.of_stops;
            }
        }
        candidates.retain(|candidate| candidate.prize > 0.0);
        candidates
    }

    /// The best walk that shares little with the earlier ones, or else the one that shares least.
    fn another_walk(self) -> Result<Made, NoWalk> {
        let mut best: Option<(f64, Made)> = None;
        for esteem in Esteem::LESS {
            let made = Self { esteem, ..self }.best_walk()?;
            let sharing = self.earlier.sharing(&made);
            if best.as_ref().is_none_or(|(least, _)| sharing < *least) {
                best = Some((sharing, made));
            }
            if sharing <= 1.0 || self.is_late() {
                break;
            }
        }
        best.map(|(_, made)| made).ok_or(NoWalk::DeadlineExceeded)
    }

    pub(super) fn is_late(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Metres of the streets that can be reached from the start; where these are few, in whatever time.
    pub(super) fn metres_in_reach(&self, few: u32) -> u32 {
        let metres_of = |reach: &Reach| {
            let edges = reach.edges(self.network).into_iter();
            edges
                .map(|edge| f64::from(self.network.measure(edge).metres))
                .sum::<f64>() as u32
        };
        let near = metres_of(&self.ground.from_start);
        if near >= few {
            return near;
        }
        metres_of(&self.ground.without_limit(self.network).from_start)
    }

    pub(super) fn cut_off(&self) -> NoWalk {
        NoWalk::CutOff {
            metres: self.metres_in_reach(u32::MAX),
        }
    }

    /// The best walk to some of the candidates.
    fn walk_among(&self, candidates: &[Candidate<'_>]) -> Result<Made, NoWalk> {
        let Self {
            request, ground, ..
        } = *self;
        let places = self.snaps(candidates);
        let near = |node| ground.through(node) <= ground.budget_ticks;
        let graph = SearchGraph::build(
            self.network,
            ground.profile,
            &ground.from_start,
            &places,
            near,
        );
        let end = request.end.map_or(0, |_| places.len() - 1);
        let hierarchy = Hierarchy::of(&graph);
        let matrix = Matrix::compute(&hierarchy, ground.budget_ticks, end);
        let plan = best_plan(self, &hierarchy, &matrix, candidates, end)?;
        Ok(assemble(self, &graph, &places, candidates, &plan))
    }

    /// The start, the candidates in order, and the end if it is elsewhere.
    fn snaps(&self, candidates: &[Candidate<'_>]) -> Vec<Snap> {
        let snaps = candidates.iter().map(|candidate| candidate.snap);
        std::iter::once(self.ground.start)
            .chain(snaps)
            .chain(self.ground.end)
            .collect()
    }
}

/// What must be visited, and then what else may be.
fn together<'a>(required: Vec<Candidate<'a>>, matched: Vec<Candidate<'a>>) -> Vec<Candidate<'a>> {
    let mut all = required;
    let count = all.len();
    for candidate in matched {
        let is_required = |one: &Candidate<'_>| one.poi.id == candidate.poi.id;
        if !all[..count].iter().any(is_required) {
            all.push(candidate);
        }
    }
    all
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
    let choice = &request.choice;
    if choice.include.len() > INCLUDED {
        return Err(NoWalk::InvalidRequest("too many places are included"));
    }
    if choice.include.iter().any(|id| choice.exclude.contains(id)) {
        return Err(NoWalk::InvalidRequest(
            "a place is both included and excluded",
        ));
    }
    if !PACE.contains(&choice.pace.0) {
        return Err(NoWalk::InvalidRequest("pace is out of range"));
    }
    if choice.variant > VARIANT {
        return Err(NoWalk::InvalidRequest("there is no such variant"));
    }
    if request.budget_seconds > MAX_BUDGET_SECONDS {
        return Err(NoWalk::InvalidRequest("budget_seconds is more than a day"));
    }
    Ok(())
}
