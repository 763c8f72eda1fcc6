//! Reports of processes and their actors, as they cross Redis and as maintainers see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;
use wildside_actors::registry::ActorReport;
use wildside_actors::stats::LastError;

/// Role of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "worker")]
pub enum ProcessRole {
    /// Answers HTTP and WebSocket.
    Server,
    /// Performs jobs.
    Worker,
    /// Both in one process.
    ServerAndWorker,
}

/// What a process says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub role: ProcessRole,
    pub host: String,
    pub pid: u32,
    pub version: String,
    pub uptime_seconds: u64,
    pub actors: Vec<ActorView>,
}

impl Told {
    /// View of it, so many milliseconds after it was said.
    pub(super) fn seen(self, id: Uuid, age_ms: u64, silent: bool) -> ProcessView {
        ProcessView {
            id,
            role: self.role,
            host: self.host,
            pid: self.pid,
            version: self.version,
            uptime_seconds: self.uptime_seconds,
            seen_ms_ago: age_ms,
            silent,
            actors: self.actors,
        }
    }
}

/// A server or a worker, with its actors as they were when it last said so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01939c2e-7f1b-7c3a-9c1e-0242ac120002",
    "role": "worker",
    "host": "wildside-worker-7c9f",
    "pid": 7,
    "version": "0.1.0",
    "uptime_seconds": 3600,
    "seen_ms_ago": 1200,
    "silent": false,
    "actors": []
}))]
pub struct ProcessView {
    /// Made anew at each start.
    pub id: Uuid,
    pub role: ProcessRole,
    /// Name of the machine or pod.
    pub host: String,
    pub pid: u32,
    pub version: String,
    pub uptime_seconds: u64,
    /// Milliseconds since it last said anything; it does every two seconds.
    pub seen_ms_ago: u64,
    /// Nothing has been heard of it for a while: it is frozen, cut off or gone.
    pub silent: bool,
    pub actors: Vec<ActorView>,
}

impl ProcessView {
    /// Place among the others: servers first, then by host and age.
    pub(super) fn order(&self) -> (ProcessRole, &str, Uuid) {
        (self.role, &self.host, self.id)
    }
}

/// An actor, or a kind of actor of which there are many.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
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
    pub name: String,
    /// State that it tells; `silent` if it says nothing.
    pub state: String,
    /// No answer came in time.
    pub silent: bool,
    /// Messages that wait.
    pub mailbox_depth: i64,
    /// Messages that may wait.
    pub mailbox_capacity: usize,
    /// Messages handled without failure.
    pub handled: u64,
    /// Messages whose handling failed.
    pub failed: u64,
    /// Restarts of the actor or of what it owns.
    pub restarts: u64,
    pub last_error: Option<ActorError>,
    /// Figures of its own.
    pub details: Value,
}

/// The last failure of an actor.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"at": "2026-11-25T10:00:00Z", "error": "the engine panicked"}))]
pub struct ActorError {
    pub at: DateTime<Utc>,
    pub error: String,
}

impl From<LastError> for ActorError {
    fn from(LastError { at, error }: LastError) -> Self {
        Self { at, error }
    }
}

impl From<ActorReport> for ActorView {
    fn from(report: ActorReport) -> Self {
        Self {
            name: report.name.to_owned(),
            state: report.state.to_owned(),
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
