//! Squares that are walked straight across: a visibility graph between the points where ways meet the outline, made sparse.
//!
//! The shortest ways across lead along straight lines between those points and the corners round which they bend (Lozano-Pérez
//! and Wesley 1979). Of the lines that can be walked a greedy spanner keeps what matters (Althöfer and others 1993): one is
//! left out where those kept, and the outline, are hardly longer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashSet;
use wildside_engine::network::Edge;

use super::network::edge;
use super::nodes::Node;
use super::plane::{Line, is_inside, turn};
use super::walkable::WalkWay;

/// An area that is walked all over.
#[derive(Debug)]
pub(crate) struct Square {
    /// Id of its edges.
    pub(crate) way_id: i64,
    pub(crate) way: WalkWay,
    /// Closed rings, outer and inner: what is inside an odd number of them belongs to it.
    pub(crate) rings: Vec<Vec<Node>>,
}

/// Something that stands in the way.
#[derive(Debug, Clone)]
pub(crate) struct Obstacle {
    /// Closed where it begins and ends at the same node.
    pub(crate) line: Vec<Node>,
}

/// Comparisons of a line with another that a square may cost, some tenths of a second: one of more is walked along its outline
/// only.
const MOST_COMPARISONS: usize = 20_000_000;

/// Ways across a square, and what they make of its outline.
#[derive(Debug, Default)]
pub(crate) struct Crossings {
    /// Edges straight across.
    pub(crate) edges: Vec<Edge>,
    /// Steps of the outline that lead round: whoever passes the square goes across instead.
    pub(crate) round: Vec<Step>,
    /// Steps of the outline that are on the shortest way between two points.
    pub(crate) direct: Vec<Step>,
}

/// Two nodes that follow each other on an outline, the lower id first.
pub(crate) type Step = (i64, i64);

/// The step between two nodes.
pub(crate) fn step(a: i64, b: i64) -> Step {
    (a.min(b), a.max(b))
}

/// A stretch of an outline from one entry to the next.
struct Stretch {
    ends: [usize; 2],
    metres: f64,
    steps: Vec<Step>,
}

/// Units of 10⁻⁷ degrees that a square may extend, some ten kilometres: exact products fit into an `i64`.
const MOST_EXTENT: i32 = 1_000_000;

/// A line is left out where the way along others is at most so many times as long, and so many metres more.
const HARDLY_LONGER: f64 = 1.05;
const A_FEW_METRES: f64 = 5.0;

impl Square {
    /// Box around it: west, south, east, north.
    pub(crate) fn bounds(&self) -> [i32; 4] {
        Node::bounds(self.rings.iter().flatten())
    }

    /// Ways straight across between the nodes of its outline that are `entries`; `None`: it is too large for that.
    pub(crate) fn crossings(
        &self,
        entries: &FxHashSet<i64>,
        obstacles: &[Obstacle],
    ) -> Option<Crossings> {
        let [west, south, east, north] = self.bounds();
        if east.saturating_sub(west) > MOST_EXTENT || north.saturating_sub(south) > MOST_EXTENT {
            return None;
        }
        let floor = Floor::new(&self.rings, obstacles);
        let points = floor.points(entries);
        if points.len() * points.len() / 2 * floor.lines.len() > MOST_COMPARISONS {
            return None;
        }
        let mut graph = Graph::new(points.len());
        let outline = self.along_outline(&points, entries);
        for stretch in &outline {
            graph.join(stretch.ends[0], stretch.ends[1], stretch.metres);
        }
        let mut kept = Vec::new();
        for (a, b, metres) in floor.visible(&points) {
            let limit = metres * HARDLY_LONGER + A_FEW_METRES;
            if graph.search(a, limit).metres[b].is_infinite() {
                graph.join(a, b, metres);
                kept.push((a, b));
            }
        }
        let is_entry = |point: &usize| entries.contains(&points[*point].id);
        let ways_in: Vec<usize> = (0..points.len()).filter(is_entry).collect();
        let used = graph.used_between(&ways_in);
        kept.retain(|line| used.contains(line));
        let across = |(a, b): (usize, usize)| edge(self.way_id, &self.way, &[points[a], points[b]]);
        let is_direct = |stretch: &Stretch| {
            let [a, b] = stretch.ends;
            let is_used = used.contains(&(a.min(b), a.max(b)));
            a == b || is_used && stretch.metres <= graph.nearest(a, b)
        };
        let (direct, round): (Vec<_>, Vec<_>) = outline.into_iter().partition(is_direct);
        let steps = |all: Vec<Stretch>| all.into_iter().flat_map(|stretch| stretch.steps);
        Some(Crossings {
            edges: kept.into_iter().map(across).collect(),
            round: steps(round).collect(),
            direct: steps(direct).collect(),
        })
    }

