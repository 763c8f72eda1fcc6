//! From a request to a walk.

mod assemble;
mod breaks;
mod candidates;
mod detour;
mod exchange;
mod fill;
mod filling;
mod fit;
mod generate;
pub mod limits;
mod line;
mod mend;
mod one_way;
mod opening;
mod plan;
pub mod reach;
mod refill;
mod repeats;
mod request;
mod required;
mod result;
pub mod shortlist;
mod start;
mod steps;
mod stitch;
mod turns;
mod variant;
mod waypoints;

pub use generate::{Tuning, generate_route, generate_route_tuned};
pub use request::{Accessibility, Choice, Pace, Poi, WalkRequest};
pub use result::{Fit, Gap, Leg, Light, Maneuver, NoWalk, Obstacle, Step, Stop, Walk};
