//! The Prometheus metrics of all actors.

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    core::Collector,
};

/// From 10 µs, a message in passing, to 3 minutes, a walk.
const SECONDS: [f64; 14] = [
    0.000_01, 0.000_05, 0.000_2, 0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 180.0,
];

/// The metrics of all actors of a process. Cheap to clone: clones share their values.
#[derive(Debug, Clone)]
pub struct ActorMetrics {
    pub(crate) mailbox_depth: IntGaugeVec,
    pub(crate) mailbox_capacity: IntGaugeVec,
    pub(crate) messages: IntCounterVec,
    pub(crate) handle_seconds: HistogramVec,
    pub(crate) wait_seconds: HistogramVec,
    pub(crate) restarts: IntCounterVec,
    pub(crate) up: IntGaugeVec,
    /// WebSocket sessions that are registered with the hub.
    pub(crate) websocket_connections: IntGauge,
}

impl ActorMetrics {
    /// Creates the metrics and registers them.
    ///
    /// # Errors
    /// If the registry already has metrics of these names.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let messages = Opts::new(
            "actor_messages_total",
            "Messages that actors have handled, by outcome.",
        );
        let restarts = Opts::new("actor_restarts_total", "Restarts of actors, by reason.");
        Ok(Self {
            mailbox_depth: gauges(
                registry,
                "actor_mailbox_depth",
                "Messages that wait in the mailbox.",
            )?,
            mailbox_capacity: gauges(
                registry,
                "actor_mailbox_capacity",
                "Messages that the mailbox may hold.",
            )?,
            messages: add(
                registry,
                IntCounterVec::new(messages, &["actor", "message", "outcome"])?,
            )?,
            handle_seconds: seconds(
                registry,
                "actor_handle_seconds",
                "Time from the beginning of a message's handling to its answer.",
            )?,
            wait_seconds: seconds(
                registry,
                "actor_wait_seconds",
                "Time that a message spent in the mailbox.",
            )?,
            restarts: add(
                registry,
                IntCounterVec::new(restarts, &["actor", "reason"])?,
            )?,
            up: gauges(
                registry,
                "actor_up",
                "Whether the actor answered when last asked for its state.",
            )?,
            websocket_connections: add(
                registry,
                IntGauge::new(
                    "websocket_connections_active",
                    "Open WebSocket connections.",
                )?,
            )?,
        })
    }
}

fn add<C: Collector + Clone + 'static>(registry: &Registry, metric: C) -> prometheus::Result<C> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

fn gauges(registry: &Registry, name: &str, help: &str) -> prometheus::Result<IntGaugeVec> {
    add(
        registry,
        IntGaugeVec::new(Opts::new(name, help), &["actor"])?,
    )
}

fn seconds(registry: &Registry, name: &str, help: &str) -> prometheus::Result<HistogramVec> {
    let opts = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
    add(registry, HistogramVec::new(opts, &["actor", "message"])?)
}