    /// The stretches of the outline between entries that follow each other on it.
    fn along_outline(&self, points: &[Node], entries: &FxHashSet<i64>) -> Vec<Stretch> {
        let number = |id: i64| points.binary_search_by_key(&id, |node| node.id).ok();
        let mut stretches = Vec::new();
        for ring in &self.rings {
            let nodes = &ring[1..];
            let is_entry = |node: &Node| entries.contains(&node.id);
            let Some(first) = nodes.iter().position(is_entry) else {
                continue;
            };
            let (mut last, mut metres, mut steps) = (nodes[first], 0.0, Vec::new());
            for at in first..first + nodes.len() {
                let (here, next) = (nodes[at % nodes.len()], nodes[(at + 1) % nodes.len()]);
                metres += here.point().distance_metres(next.point());
                steps.push(step(here.id, next.id));
                if is_entry(&next) {
                    let steps = std::mem::take(&mut steps);
                    let numbers = number(last.id).zip(number(next.id));
                    stretches.extend(numbers.map(|(a, b)| Stretch {
                        ends: [a, b],
                        metres,
                        steps,
                    }));
                    (last, metres) = (next, 0.0);
                }
            }
        }
        stretches
    }
}

/// What can be walked on in a square: its rings, and what stands in it.
struct Floor<'a> {
    rings: &'a [Vec<Node>],
    obstacles: Vec<&'a [Node]>,
    lines: Vec<Line>,
}

impl<'a> Floor<'a> {
    fn new(rings: &'a [Vec<Node>], obstacles: &'a [Obstacle]) -> Self {
        let obstacles: Vec<&[Node]> = obstacles.iter().map(|o| o.line.as_slice()).collect();
        let all = rings
            .iter()
            .map(Vec::as_slice)
            .chain(obstacles.iter().copied());
        let lines = all
            .flat_map(|line| line.windows(2))
            .map(|pair| Line::new(pair[0], pair[1]));
        Self {
            lines: lines.filter(|line| !line.is_point()).collect(),
            rings,
            obstacles,
        }
    }

    /// The entries on the outline, and the corners round which a way may bend, by id.
    fn points(&self, entries: &FxHashSet<i64>) -> Vec<Node> {
        let on_outline = self.rings.iter().flatten();
        let mut points: Vec<Node> = on_outline
            .filter(|node| entries.contains(&node.id))
            .copied()
            .collect();
        for (number, ring) in self.rings.iter().enumerate() {
            let others = self
                .rings
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != number);
            let around = others
                .filter(|(_, other)| is_inside(other, ring[0]))
                .count();
            points.extend(corners(ring, around % 2 == 1));
        }
        for obstacle in &self.obstacles {
            let corners = corners(obstacle, true);
            points.extend(corners.filter(|corner| self.is_on_floor(*corner)));
        }
        points.sort_unstable();
        points.dedup_by_key(|node| node.id);
        points
    }

    fn is_on_floor(&self, at: Node) -> bool {
        self.rings.iter().filter(|ring| is_inside(ring, at)).count() % 2 == 1
    }

    /// Pairs of points between which one walks straight, and their distance, the nearest first.
    fn visible(&self, points: &[Node]) -> Vec<(usize, usize, f64)> {
        let mut pairs = Vec::new();
        for (a, from) in points.iter().enumerate() {
            for (b, to) in points.iter().enumerate().skip(a + 1) {
                if self.is_free(&Line::new(*from, *to)) {
                    pairs.push((a, b, from.point().distance_metres(to.point())));
                }
            }
        }
        pairs.sort_by(|x, y| x.2.total_cmp(&y.2).then((x.0, x.1).cmp(&(y.0, y.1))));
        pairs
    }

    /// True if a line stays on the floor from end to end.
    fn is_free(&self, line: &Line) -> bool {
        if line.is_point() || self.lines.iter().any(|other| line.is_cut_by(other)) {
            return false;
        }
        if self.lines.iter().any(|other| line.is_same(other)) {
            return true;
        }
        let middle = line.middle();
        let is_closed = |obstacle: &&&[Node]| obstacle.first() == obstacle.last();
        self.is_on_floor(middle)
            && !self
                .obstacles
                .iter()
                .filter(is_closed)
                .any(|ring| is_inside(ring, middle))
    }
}

