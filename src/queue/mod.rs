//! Jobs on their way from whoever wants them done to a worker.

mod keys;
mod payloads;
mod producer;

pub use payloads::{EnrichmentJob, GenerateRouteJob, Job};
pub use producer::{Producer, Pushed};
