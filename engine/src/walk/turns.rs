//! Turns worth telling: where the line bends at a point at which another way could be taken, or at which another one begins.

use super::line::{Line, angle};
use crate::geo::{Point, bearing_degrees};
use crate::network::{Edge, EdgeId, Network, NodeId, WayClass};
use crate::routing::Piece;

/// A turn is judged by the line so many metres before and after its point.
pub(super) const WINDOW_METRES: f64 = 15.0;

/// What lies closer together is one place to a walker.
const ONE_PLACE_METRES: f64 = 4.0;

/// Two bends to one side so close to each other are told as one.
const ONE_BEND_METRES: f64 = 8.0;

/// Bends from here on are told wherever another way could be taken.
const PLAIN_DEGREES: f64 = 40.0;

/// Bends from here on are told where the street takes another name, or where the line turns as far as
/// [`STAGGERED_DEGREES`] within a few metres and back.
const SLIGHT_DEGREES: f64 = 30.0;

/// Turn at one of two junctions beside each other.
const STAGGERED_DEGREES: f64 = 50.0;

/// Bends from here on are told where another way goes as straight on.
const FORK_DEGREES: f64 = 25.0;

/// Bend by which a way that is not taken may be further from straight on, and could still be taken for it.
const LIKENESS_DEGREES: f64 = 5.0;

/// Part of a larger bend that is a turn of its own.
const PART_DEGREES: f64 = 30.0;

/// Two bends that together turn further than this are two turns.
const ONE_TURN_DEGREES: f64 = 130.0;

/// The pieces of a leg in the order in which they are walked.
#[derive(Debug)]
pub(super) struct Course<'a> {
    pub(super) network: &'a Network,
    pub(super) line: &'a Line<'a>,
    pub(super) pieces: &'a [Piece],
    /// Point of the path at which each piece begins, and the last point of the leg.
    pub(super) starts: &'a [usize],
}

/// A turn that is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Turn {
    /// The piece that follows it.
    pub(super) piece: usize,
    /// Degrees, right positive.
    pub(super) degrees: f64,
    /// True if the walker turns round.
    pub(super) is_reversal: bool,
}

/// A point at which another way could be taken, or at which another one begins.
#[derive(Debug, Clone, Copy)]
struct Junction {
    piece: usize,
    at: usize,
    /// The turn over the whole window.
    wide: f64,
    /// The turn by the line as far as the neighbouring junctions.
    near: f64,
}

/// The turns of a leg that are told, in order.
pub(super) fn turns(course: &Course<'_>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = reversals(course).collect();
    let mut group: Vec<Junction> = Vec::new();
    for junction in junctions(course)
        .into_iter()
        .filter(|it| is_told(course, it))
    {
        let continues = group.last().is_some_and(|last: &Junction| {
            last.wide.signum() == junction.wide.signum()
                && course.line.between(last.at, junction.at) <= WINDOW_METRES
        });
        if !continues {
            turns.extend(resolve(course.line, &std::mem::take(&mut group)));
        }
        group.push(junction);
    }
    turns.extend(resolve(course.line, &group));
    turns.sort_by_key(|turn| turn.piece);
    turns
}

/// Points at which the walker walks back on the street that led there.
fn reversals<'a>(course: &'a Course<'_>) -> impl Iterator<Item = Turn> + 'a {
    (1..course.pieces.len())
        .filter(|&piece| turns_back(&course.pieces[piece - 1], &course.pieces[piece]))
        .map(|piece| Turn {
            piece,
            degrees: 180.0,
            is_reversal: true,
        })
}

fn turns_back(before: &Piece, after: &Piece) -> bool {
    before.edge == after.edge && (before.to - before.from) * (after.to - after.from) < 0.0
}

fn junctions(course: &Course<'_>) -> Vec<Junction> {
    let (first, last) = (course.starts[0], course.starts[course.pieces.len()]);
    let inside = |&piece: &usize| {
        let at = course.starts[piece];
        let (before, after) = (&course.pieces[piece - 1], &course.pieces[piece]);
        first < at
            && at < last
            && !turns_back(before, after)
            && (offers_a_choice(course, piece) || is_another_way(course, piece))
    };
    let places: Vec<(usize, usize)> = (1..course.pieces.len())
        .filter(inside)
        .map(|piece| (piece, course.starts[piece]))
        .collect();
    let line = course.line;
    let mut junctions: Vec<Junction> = Vec::with_capacity(places.len());
    for (number, &(piece, at)) in places.iter().enumerate() {
        let far = |metres: &f64| *metres >= ONE_PLACE_METRES;
        let before = places[..number]
            .iter()
            .rev()
            .map(|&(_, it)| line.between(it, at))
            .find(far);
        let after = places[number + 1..]
            .iter()
            .map(|&(_, it)| line.between(at, it))
            .find(far);
        let window = |metres: Option<f64>| metres.unwrap_or(WINDOW_METRES).min(WINDOW_METRES);
        junctions.push(Junction {
            piece,
            at,
            wide: line.turn(at, WINDOW_METRES, WINDOW_METRES),
            near: line.turn(at, window(before), window(after)),
        });
    }
    junctions
}

