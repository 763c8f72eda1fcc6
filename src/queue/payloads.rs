//! Payloads of jobs. A worker of an older release ignores fields that it does not know; one of a newer release sets a job
//! aside that lacks a field, and the sweep queues what was promised anew.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::city::areas::AreaState;

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
    /// Data that the request was accepted with: the walk is of these or newer. None from an older release: then of what
    /// there is when the job runs.
    #[serde(default)]
    pub areas: Vec<AreaState>,
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
    /// Id of the square to look in, as `enrichments.square` has it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_a_release_that_knew_no_areas_is_understood() {
        let id = Uuid::nil();
        let older = format!(r#"{{"request_id":"{id}","trace_id":"{id}","cache_key":"key"}}"#);
        let job: GenerateRouteJob = serde_json::from_str(&older).unwrap();
        assert!(job.areas.is_empty());
        let areas = vec![AreaState {
            id: 1,
            generation: 2,
        }];
        let job = GenerateRouteJob { areas, ..job };
        let text = serde_json::to_string(&job).unwrap();
        assert_eq!(
            serde_json::from_str::<GenerateRouteJob>(&text).unwrap(),
            job
        );
    }
}