/// The corners of a ring that stand out into the floor, which is outside of it or inside; of a line all that bend.
fn corners(line: &[Node], floor_is_outside: bool) -> impl Iterator<Item = Node> {
    let is_ring = line.first() == line.last();
    let last = line.len() - 1;
    let area: i64 = line
        .windows(2)
        .map(|pair| turn(line[0], pair[0], pair[1]))
        .sum();
    let sign = if floor_is_outside {
        area.signum()
    } else {
        -area.signum()
    };
    let before = move |at: usize| {
        if at == 0 {
            line[last - 1]
        } else {
            line[at - 1]
        }
    };
    let stands_out = move |at: usize| {
        let bend = turn(before(at), line[at], line[at + 1]).signum();
        if is_ring {
            bend == sign && bend != 0
        } else {
            at > 0 && bend != 0
        }
    };
    let bends = (0..last)
        .filter(move |at| stands_out(*at))
        .map(|at| line[at]);
    let tips = [line[0], line[last]].into_iter().filter(move |_| !is_ring);
    bends.chain(tips)
}

/// Distances between numbered points along what has been joined.
struct Graph {
    arcs: Vec<Vec<(usize, f64)>>,
}

/// Ways from one point of a graph.
struct Search {
    /// Metres to each point; infinite: none so near.
    metres: Vec<f64>,
    /// The point before each.
    before: Vec<usize>,
}

impl Graph {
    fn new(points: usize) -> Self {
        Self {
            arcs: vec![Vec::new(); points],
        }
    }

    fn join(&mut self, a: usize, b: usize, metres: f64) {
        self.arcs[a].push((b, metres));
        self.arcs[b].push((a, metres));
    }

    /// Metres of the shortest of what joins two points itself.
    fn nearest(&self, from: usize, to: usize) -> f64 {
        let arcs = self.arcs[from].iter().filter(|(head, _)| *head == to);
        arcs.map(|(_, metres)| *metres)
            .fold(f64::INFINITY, f64::min)
    }

    /// The shortest ways from a point, as far as `limit` metres go (Dijkstra 1959).
    fn search(&self, from: usize, limit: f64) -> Search {
        let mut metres = vec![f64::INFINITY; self.arcs.len()];
        let mut before = vec![from; self.arcs.len()];
        let mut open = BinaryHeap::from([Reverse((0_u64, from))]);
        metres[from] = 0.0;
        while let Some(Reverse((_, here))) = open.pop() {
            for (next, step) in &self.arcs[here] {
                let there = metres[here] + step;
                if there < metres[*next] && there <= limit {
                    metres[*next] = there;
                    before[*next] = here;
                    open.push(Reverse(((there * 1e6) as u64, *next)));
                }
            }
        }
        Search { metres, before }
    }

    /// The lines that the shortest ways between some points use, each from the lower number to the higher.
    fn used_between(&self, points: &[usize]) -> FxHashSet<(usize, usize)> {
        let mut used = FxHashSet::default();
        for &from in points {
            let search = self.search(from, f64::INFINITY);
            for &to in points.iter().filter(|&&to| search.metres[to].is_finite()) {
                let mut here = to;
                while here != from {
                    let before = search.before[here];
                    used.insert((here.min(before), here.max(before)));
                    here = before;
                }
            }
        }
        used
    }
}
