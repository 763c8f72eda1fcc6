//! The engine of Wildside: requests in, walks out.
//!
//! Pure and synchronous. It knows no I/O, no runtime and no database; the clock enters only as a
//! deadline. The same request, places, network and seed give the same walk.
//!
//! * [`places`] turns OpenStreetMap tags into kinds, themes, a popularity and a narrative.
//! * [`hours`] tells what is open at the time of a walk.
//! * [`network`] holds the streets a pedestrian may use, cell by cell.
//! * [`routing`] finds times and ways between places on it.
//! * [`orienteering`] chooses and orders the stops.
//! * [`walk`] joins the three: [`generate_route`].

pub mod geo;
pub mod hours;
pub mod network;
pub mod orienteering;
pub mod places;
mod prize;
pub mod routing;
pub mod walk;

pub use geo::{Point, bounding_box};
pub use walk::{NoWalk, Poi, Walk, WalkRequest, generate_route};
