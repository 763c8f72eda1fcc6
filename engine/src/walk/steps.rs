//! Turn instructions.

use super::result::{Maneuver, Step};
use crate::geo::{Point, bearing_degrees};
use crate::network::Network;
use crate::routing::Piece;

/// Unnamed stretches shorter than this, such as crossings, belong to the street before them.
const SHORT_CONNECTION_METRES: f64 = 15.0;

/// One step for each street of a leg. `starts[i]` is the point of `path` at which `pieces[i]` begins.
pub(crate) fn steps(
    network: &Network,
    path: &[Point],
    pieces: &[Piece],
    starts: &[usize],
) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (piece, &start) in pieces.iter().zip(starts) {
        let street = network.edge(piece.edge).name.as_deref();
        let metres = f64::from((piece.to - piece.from).abs());
        let maneuver = if steps.is_empty() {
            Maneuver::Depart
        } else {
            turn(path, start)
        };
        match steps.last_mut() {
            Some(last) if is_one_street(last, street, maneuver, metres) => {
                last.distance_metres += metres;
            }
            _ => steps.push(Step {
                maneuver,
                street: street.map(str::to_owned),
                distance_metres: metres,
                path_start: start,
            }),
        }
    }
    steps
}

fn is_one_street(last: &Step, street: Option<&str>, maneuver: Maneuver, metres: f64) -> bool {
    let same = last.street.as_deref() == street;
    let goes_on = matches!(
        maneuver,
        Maneuver::Continue | Maneuver::SlightLeft | Maneuver::SlightRight
    );
    let crossing = street.is_none() && metres < SHORT_CONNECTION_METRES;
    (same && (goes_on || street.is_some() && maneuver != Maneuver::UTurn)) || crossing
}

/// The turn at a point of the path.
fn turn(path: &[Point], at: usize) -> Maneuver {
    let (Some(before), Some(after)) = (at.checked_sub(1), path.get(at + 1)) else {
        return Maneuver::Continue;
    };
    let into = bearing_degrees(path[before], path[at]);
    let out = bearing_degrees(path[at], *after);
    let angle = (out - into + 540.0).rem_euclid(360.0) - 180.0;
    match angle {
        a if a.abs() > 150.0 => Maneuver::UTurn,
        a if a > 60.0 => Maneuver::Right,
        a if a > 20.0 => Maneuver::SlightRight,
        a if a < -60.0 => Maneuver::Left,
        a if a < -20.0 => Maneuver::SlightLeft,
        _ => Maneuver::Continue,
    }
}
