//! Answers of the engine.

use serde::{Deserialize, Serialize};

use crate::geo::Point;
use crate::hours::Opening;
use crate::network::WayClass;

/// A walk along real streets that fits its budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// The whole way, along the streets' shape points.
    pub path: Vec<Point>,
    /// Length of the path.
    pub distance_metres: f64,
    /// Walking and visits together; never above the budget.
    pub duration_seconds: u32,
    /// Sum of the stops' prizes after diversity; comparable between walks of one request only.
    pub score: f64,
    /// The stops in order.
    pub stops: Vec<Stop>,
    /// One leg to each stop, and one to the end: `stops.len() + 1`.
    pub legs: Vec<Leg>,
    /// Metres of stairs on the path.
    pub stairs_metres: f64,
    /// Light along the path.
    pub light: Light,
    /// Metres walked a second time, in either direction.
    pub repeated_metres: f64,
    /// Fit of the walk to the wish.
    pub fit: Fit,
    /// From the start that was asked for to the street.
    pub start: Gap,
    /// From the end that was asked for to the street.
    pub end: Gap,
    /// Seconds by which the same walk can begin later and find the same open; `None`: it can for a month.
    #[serde(default)]
    pub same_for: Option<u32>,
}

/// Distance from a position that was asked for to the street where the walk begins or ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Metres to that street.
    pub metres: f64,
    /// Metres to a nearer street from which no such walk is possible, on an islet or a closed estate; `None`: that street is
    /// the nearest.
    pub passed_over_metres: Option<f64>,
}

impl Gap {
    /// The gap to a street, where the nearest is so far away.
    pub(crate) fn of(metres: f64, nearest_metres: f64) -> Self {
        Self {
            metres,
            passed_over_metres: (nearest_metres < metres).then_some(nearest_metres),
        }
    }
}

/// Fit of a walk to the wish that it answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Stops that belong to the chosen themes; without a choice, all.
    pub matched_stops: u32,
    /// Other stops, which fill the time that those leave over.
    pub filled_stops: u32,
    /// Share of the walking time spent on ground that is a pleasure to walk on, 0–1.
    pub appeal_share: f64,
    /// Both in a sentence for a person.
    pub summary: String,
}

/// A place the walk visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// The place's id.
    pub poi_id: i64,
    /// Seconds from the start of the walk to the arrival here.
    pub arrive_after_seconds: u32,
    /// Seconds spent here.
    pub visit_seconds: u32,
    /// True if it belongs to one of the chosen themes, or none was chosen.
    pub matches: bool,
    /// Reason for a stop that does not match, for a person.
    pub reason: Option<String>,
    /// Opening at the arrival; `None`: it is seen from outside, or no time was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
}

/// The way from one stop to the next. It has no steps where both are visited from the same corner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// Index into [`Walk::path`] of the leg's first point; the last is the next leg's first.
    pub path_start: usize,
    /// Length of the leg.
    pub distance_metres: f64,
    /// Walking time of the leg.
    pub duration_seconds: u32,
    /// Turn instructions in order.
    pub steps: Vec<Step>,
}

/// One instruction: turn as `maneuver` says, then follow the street.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Manoeuvre at the beginning of the step.
    pub maneuver: Maneuver,
    /// Name of the street that is followed; `None`: it has none.
    pub street: Option<String>,
    /// Kind of way that most of the step follows.
    #[serde(default = "unknown_way")]
    pub way: WayClass,
    /// Length of the step.
    pub distance_metres: f64,
    /// Walking time of the step.
    #[serde(default)]
    pub duration_seconds: u32,
    /// Compass bearing on which its beginning is reached, in degrees; `None` at the beginning of the walk.
    #[serde(default)]
    pub bearing_before: Option<u16>,
    /// Compass bearing on which it begins, in degrees; `None` where it leads nowhere.
    #[serde(default)]
    pub bearing_after: Option<u16>,
    /// Index into [`Walk::path`] of the point at which the step begins.
    pub path_start: usize,
}

