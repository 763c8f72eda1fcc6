//! From links of a graph to a walk on the map.

use super::candidates::Candidate;
use super::fit::{fit, reason};
use super::generate::{Made, Scene};
use super::line::Line;
use super::plan::Plan;
use super::result::{Gap, Leg, Light, Stop, Walk};
use super::steps::steps;
use crate::geo::Point;
use crate::network::{EdgeId, LightLevel, Network, Snap, TICKS_PER_SECOND};
use crate::routing::{Hop, Piece, SearchGraph};

/// The walk along a stitched tour. `places` are those of the graph: the start, the candidates, and the end if it is
/// elsewhere.
pub(super) fn assemble(
    scene: &Scene<'_>,
    graph: &SearchGraph,
    places: &[Snap],
    candidates: &[Candidate<'_>],
    plan: &Plan,
) -> Made {
    let mut drawing = Drawing::new(scene.network, places[0].point);
    let mut stops = Vec::new();
    let mut clock = 0;
    let tour = &plan.tour;
    let ends = tour.places[1..].iter().zip(&tour.nodes[1..]);
    for (hops, (&to, &node)) in tour.legs.iter().zip(ends) {
        let at_place = (node as usize == to).then_some(places[to].point);
        let leg = drawing.leg(graph, hops, at_place);
        clock += leg.duration_seconds;
        drawing.legs.push(leg);
        if stops.len() + 1 < tour.legs.len() {
            let candidate = &candidates[to - 1];
            let visit_seconds = candidate.visit_seconds;
            stops.push(Stop {
                poi_id: candidate.poi.id,
                arrive_after_seconds: clock,
                visit_seconds,
                matches: candidate.matches,
                reason: (!candidate.matches).then(|| reason(candidate.poi, scene.request)),
                opening: None,
            });
            clock += visit_seconds;
        }
    }
    drawing.tell_the_way();
    if drawing.path.len() == 1 {
        // All is where it starts, and still a line.
        drawing.path.push(drawing.path[0]);
    }
    let fit = fit(&stops, drawing.appeal_share());
    let walk = Walk {
        distance_metres: drawing.legs.iter().map(|leg| leg.distance_metres).sum(),
        path: drawing.path,
        duration_seconds: clock,
        score: plan.score,
        fit,
        stops,
        legs: drawing.legs,
        stairs_metres: drawing.stairs_metres,
        light: drawing.light,
        repeated_metres: repeated_metres(graph, &tour.legs),
        start: Gap::default(),
        end: Gap::default(),
        same_for: None,
    };
    Made {
        walk,
        ground: drawing.ground,
        against: drawing.against,
    }
}

/// Metres of links walked before.
pub(crate) fn repeated_metres(graph: &SearchGraph, legs: &[Vec<Hop>]) -> f64 {
    let mut walked = vec![false; graph.links().len()];
    let mut metres = 0.0;
    for hop in legs.iter().flatten() {
        if std::mem::replace(&mut walked[hop.link as usize], true) {
            metres += f64::from(graph.links()[hop.link as usize].metres);
        }
    }
    metres
}

struct Drawing<'a> {
    network: &'a Network,
    path: Vec<Point>,
    legs: Vec<Leg>,
    /// The pieces of each leg.
    pieces: Vec<Vec<Piece>>,
    /// The points of the path at which they begin, and the last point of the leg.
    starts: Vec<Vec<usize>>,
    stairs_metres: f64,
    light: Light,
    /// Streets walked, and metres on each.
    ground: Vec<(EdgeId, f64)>,
    /// Streets for one direction that are walked in the other.
    against: Vec<EdgeId>,
    /// Ticks walked, and those of them on pleasant ground.
    ticks: f64,
    pleasant_ticks: f64,
}

impl<'a> Drawing<'a> {
    fn new(network: &'a Network, start: Point) -> Self {
        Self {
            network,
            path: vec![start],
            legs: Vec::new(),
            pieces: Vec::new(),
            starts: Vec::new(),
            stairs_metres: 0.0,
            light: Light::default(),
            ground: Vec::new(),
            against: Vec::new(),
            ticks: 0.0,
            pleasant_ticks: 0.0,
        }
    }

    fn appeal_share(&self) -> f64 {
        if self.ticks > 0.0 {
            self.pleasant_ticks / self.ticks
        } else {
            0.0
        }
    }

