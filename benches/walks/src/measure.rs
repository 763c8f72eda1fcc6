//! Measures of a walk from outside: taken on its path and the streets alone, not taken from the engine's word.

use wildside_engine::network::Edge;
use wildside_engine::{Point, Walk};

use crate::lines::Lines;

/// Distance between the samples taken along a path, in metres.
const SAMPLE_METRES: f64 = 2.0;

/// Two ways within this distance are one.
const SAME_PLACE_METRES: f64 = 0.5;

/// A walker who is back within so many metres of walking has only turned a corner.
const CORNER_METRES: f64 = 6.0;

/// The streets that are the only way to what lies behind them.
#[derive(Debug)]
pub struct Forced(Lines);

impl Forced {
    /// The bridges of the network, in the sense of graph theory (Tarjan 1974).
    pub fn of(edges: &[Edge]) -> Self {
        let mut lines = Lines::default();
        for bridge in crate::bridges::bridges(edges) {
            lines.add(&edges[bridge].geometry, 0.0);
        }
        Self(lines)
    }
}

/// Figures of one walk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    pub metres: f64,
    /// Walked before, in either direction, where there was another way.
    pub repeated_metres: f64,
    /// Walked before because there is no other way.
    pub forced_metres: f64,
    /// Turns on the spot where there was another way.
    pub u_turns: u32,
    pub forced_u_turns: u32,
}

impl Figures {
    pub fn of(walk: &Walk, forced: &Forced) -> Self {
        let mut figures = Self {
            metres: length(&walk.path),
            ..Self::default()
        };
        figures.count_repeated(&walk.path, forced);
        figures.count_turns(&walk.path, forced);
        figures
    }

    /// Adds the figures of another walk.
    pub fn add(&mut self, other: &Self) {
        self.metres += other.metres;
        self.repeated_metres += other.repeated_metres;
        self.forced_metres += other.forced_metres;
        self.u_turns += other.u_turns;
        self.forced_u_turns += other.forced_u_turns;
    }

    fn count_repeated(&mut self, path: &[Point], forced: &Forced) {
        let mut walked = Lines::default();
        walked.add(path, 0.0);
        let mut along = 0.0;
        for pair in path.windows(2) {
            let metres = pair[0].distance_metres(pair[1]);
            let samples = (metres / SAMPLE_METRES).ceil().max(1.0);
            for i in 0..samples as usize {
                let share = (i as f64 + 0.5) / samples;
                let point = between(pair[0], pair[1], share);
                let here = along + metres * share;
                if walked.passes(point, SAME_PLACE_METRES, |at| at < here - CORNER_METRES) {
                    let is_forced = forced.0.passes(point, SAME_PLACE_METRES, |_| true);
                    let sum = if is_forced {
                        &mut self.forced_metres
                    } else {
                        &mut self.repeated_metres
                    };
                    *sum += metres / samples;
                }
            }
            along += metres;
        }
    }

    fn count_turns(&mut self, path: &[Point], forced: &Forced) {
        for (i, &point) in path.iter().enumerate().skip(1) {
            let (Some(before), Some(after)) = (back(path, i), ahead(path, i)) else {
                continue;
            };
            // Turned on the spot: a few metres on one is where one was a few metres ago.
            if before.distance_metres(after) < SAME_PLACE_METRES {
                let is_forced = forced.0.passes(point, SAME_PLACE_METRES, |_| true);
                let turns = if is_forced {
                    &mut self.forced_u_turns
                } else {
                    &mut self.u_turns
                };
                *turns += 1;
            }
        }
    }
}

/// The position a few metres before a point of the path.
fn back(path: &[Point], at: usize) -> Option<Point> {
    let reversed: Vec<Point> = path[..=at].iter().rev().take(50).copied().collect();
    ahead(&reversed, 0)
}

/// The position a few metres after a point of the path.
fn ahead(path: &[Point], at: usize) -> Option<Point> {
    let mut left = CORNER_METRES / 2.0;
    for pair in path[at..].windows(2) {
        let metres = pair[0].distance_metres(pair[1]);
        if metres >= left {
            return Some(between(pair[0], pair[1], left / metres));
        }
        left -= metres;
    }
    None
}

pub fn length(path: &[Point]) -> f64 {
    path.windows(2)
        .map(|pair| pair[0].distance_metres(pair[1]))
        .sum()
}

pub fn between(a: Point, b: Point, share: f64) -> Point {
    Point::new(
        a.lon + (b.lon - a.lon) * share,
        a.lat + (b.lat - a.lat) * share,
    )
}
