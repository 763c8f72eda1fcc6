//! Jobs on their way from whoever wants them done to a worker: an Apalis backend on Redis Streams.
//!
//! Apalis' own Redis backend starts a job up to its heartbeat late, stops for good behind some 8,000 due jobs, ends its
//! worker when Redis restarts, and runs a job that aborts the process for ever. A consumer group has what is needed
//! in Redis itself:
//!
//! * `XREADGROUP … BLOCK` wakes a reader in the moment of the push.
//! * What a worker has taken stays pending until it is settled. Its worker holds it by resetting its idle time each
//!   second; what nobody has held for five is an orphan, and the next worker with a free slot takes it.
//! * Redis counts deliveries, so a job that takes its process down is still given up after a few runs. One that has
//!   seen two processes die runs with no other such job beside it, so that its neighbours are not given up with it.
//! * Jobs that wait for their next run lie in a sorted set by the clock of Redis, and jobs that were given up in a
//!   stream of their own, with the error and the trace.
//!
//! Each step that touches more than one key, or depends on who holds a job, is a small Lua script: a worker that was
//! thought dead and wakes up again can't settle what another one runs. A job's id is in its queue at most once, and says
//! where the job is, so that an id whose job was lost keeps nothing out. All of this may be lost with Redis, whole or key
//! by key; the ledger then queues its unfinished requests again.

mod backend;
mod clock;
mod consumer;
mod dead;
mod delivery;
mod entry;
mod holdings;
mod inspector;
mod keys;
mod payloads;
mod producer;
mod pulse;
mod scripts;
mod subscription;

pub use backend::{BackendSource, StreamBackend};
pub use dead::trim_dead;
pub use delivery::Delivery;
pub use inspector::{InspectError, Inspector, JobRecord, JobState, PAUSE, QUEUES, QueueRecord};
pub use payloads::{EnrichmentJob, GenerateRouteJob, Job};
pub use producer::{Producer, Pushed};
pub use pulse::Pulse;
pub use subscription::Subscription;
pub(crate) use wildside_actors::backoff;

use crate::telemetry::metrics::Metrics;

/// Shows the series of all jobs.
pub fn show_series(metrics: &Metrics) {
    let kinds = [GenerateRouteJob::KIND, EnrichmentJob::KIND];
    metrics.show_jobs(&kinds, GenerateRouteJob::QUEUE);
}