    /// Draws a leg, which ends exactly at `end` where that is given.
    fn leg(&mut self, graph: &SearchGraph, hops: &[Hop], end: Option<Point>) -> Leg {
        let path_start = self.path.len() - 1;
        let pieces = joined_pieces(graph, hops);
        let mut starts = Vec::with_capacity(pieces.len() + 1);
        for piece in &pieces {
            starts.push(self.path.len() - 1);
            self.draw(piece);
        }
        if let Some(end) = end {
            self.end_at(end);
        }
        starts.push(self.path.len() - 1);
        self.pieces.push(pieces);
        self.starts.push(starts);
        let ticks: u32 = hops
            .iter()
            .map(|hop| graph.links()[hop.link as usize].ticks)
            .sum();
        Leg {
            path_start,
            distance_metres: length(&self.path[path_start..]),
            duration_seconds: ticks.div_ceil(TICKS_PER_SECOND),
            steps: Vec::new(),
        }
    }

    /// Fills in the steps of all legs: a turn next to a stop is judged by the line beyond it.
    fn tell_the_way(&mut self) {
        let breaks = self.starts.iter().flatten().copied();
        let line = Line::new(&self.path, breaks);
        let courses = self.pieces.iter().zip(&self.starts);
        for (leg, (pieces, starts)) in self.legs.iter_mut().zip(courses) {
            leg.steps = steps(self.network, &line, pieces, starts);
        }
    }

    fn draw(&mut self, piece: &Piece) {
        let measure = self.network.measure(piece.edge);
        let metres = f64::from((piece.to - piece.from).abs());
        if measure.stairs {
            self.stairs_metres += metres;
        }
        self.ground.push((piece.edge, metres));
        if piece.is_against(self.network) {
            self.against.push(piece.edge);
        }
        let ticks = f64::from(measure.ticks) * metres / f64::from(measure.metres).max(1e-9);
        self.ticks += ticks;
        if measure.appeal.is_pleasant() {
            self.pleasant_ticks += ticks;
        }
        match measure.light {
            LightLevel::TaggedLit | LightLevel::InferredLit => self.light.lit_metres += metres,
            LightLevel::TaggedUnlit | LightLevel::InferredUnlit => {
                self.light.unlit_metres += metres;
            }
            LightLevel::Unknown => self.light.unknown_metres += metres,
        }
        for point in points(self.network, piece) {
            self.extend_to(point);
        }
    }

    fn extend_to(&mut self, point: Point) {
        if !self.path.last().is_some_and(|&last| is_same(last, point)) {
            self.path.push(point);
        }
    }

    /// Ends a leg exactly at the place, where the next begins.
    fn end_at(&mut self, point: Point) {
        self.extend_to(point);
        if let Some(last) = self.path.last_mut() {
            *last = point;
        }
    }
}

/// The pieces along a way, those that continue one another on the same edge made one.
fn joined_pieces(graph: &SearchGraph, hops: &[Hop]) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in hops.iter().flat_map(|&hop| graph.walked(hop)) {
        match joined.last_mut() {
            Some(last) if last.is_continued_by(&piece) => {
                last.to = piece.to;
            }
            _ => joined.push(piece),
        }
    }
    joined
}

/// The positions along a piece: its ends, and the shape points between them.
fn points(network: &Network, piece: &Piece) -> Vec<Point> {
    let geometry = &network.edge(piece.edge).geometry;
    let (low, high) = (
        f64::from(piece.from.min(piece.to)),
        f64::from(piece.from.max(piece.to)),
    );
    let whole = f64::from(network.measure(piece.edge).metres);
    let mut points = Vec::new();
    let mut before = 0.0_f64;
    for (i, pair) in geometry.windows(2).enumerate() {
        let metres = pair[0].distance_metres(pair[1]);
        let after = if i + 2 == geometry.len() {
            before.max(whole)
        } else {
            before + metres
        };
        let at = |offset: f64| {
            pair[0].towards(
                pair[1],
                ((offset - before) / metres.max(1e-9)).clamp(0.0, 1.0),
            )
        };
        if points.is_empty() && low <= after {
            points.push(if low <= before { pair[0] } else { at(low) });
        }
        if !points.is_empty() {
            if high <= after {
                points.push(if high >= before + metres {
                    pair[1]
                } else {
                    at(high)
                });
                break;
            }
            points.push(pair[1]);
        }
        before += metres;
    }
    if piece.from > piece.to {
        points.reverse();
    }
    points
}

/// Within about a centimetre.
fn is_same(a: Point, b: Point) -> bool {
    (a.lon - b.lon).abs() < 1e-7 && (a.lat - b.lat).abs() < 1e-7
}

fn length(path: &[Point]) -> f64 {
    path.windows(2)
        .map(|pair| pair[0].distance_metres(pair[1]))
        .sum()
}
