//! Views of actors, jobs and chores for maintainers.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use wildside_actors::registry::ActorReport;
use wildside_actors::stats::LastError;

/// An actor, or a kind of actor of which there are many.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "UserHub",
    "state": "running",
    "silent": false,
    "mailbox_depth": 0,
    "mailbox_capacity": 1024,
    "handled": 4711,
    "failed": 0,
    "restarts": 0,
    "last_error": null,
    "details": {"sessions": 12}
}))]
pub struct ActorView {
    name: &'static str,
    /// State that it tells; `silent` if it says nothing.
    state: &'static str,
    /// No answer came in time.
    silent: bool,
    /// Messages that wait.
    mailbox_depth: i64,
    /// Messages that may wait.
    mailbox_capacity: usize,
    /// Messages handled without failure.
    handled: u64,
    /// Messages whose handling failed.
    failed: u64,
    /// Restarts of the actor or of what it owns.
    restarts: u64,
    last_error: Option<ActorError>,
    /// Figures of its own.
    details: Value,
}

/// The last failure of an actor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"at": "2026-11-25T10:00:00Z", "error": "the engine panicked"}))]
pub struct ActorError {
    at: DateTime<Utc>,
    error: String,
}

impl From<LastError> for ActorError {
    fn from(LastError { at, error }: LastError) -> Self {
        Self { at, error }
    }
}

impl From<ActorReport> for ActorView {
    fn from(report: ActorReport) -> Self {
        Self {
            name: report.name,
            state: report.state,
            silent: report.silent,
            mailbox_depth: report.mailbox_depth,
            mailbox_capacity: report.mailbox_capacity,
            handled: report.handled,
            failed: report.failed,
            restarts: report.restarts,
            last_error: report.last_error.map(ActorError::from),
            details: report.details,
        }
    }
}

/// Outcome of asking Overpass.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case", example = "complete")]
pub enum EnrichmentStatus {
    Requested,
    Complete,
    Partial,
    Failed,
}
