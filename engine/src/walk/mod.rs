//! From a request to a walk.

mod assemble;
mod candidates;
mod detour;
mod exchange;
mod generate;
pub mod limits;
mod line;
mod mend;
mod plan;
pub mod reach;
mod refill;
mod request;
mod result;
pub mod shortlist;
mod start;
mod steps;
mod stitch;
mod turns;

pub use generate::{Tuning, generate_route, generate_route_tuned};
pub use request::{Accessibility, Poi, WalkRequest};
pub use result::{Gap, Leg, Light, Maneuver, NoWalk, Step, Stop, Walk};
