//! Where a process tells how it fares.

use std::sync::Arc;

use prometheus::Registry;
use wildside_actors::{ActorMetrics, ActorRegistry};

use crate::metrics::Metrics;

/// The metrics and the actors of a process. Server and worker share it when they share a process.
#[derive(Debug, Clone)]
pub struct Observability {
    pub registry: Registry,
    pub metrics: Metrics,
    pub actors: Arc<ActorRegistry>,
}

impl Observability {
    /// A registry with the metrics of the process and of its actors.
    ///
    /// # Errors
    /// Two metrics have the same name.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        Ok(Self {
            metrics: Metrics::new(&registry)?,
            actors: ActorRegistry::new(ActorMetrics::register(&registry)?),
            registry,
        })
    }
}
