//! Turn instructions of a leg.

use super::line::Line;
use super::result::{Maneuver, Step};
use super::turns::{Course, WINDOW_METRES, turns};
use crate::network::{Network, TICKS_PER_SECOND, WayClass};
use crate::routing::Piece;

/// Unnamed stretches shorter than this that go straight on, such as crossings, belong to the street beside them.
const SHORT_CONNECTION_METRES: f64 = 25.0;

/// Streets that are followed for less than this without a turn are not named.
const SHORT_STREET_METRES: f64 = 15.0;

/// One step for each turn that is told, and for each street that begins straight on. `starts` has the point of the path at
/// which each piece begins, and the last point of the leg.
pub(super) fn steps(
    network: &Network,
    line: &Line<'_>,
    pieces: &[Piece],
    starts: &[usize],
) -> Vec<Step> {
    if pieces.is_empty() {
        return Vec::new();
    }
    let course = Course {
        network,
        line,
        pieces,
        starts,
    };
    let told = turns(&course);
    let ends = told.iter().map(|turn| turn.piece).chain([pieces.len()]);
    let begins = [(0, Maneuver::Depart)].into_iter().chain(
        told.iter()
            .map(|turn| (turn.piece, maneuver(turn.degrees, turn.is_reversal))),
    );
    let streets: Vec<Street<'_>> = begins
        .zip(ends)
        .flat_map(|((first, maneuver), end)| streets(&course, first, end, maneuver))
        .collect();
    let mut clock = Clock::default();
    streets
        .iter()
        .map(|street| street.step(&course, &mut clock))
        .collect()
}

/// The word for a turn of so many degrees.
fn maneuver(degrees: f64, is_reversal: bool) -> Maneuver {
    let to_the_right = degrees > 0.0;
    match degrees.abs() {
        _ if is_reversal => Maneuver::UTurn,
        bend if bend > 120.0 && to_the_right => Maneuver::SharpRight,
        bend if bend > 120.0 => Maneuver::SharpLeft,
        bend if bend > 45.0 && to_the_right => Maneuver::Right,
        bend if bend > 45.0 => Maneuver::Left,
        _ if to_the_right => Maneuver::SlightRight,
        _ => Maneuver::SlightLeft,
    }
}

/// A stretch of the leg under one name.
#[derive(Debug)]
struct Street<'a> {
    maneuver: Maneuver,
    name: Option<&'a str>,
    first: usize,
    end: usize,
    metres: f64,
}

/// The streets from one turn to the next.
fn streets<'a>(
    course: &Course<'a>,
    first: usize,
    end: usize,
    maneuver: Maneuver,
) -> Vec<Street<'a>> {
    let mut streets: Vec<Street<'a>> = Vec::new();
    for mut run in runs(course, first, end) {
        let follows_the_turn = streets.len() == 1;
        match streets.last_mut() {
            None => {
                run.maneuver = maneuver;
                streets.push(run);
            }
            // Where the turn leads onto a crossing, the street behind it is what the walker looks for.
            Some(last) if follows_the_turn && last.is_passed_by() => {
                last.name = run.name;
                last.extend(&run);
            }
            Some(last) if last.name == run.name || run.is_passed_by() => last.extend(&run),
            Some(_) => streets.push(run),
        }
    }
    streets
}

/// The pieces from one turn to the next, those under one name made one.
fn runs<'a>(course: &Course<'a>, first: usize, end: usize) -> Vec<Street<'a>> {
    let mut runs: Vec<Street<'a>> = Vec::new();
    for piece in first..end {
        let run = Street {
            maneuver: Maneuver::Continue,
            name: course
                .network
                .edge(course.pieces[piece].edge)
                .name
                .as_deref(),
            first: piece,
            end: piece + 1,
            metres: metres(&course.pieces[piece]),
        };
        match runs.last_mut() {
            Some(last) if last.name == run.name => last.extend(&run),
            _ => runs.push(run),
        }
    }
    runs
}

impl Street<'_> {
    fn extend(&mut self, by: &Self) {
        self.end = by.end;
        self.metres += by.metres;
    }

    /// True if it is not worth a word of its own.
    fn is_passed_by(&self) -> bool {
        let least = match self.name {
            None => SHORT_CONNECTION_METRES,
            Some(_) => SHORT_STREET_METRES,
        };
        self.metres < least
    }

    fn step(&self, course: &Course<'_>, clock: &mut Clock) -> Step {
        let at = course.starts[self.first];
        let pieces = &course.pieces[self.first..self.end];
        let bearing = |degrees: f64| (degrees.round() as i32).rem_euclid(360) as u16;
        Step {
            maneuver: self.maneuver,
            street: self.name.map(str::to_owned),
            way: main_class(course.network, pieces),
            distance_metres: self.metres,
            duration_seconds: clock.pass(course.network, pieces),
            bearing_before: course.line.bearing_before(at, WINDOW_METRES).map(bearing),
            bearing_after: course.line.bearing_after(at, WINDOW_METRES).map(bearing),
            path_start: at,
        }
    }
}

fn metres(piece: &Piece) -> f64 {
    f64::from((piece.to - piece.from).abs())
}

/// The class that most of the pieces have.
fn main_class(network: &Network, pieces: &[Piece]) -> WayClass {
    let mut sums: Vec<(WayClass, f64)> = Vec::new();
    for piece in pieces {
        let class = network.edge(piece.edge).class;
        match sums.iter_mut().find(|(it, _)| *it == class) {
            Some((_, sum)) => *sum += metres(piece),
            None => sums.push((class, metres(piece))),
        }
    }
    let longest = sums.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1));
    longest.map_or(WayClass::Other, |&(class, _)| class)
}

/// Walking time from the beginning of the leg, so that the seconds of the steps add up.
#[derive(Debug, Default)]
struct Clock {
    ticks: f64,
}

impl Clock {
    /// Whole seconds that the pieces take.
    fn pass(&mut self, network: &Network, pieces: &[Piece]) -> u32 {
        let before = self.seconds();
        for piece in pieces {
            let measure = network.measure(piece.edge);
            let whole = f64::from(measure.metres).max(1e-9);
            self.ticks += f64::from(measure.ticks) * metres(piece) / whole;
        }
        self.seconds() - before
    }

    fn seconds(&self) -> u32 {
        (self.ticks / f64::from(TICKS_PER_SECOND)).round() as u32
    }
}
