//! Requests of the engine.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::geo::Point;
use crate::hours::Hours;
use crate::network::DEFAULT_SPEED_METRES_PER_SECOND;
use crate::places::{KindId, ThemeId};

/// A request for one walk.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkRequest {
    /// Position at which the walk begins.
    pub start: Point,
    /// Position at which it ends; `None`: back at the start.
    pub end: Option<Point>,
    /// Everything, walking and visits, takes at most this long.
    pub budget_seconds: u32,
    /// Themes the walker likes; empty: all count alike.
    pub themes: Vec<ThemeId>,
    /// 0 looks for hidden gems, 0.5 is neutral, 1 looks for hotspots.
    pub popularity_bias: f64,
    /// Accessibility: what the walker can or likes to walk on.
    pub accessibility: Accessibility,
    /// Places by name, which of the good walks it is to be, how fast and when.
    pub choice: Choice,
    /// The same seed gives the same walk.
    pub seed: u64,
}

/// Places that a walker has chosen or turned down, which of the good walks it is to be, how fast and when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// Places that must be visited, by id; at most [`INCLUDED`](super::limits::INCLUDED).
    pub include: Vec<i64>,
    /// Places that must not.
    pub exclude: Vec<i64>,
    /// 0 is the best walk, each further one another that shares little with those before it; at most
    /// [`VARIANT`](super::limits::VARIANT).
    pub variant: u8,
    /// Walking speed.
    pub pace: Pace,
    /// Time at which the walk begins; `None`: hours count for nothing.
    pub departure: Option<DateTime<Utc>>,
}

/// Walking speed on level, paved ground, in metres a second; within [`PACE`](super::limits::PACE).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace(pub f64);

impl Default for Pace {
    fn default() -> Self {
        Self(DEFAULT_SPEED_METRES_PER_SECOND)
    }
}

impl Pace {
    /// Time that a walk takes, as a multiple of the time that it takes at the usual pace.
    pub(crate) fn factor(self) -> f64 {
        DEFAULT_SPEED_METRES_PER_SECOND / self.0
    }
}

/// Accessibility: what the walker can or likes to walk on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Accessibility {
    /// No stairs where another way of at most 1.5 times the length exists, else as few as possible.
    pub avoid_stairs: bool,
    /// Lit streets rather than unknown ones, and those rather than unlit ones.
    pub prefer_well_lit: bool,
}

/// A place that may become a stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Poi {
    /// Its id in `pois`.
    pub id: i64,
    /// Its position.
    pub location: Point,
    /// Its kind, which decides the visit time and diversity.
    pub kind: KindId,
    /// Weights of its themes, each in (0, 1].
    pub themes: Vec<(ThemeId, f32)>,
    /// 0 hidden gem … 1 hotspot.
    pub popularity: f32,
    /// Hours of a place that is entered; `None`: it is not, or nobody knows them.
    pub hours: Option<Arc<Hours>>,
}
