//! What jobs carry. A worker of an older release ignores fields that it does not know; one of a newer release sets a job
//! aside that lacks a field, and the sweep queues what was promised anew.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A unit of work for a queue.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The queue it waits in.
    const QUEUE: &'static str;
    /// Its type: the `type` label of `jobs_total`.
    const KIND: &'static str;

    /// A job with this id is in its queue at most once.
    fn id(&self) -> Uuid;

    /// Trace of the request that caused it.
    fn trace_id(&self) -> Uuid;
}

/// Generate the walk of a request in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerateRouteJob {
    /// The row of `route_requests`.
    pub request_id: Uuid,
    /// Trace of the HTTP request.
    pub trace_id: Uuid,
    /// Key of the row in the route cache: what Redis is asked for while the row is claimed.
    pub cache_key: String,
}

impl Job for GenerateRouteJob {
    const QUEUE: &'static str = "route_generation";
    const KIND: &'static str = "GenerateRoute";

    fn id(&self) -> Uuid {
        self.request_id
    }

    fn trace_id(&self) -> Uuid {
        self.trace_id
    }
}

/// Look for more places of a theme in a square, where a walk found too few.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrichmentJob {
    /// Made anew for each reservation in `enrichments`, which is what keeps a square from being asked for twice.
    pub id: Uuid,
    /// Trace of the request that found too little.
    pub trace_id: Uuid,
    /// The theme that is sparse.
    pub theme_id: Uuid,
    /// Number of the [`wildside_engine::Square`] to look in.
    pub square: i32,
}

impl Job for EnrichmentJob {
    const QUEUE: &'static str = "enrichment";
    const KIND: &'static str = "Enrichment";

    fn id(&self) -> Uuid {
        self.id
    }

    fn trace_id(&self) -> Uuid {
        self.trace_id
    }
}
