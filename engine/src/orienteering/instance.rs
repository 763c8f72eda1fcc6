//! The problem as the search sees it.

use std::cell::OnceCell;

use super::problem::Problem;
use super::times::TimeMatrix;

/// Node at which every tour begins.
pub(super) const START: usize = 0;
/// Node at which every tour ends; a round trip's end is a second copy of its start.
pub(super) const END: usize = 1;
/// Rows are padded to a multiple of this, so that loops over them run on vector registers without a remainder.
pub(super) const LANES: usize = 8;
/// Neighbours known of each node.
const NEIGHBOURS: usize = 32;

/// A problem reduced to what a search needs.
///
/// Nodes are the start, the end and those places that are worth something and can be visited within the budget. Visits are part of
/// the times: half of each is in every way to and from the place, so that symmetric times stay symmetric. To keep
/// them whole, all is doubled where there are visits.
#[derive(Debug)]
pub(super) struct Instance {
    nodes: usize,
    stride: usize,
    budget: i32,
    out: Vec<i32>,
    /// The transposed times; empty if they are symmetric.
    into: Vec<i32>,
    near: Vec<OnceCell<Box<[u32]>>>,
    places: Vec<usize>,
}

impl Instance {
    /// Reduces a problem, to no more than so many stops besides start and end.
    pub(super) fn new(problem: &Problem, most_stops: usize) -> Self {
        let scale = Scale::of(problem);
        let places = worth_a_visit(problem, &scale, most_stops);
        let nodes = places.len();
        let stride = nodes.next_multiple_of(LANES);
        let mut out = vec![0; nodes * stride];
        for (row, &from) in out.chunks_exact_mut(stride).zip(&places) {
            for (time, &to) in row.iter_mut().zip(&places) {
                *time = scale.time(problem, from, to);
            }
        }
        let into = if is_symmetric(&out, nodes, stride) {
            Vec::new()
        } else {
            transposed(&out, nodes, stride)
        };
        let near = vec![OnceCell::new(); nodes];
        Self {
            nodes,
            stride,
            budget: scale.budget,
            out,
            into,
            near,
            places,
        }
    }

    /// Number of nodes, start and end included.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// Length of a row: the number of nodes, padded.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Most that a tour may cost, in the instance's own units.
    pub(super) fn budget(&self) -> i32 {
        self.budget
    }

    /// True if all times are the same both ways.
    pub(super) fn is_symmetric(&self) -> bool {
        self.into.is_empty()
    }

    /// Time from a node to another.
    pub(super) fn time(&self, from: usize, to: usize) -> i32 {
        self.out[from * self.stride + to]
    }

    /// Times from a node to all.
    pub(super) fn times_from(&self, from: usize) -> &[i32] {
        &self.out[from * self.stride..(from + 1) * self.stride]
    }

    /// Times from all nodes to one.
    pub(super) fn times_to(&self, to: usize) -> &[i32] {
        let times = if self.into.is_empty() {
            &self.out
        } else {
            &self.into
        };
        &times[to * self.stride..(to + 1) * self.stride]
    }

    /// The nearest nodes (there and back), nearest first; neither start nor end is among them. Found when first asked for: most nodes of
    /// a large instance never are.
    pub(super) fn neighbours(&self, node: usize) -> &[u32] {
        self.near[node].get_or_init(|| self.find_neighbours(node))
    }

    /// The problem's place that is this node.
    pub(super) fn place(&self, node: usize) -> usize {
        self.places[node]
    }

    fn find_neighbours(&self, node: usize) -> Box<[u32]> {
        let (there, back) = (self.times_from(node), self.times_to(node));
        let others = (END + 1..self.nodes).filter(|other| *other != node);
        let mut others: Vec<(i32, u32)> = others
            .map(|other| (there[other] + back[other], other as u32))
            .collect();
        if others.len() > NEIGHBOURS {
            others.select_nth_unstable(NEIGHBOURS);
            others.truncate(NEIGHBOURS);
        }
        others.sort_unstable();
        others.into_iter().map(|(_, other)| other).collect()
    }
}

/// Conversion of times and visits into the instance's times.
struct Scale {
    factor: u32,
    /// A way that takes longer than this is no way; sums of four still fit.
    longest: u32,
    budget: i32,
}

impl Scale {
    fn of(problem: &Problem) -> Self {
        let factor = if problem.visits().iter().all(|visit| *visit == 0) {
            1
        } else {
            2
        };
        // The visits of start and end are halved like all others, so the missing halves leave the budget. A round trip's only visit to
        // its start is half at the beginning and half at the end.
        let missing = if problem.is_round_trip() {
            0
        } else {
            problem.visits()[problem.start()] + problem.visits()[problem.end()]
        };
        let budget = factor * problem.budget() - missing;
        Self {
            factor,
            longest: budget + 1,
            budget: budget as i32,
        }
    }

    fn time(&self, problem: &Problem, from: usize, to: usize) -> i32 {
        let time = if from == to {
            0
        } else {
            problem.times().get(from, to)
        };
        if time == TimeMatrix::NO_WAY {
            return self.longest as i32;
        }
        let visits = problem.visits();
        let halves = u64::from(visits[from]) + u64::from(visits[to]);
        let whole = u64::from(self.factor) * u64::from(time) + halves;
        whole.min(u64::from(self.longest)) as i32
    }
}

/// The start, the end, and the places that can be on a tour and raise its score; if there are too many, those worth most for the time there and back.
fn worth_a_visit(problem: &Problem, scale: &Scale, most: usize) -> Vec<usize> {
    let (start, end) = (problem.start(), problem.end());
    let mut worth = problem.prizes().to_vec();
    for (place, prize) in problem.groups().iter().flat_map(|group| &group.members) {
        worth[*place] += prize;
    }
    let detour = |place| scale.time(problem, start, place) + scale.time(problem, place, end);
    let is_stop = |place: &usize| {
        ![start, end].contains(place) && worth[*place] > 0.0 && detour(*place) <= scale.budget
    };
    let mut stops: Vec<usize> = (0..problem.len()).filter(is_stop).collect();
    if stops.len() > most {
        let ratio = |place: usize| worth[place] / f64::from(detour(place).max(1));
        stops.sort_by(|a, b| ratio(*b).total_cmp(&ratio(*a)));
        stops.truncate(most);
        stops.sort_unstable();
    }
    [start, end].into_iter().chain(stops).collect()
}

/// True if all times are the same both ways. Goes by tiles, because columns are slow to read.
fn is_symmetric(times: &[i32], nodes: usize, stride: usize) -> bool {
    tiles(nodes).all(|(from, to)| times[from * stride + to] == times[to * stride + from])
}

fn transposed(times: &[i32], nodes: usize, stride: usize) -> Vec<i32> {
    let mut result = vec![0; times.len()];
    for (from, to) in tiles(nodes) {
        result[to * stride + from] = times[from * stride + to];
    }
    result
}

/// All pairs of nodes, tile by tile.
fn tiles(nodes: usize) -> impl Iterator<Item = (usize, usize)> {
    const SIDE: usize = 32;
    let starts = move || (0..nodes).step_by(SIDE);
    let tile = move |first: usize| first..(first + SIDE).min(nodes);
    let corners = starts().flat_map(move |row| starts().map(move |column| (row, column)));
    corners.flat_map(move |(row, column)| {
        tile(row).flat_map(move |from| tile(column).map(move |to| (from, to)))
    })
}