/// True if more than two ways meet where a piece begins.
fn offers_a_choice(course: &Course<'_>, piece: usize) -> bool {
    let mut ways = 0;
    let node = node_before(course.network, &course.pieces[piece]);
    course.network.for_each_arc(node, |_, _, _| ways += 1);
    ways > 2
}

/// The node at which a piece begins that does not begin in the middle of its street.
fn node_before(network: &Network, piece: &Piece) -> NodeId {
    network.ends(piece.edge)[usize::from(piece.from > piece.to)]
}

fn is_told(course: &Course<'_>, junction: &Junction) -> bool {
    let bend = junction.wide.abs();
    let is_marked = is_renamed(course, junction.piece) || junction.near.abs() > STAGGERED_DEGREES;
    bend >= PLAIN_DEGREES
        || bend >= SLIGHT_DEGREES && is_marked
        || bend >= FORK_DEGREES && could_go_straighter(course, junction)
}

/// True if a piece has another name than the one before it, or stairs begin or end with it.
fn is_another_way(course: &Course<'_>, piece: usize) -> bool {
    let edge = |piece: usize| course.network.edge(course.pieces[piece].edge);
    let (before, after) = (edge(piece - 1), edge(piece));
    let is_stairs = |edge: &Edge| edge.class == WayClass::Steps;
    before.name != after.name || is_stairs(before) != is_stairs(after)
}

fn is_renamed(course: &Course<'_>, piece: usize) -> bool {
    let name = |piece: usize| course.network.edge(course.pieces[piece].edge).name.as_ref();
    let (before, after) = (name(piece - 1), name(piece));
    before.is_some() && after.is_some() && before != after
}

/// True if a way that is not taken goes as straight on as the one that is.
fn could_go_straighter(course: &Course<'_>, junction: &Junction) -> bool {
    let Some(into) = course.line.bearing_before(junction.at, WINDOW_METRES) else {
        return false;
    };
    let walked = [junction.piece - 1, junction.piece].map(|piece| course.pieces[piece].edge);
    let node = node_before(course.network, &course.pieces[junction.piece]);
    let mut found = false;
    course.network.for_each_arc(node, |edge, _, _| {
        if !walked.contains(&edge) {
            let bend = angle(into, bearing_from(course.network, edge, node)).abs();
            found |= bend < junction.wide.abs() + LIKENESS_DEGREES;
        }
    });
    found
}

/// Bearing on which an edge leaves a node, judged by its first metres.
fn bearing_from(network: &Network, edge: EdgeId, node: NodeId) -> f64 {
    let geometry = &network.edge(edge).geometry;
    let path: Vec<Point> = if network.ends(edge)[0] == node {
        geometry.clone()
    } else {
        geometry.iter().rev().copied().collect()
    };
    let line = Line::new(&path, std::iter::empty());
    line.bearing_after(0, WINDOW_METRES)
        .unwrap_or_else(|| bearing_degrees(path[0], path[1]))
}

/// The turns that a row of close bends to one side amounts to.
fn resolve(line: &Line<'_>, group: &[Junction]) -> Vec<Turn> {
    let turn = |junction: &Junction, degrees| Turn {
        piece: junction.piece,
        degrees,
        is_reversal: false,
    };
    let sharpest = |a: &&Junction, b: &&Junction| of_its_own(a).total_cmp(&of_its_own(b));
    // The last of equals is the greatest to `max_by`.
    let Some(main) = group.iter().rev().max_by(sharpest) else {
        return Vec::new();
    };
    let parts: Vec<&Junction> = group
        .iter()
        .filter(|junction| of_its_own(junction) >= PART_DEGREES)
        .collect();
    let [first, .., last] = parts.as_slice() else {
        let degrees = if group.len() == 1 && of_its_own(main) > main.wide.abs() {
            main.near
        } else {
            main.wide
        };
        return vec![turn(main, degrees)];
    };
    let whole = match (
        line.bearing_before(first.at, WINDOW_METRES),
        line.bearing_after(last.at, WINDOW_METRES),
    ) {
        (Some(into), Some(out)) => angle(into, out),
        _ => main.wide,
    };
    let is_one = line.between(first.at, last.at) <= ONE_BEND_METRES
        && whole.abs() < ONE_TURN_DEGREES
        && whole.signum() == main.wide.signum();
    if is_one {
        return vec![turn(main, whole)];
    }
    parts
        .into_iter()
        .map(|part| turn(part, part.near))
        .collect()
}

/// Degrees that a junction of a group turns by itself, to the side of the group.
fn of_its_own(junction: &Junction) -> f64 {
    junction.near * junction.wide.signum()
}
