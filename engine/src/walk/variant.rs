//! Variants of a walk: others for the same wish, which share little with those before them.

use rustc_hash::FxHashSet;

use super::generate::Made;
use crate::network::EdgeId;

/// Most of its length that a variant shares with those before it.
const MOST_LENGTH: f64 = 0.3;

/// Most of its stops that it shares with them.
const MOST_STOPS: f64 = 0.5;

/// Esteem in which what is known from earlier walks is held.
#[derive(Debug, Clone, Copy)]
pub(super) struct Esteem {
    /// Share of its worth that a place keeps.
    pub(super) of_stops: f64,
    /// Share of its length by which known ground counts as walked twice.
    pub(super) of_ground: f64,
    /// True if known ground is avoided as what was walked before on the same walk.
    pub(super) avoids_ground: bool,
}

impl Esteem {
    /// Of nothing less is thought for being known.
    pub(super) const FULL: Self = Self {
        of_stops: 1.0,
        of_ground: 0.0,
        avoids_ground: false,
    };

    /// From much to little: the first that makes a variant different enough is taken.
    pub(super) const LESS: [Self; 4] = [
        Self::new(0.7, 0.4, false),
        Self::new(0.4, 0.7, false),
        Self::new(0.2, 1.0, true),
        Self::new(0.0, 1.0, true),
    ];

    const fn new(of_stops: f64, of_ground: f64, avoids_ground: bool) -> Self {
        Self {
            of_stops,
            of_ground,
            avoids_ground,
        }
    }
}

/// Stops and streets of earlier walks.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    stops: FxHashSet<i64>,
    edges: FxHashSet<EdgeId>,
}

impl Earlier {
    pub(super) fn note(&mut self, made: &Made) {
        self.stops
            .extend(made.walk.stops.iter().map(|stop| stop.poi_id));
        self.edges.extend(made.ground.iter().map(|&(edge, _)| edge));
    }

    pub(super) fn has_stop(&self, id: i64) -> bool {
        self.stops.contains(&id)
    }

    pub(super) fn edges(&self) -> &FxHashSet<EdgeId> {
        &self.edges
    }

    /// Sharing of a walk with the earlier ones: 1 or less where it is another walk.
    pub(super) fn sharing(&self, made: &Made) -> f64 {
        let metres = |known: bool| -> f64 {
            let on = made.ground.iter();
            on.filter(|(edge, _)| !known || self.edges.contains(edge))
                .map(|&(_, metres)| metres)
                .sum()
        };
        let stops = &made.walk.stops;
        let shared = stops.iter().filter(|stop| self.has_stop(stop.poi_id));
        let of_stops = shared.count() as f64 / stops.len().max(1) as f64;
        let of_length = metres(true) / metres(false).max(1.0);
        (of_length / MOST_LENGTH).max(of_stops / MOST_STOPS)
    }
}
