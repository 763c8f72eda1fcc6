//! A polite and suspicious client of the Overpass API.
//!
//! Polite: it names itself, asks for little, and all workers together keep the manners of [`Manners`]. Suspicious: a
//! server that is overloaded answers 200 with HTML, 200 with half of the elements and a remark, or one byte a second;
//! each way is told apart in [`OverpassError`].

mod answer;
mod client;
mod manners;
mod query;
mod servers;

pub use answer::{Answer, Element, Rejected};
pub use client::{Fetched, Overpass, OverpassError, OverpassSettings};
pub use manners::{Manners, MannersSettings, Permit, Refusal};
pub use query::Query;
pub use servers::{Servers, Unanswered};
