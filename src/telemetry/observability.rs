//! Registry of a process's metrics and actors.

use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use wildside_actors::watchdog::Watchdog;
use wildside_actors::{ActorMetrics, ActorRegistry};

use crate::telemetry::metrics::Metrics;
use crate::telemetry::process::ProcessMetrics;

/// Interval of the watchdog over the actors.
const WATCH_EVERY: Duration = Duration::from_secs(5);

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
        registry.register(Box::new(ProcessMetrics::new()?))?;
        Ok(Self {
            metrics: Metrics::new(&registry)?,
            actors: ActorRegistry::new(ActorMetrics::register(&registry)?),
            registry,
        })
    }

    /// Watches over the actors, once for each process. Must be called on an actix `System`.
    pub fn watch_actors(&self) {
        Watchdog::start(self.actors.clone(), WATCH_EVERY);
    }
}
