//! Jobs of a worker: a file for each, and what all of them need.

mod enrich_square;
mod error;
mod generate_route;
mod retry;
mod run;
mod sparse_themes;

use std::time::Duration;

use wildside_actors::ActorHandle;
use wildside_actors::route_supervisor::RouteSupervisor;

pub use enrich_square::Enrichment;
pub use error::JobError;
pub use retry::{Retried, RetryError, retry};
pub use run::{Perform, Performed, run};

use crate::city::places::PlaceCache;
use crate::city::streets::NetworkCache;
use crate::db::ledger::request_stages::Stage;
use crate::db::ledger::route_requests::{Claim, Completion};
use crate::db::{Batcher, Pool};
use crate::queue::Producer;
use crate::shared_redis::Redis;
use crate::telemetry::analytics::Analytics;
use crate::telemetry::metrics::Metrics;
use crate::walks::announcer::Announcer;
use crate::walks::route_cache::RouteCache;

/// The handles and limits that jobs work with; clones share them.
#[derive(Debug, Clone)]
pub struct JobContext {
    pub db: Pool,
    pub claims: Batcher<Claim>,
    pub completions: Batcher<Completion>,
    pub stages: Batcher<Stage>,
    pub redis: Redis,
    pub cache: RouteCache,
    pub announcer: Announcer,
    pub producer: Producer,
    pub places: PlaceCache,
    pub network: NetworkCache,
    pub routes: ActorHandle<RouteSupervisor>,
    /// Absent where no Overpass server is configured: then nothing is enriched.
    pub enrichment: Option<Enrichment>,
    pub analytics: Analytics,
    pub metrics: Metrics,
    pub limits: JobLimits,
}

/// Limits of time and number for the runs of a job.
#[derive(Debug, Clone, Copy)]
pub struct JobLimits {
    /// The longest run of a job.
    pub timeout: Duration,
    /// Runs that may fail by the job's own fault before it is given up.
    pub max_runs: u32,
    /// Longest time of the engine for one walk.
    pub engine_budget: Duration,
}
