//! A job as it lies in Redis.

use redis::streams::StreamId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::payloads::Job;

/// The fields of a job in a stream, and its JSON among the delayed ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) trace_id: String,
    /// The job as JSON.
    pub(super) payload: String,
    /// Runs that ended with an error before this entry was made.
    pub(super) runs: u32,
    /// Of these, the runs that failed by no fault of the job's.
    #[serde(default)]
    pub(super) waits: u32,
}

impl Entry {
    /// The entry of a stream; fields that are missing are empty, so that even a spoilt entry can be buried.
    pub(super) fn of(entry: &StreamId) -> Self {
        let text = |field: &str| entry.get::<String>(field).unwrap_or_default();
        Self {
            id: text("id"),
            kind: text("kind"),
            trace_id: text("trace_id"),
            payload: text("payload"),
            runs: entry.get("runs").unwrap_or_default(),
            waits: entry.get("waits").unwrap_or_default(),
        }
    }

    /// The job inside.
    ///
    /// # Errors
    /// It is of another type, perhaps of a newer release, or can't be read.
    pub(super) fn job<J: Job>(&self) -> Result<J, String> {
        if self.kind != J::KIND {
            return Err(format!("unknown type of job: {:?}", self.kind));
        }
        serde_json::from_str(&self.payload).map_err(|error| format!("unreadable job: {error}"))
    }

    /// Trace of the request that caused the job; nil if it is unreadable.
    pub(super) fn trace_id(&self) -> Uuid {
        self.trace_id.parse().unwrap_or_default()
    }
}