/// Kind of way in walks that were stored before it was kept.
const fn unknown_way() -> WayClass {
    WayClass::Other
}

/// Manoeuvre at the beginning of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Maneuver {
    /// Set out.
    Depart,
    /// Go straight on, where the name changes.
    Continue,
    /// Bear left (25°–45°).
    SlightLeft,
    /// Turn left (45°–120°).
    Left,
    /// Turn sharply left (from 120°).
    SharpLeft,
    /// Bear right (25°–45°).
    SlightRight,
    /// Turn right (45°–120°).
    Right,
    /// Turn sharply right (from 120°).
    SharpRight,
    /// Turn round and walk back.
    UTurn,
}

/// Metres of the path by light at night.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Light {
    /// Tagged as lit, or inferred to be.
    pub lit_metres: f64,
    /// Tagged as unlit, or inferred to be.
    pub unlit_metres: f64,
    /// Neither is known.
    pub unknown_metres: f64,
}

/// Reason for which there is no walk. One variant for one cause; [`NoWalk::code`] is stable for clients.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoWalk {
    /// A value of the request is outside its range or not a number.
    #[error("the request is not valid: {0}")]
    InvalidRequest(&'static str),
    /// No street a pedestrian may use within [`METRES_TO_STREET`](super::limits::METRES_TO_STREET) of the start (or end).
    #[error("there is no walkable way near the start")]
    NoWalkableWayNearby {
        /// Metres to the nearest walkable way, if there is one in the network.
        nearest_metres: Option<f64>,
    },
    /// The end can't be reached on foot from the start.
    #[error("the end can't be reached on foot from the start")]
    EndUnreachable,
    /// The end is further than the budget allows, or the nearest stop is.
    #[error("the time is too short: the least that is needed is {needed_seconds} s")]
    BudgetTooSmall {
        /// Seconds that the shortest sensible walk takes.
        needed_seconds: u32,
    },
    /// No place that matches the themes can be reached.
    #[error("no place that matches the themes can be reached on foot in this time")]
    NothingToSee,
    /// The streets at the start lead nowhere: too few to go for a walk on.
    #[error("only {metres} m of street can be reached from the start")]
    CutOff {
        /// Length of all streets in reach.
        metres: u32,
    },
    /// A place that must be visited can't be.
    #[error("place {poi_id} can't be visited: {obstacle}")]
    CannotInclude {
        /// Its id.
        poi_id: i64,
        /// Reason for it.
        obstacle: Obstacle,
    },
    /// The places that must be visited take too long together.
    #[error("the places that must be visited take at least {needed_seconds} s")]
    IncludedTooLong {
        /// Seconds that the shortest walk to all of them takes.
        needed_seconds: u32,
    },
    /// The deadline passed before any walk was found.
    #[error("the walk took too long to compute")]
    DeadlineExceeded,
}

/// Reason for which a place can't be visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// It is none of the places in reach.
    #[error("it is none of the places in reach")]
    Unknown,
    /// No street leads to it.
    #[error("no street leads to it from the start")]
    NoWay,
    /// The walk there takes too long.
    #[error("a walk there takes at least {needed_seconds} s")]
    TooLong {
        /// Seconds that it takes.
        needed_seconds: u32,
    },
}

impl NoWalk {
    /// A stable machine code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::NoWalkableWayNearby { .. } => "no_walkable_way_nearby",
            Self::EndUnreachable => "end_unreachable",
            Self::BudgetTooSmall { .. } => "budget_too_small",
            Self::NothingToSee => "nothing_to_see",
            Self::CutOff { .. } => "cut_off",
            Self::CannotInclude { .. } | Self::IncludedTooLong { .. } => "cannot_include",
            Self::DeadlineExceeded => "deadline_exceeded",
        }
    }
}
