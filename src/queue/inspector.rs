//! Inspector of the queues: their jobs, and what may be done about dead ones.

use std::collections::HashMap;
use std::time::Duration;

use bb8::{ManageConnection, Pool, PooledConnection, RunError};
use chrono::{DateTime, Utc};
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamPendingCountReply, StreamPendingId, StreamRangeReply};
use redis::{RedisError, RedisResult, cmd};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::entry::Entry;
use super::keys::{GROUP, Keys};
use super::payloads::{EnrichmentJob, GenerateRouteJob, Job};
use super::scripts::REVIVE;
use crate::config::RedisServer;
use crate::shared_redis;

/// After a fail-over a connection leads to the old server for no longer than this.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(10);

/// All queues.
pub const QUEUES: [&str; 2] = [GenerateRouteJob::QUEUE, EnrichmentJob::QUEUE];

/// Longest pause of a queue: one that is forgotten ends by itself, and nobody's walk waits longer.
pub const PAUSE: Duration = Duration::from_hours(1);

/// A queue as a maintainer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"queue": "route_generation", "depth": 3, "dead": 0, "paused_seconds": 0}))]
pub struct QueueRecord {
    pub queue: &'static str,
    /// Jobs that wait or run.
    pub depth: i64,
    /// Jobs that were given up.
    pub dead: i64,
    /// Seconds for which no more jobs are taken; 0 if it is not paused.
    pub paused_seconds: u64,
}

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "waiting")]
pub enum JobState {
    /// In a worker's hands.
    Running,
    /// Will be taken by the next free worker.
    Waiting,
    /// Failed, and waits for its next run.
    Delayed,
    /// Given up.
    Dead,
}

/// A job as a maintainer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "queue": "route_generation",
    "state": "dead",
    "id": "01939c2e-7f1b-7c3a-9c1e-0242ac120002",
    "type": "GenerateRoute",
    "trace_id": "0b2f6c1e-8d44-4f6e-9a56-2f3f6f1f7c55",
    "runs": 3,
    "at": "2026-11-25T10:00:00Z",
    "error": "the job took longer than 30s",
    "payload": {"request_id": "01939c2e-7f1b-7c3a-9c1e-0242ac120002"}
}))]
pub struct JobRecord {
    pub queue: &'static str,
    pub state: JobState,
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub trace_id: String,
    /// Runs that ended without success.
    pub runs: u32,
    /// Time at which it came into this state; for a delayed one, at which its next run is due.
    pub at: DateTime<Utc>,
    /// Worker that runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub worker: Option<String>,
    /// Error for which it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub error: Option<String>,
    pub payload: Value,
    /// Its place in the stream it is in.
    #[serde(skip)]
    entry: String,
}

/// Cause for which the queues could not be looked at.
#[derive(Debug, thiserror::Error)]
#[error("can't look at the queues: {0}")]
pub struct InspectError(#[from] RunError<RedisError>);

impl From<RedisError> for InspectError {
    fn from(error: RedisError) -> Self {
        Self(RunError::User(error))
    }
}

/// Opens the connections of the pool.
#[derive(Debug, Clone)]
struct Opener(RedisServer);

impl ManageConnection for Opener {
    type Connection = MultiplexedConnection;
    type Error = RedisError;

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let client = shared_redis::client(&self.0)?;
        client.get_multiplexed_async_connection().await
    }

    async fn is_valid(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        cmd("PING").query_async(connection).await
    }

    fn has_broken(&self, _: &mut MultiplexedConnection) -> bool {
        false
    }
}

/// Looks at the queues over connections of its own, so that a long answer holds up nobody else's. Clones share them.
#[derive(Debug, Clone)]
pub struct Inspector {
    pool: Pool<Opener>,
}

impl Inspector {
    /// An inspector of a Redis; connects when first used. Must be made on a runtime.
    ///
    /// # Errors
    /// The URL is not a Redis URL.
    pub fn new(server: impl Into<RedisServer>) -> RedisResult<Self> {
        let server = server.into();
        shared_redis::client(&server)?;
        let pool = Pool::builder()
            .max_size(2)
            .connection_timeout(Duration::from_secs(2))
            .max_lifetime(CONNECTION_LIFETIME)
            .reaper_rate(CONNECTION_LIFETIME / 2)
            .build_unchecked(Opener(server));
        Ok(Self { pool })
    }

    /// Up to `limit` jobs of each state of a queue: running and waiting ones oldest first, dead ones newest first.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn list(
        &self,
        queue: &'static str,
        limit: usize,
    ) -> Result<Vec<JobRecord>, InspectError> {
        let keys = Keys::of(queue);
        let mut redis = self.pool.get().await?;
        let running = running(&mut redis, &keys, limit).await?;
        let (entries, delayed, dead): (StreamRangeReply, Vec<(String, f64)>, StreamRangeReply) =
            redis::pipe()
                .cmd("XRANGE")
                .arg(&keys.stream)
                .arg("-")
                .arg("+")
                .arg("COUNT")
                .arg(limit)
                .cmd("ZRANGE")
                .arg(&keys.delayed)
                .arg(0)
                .arg(limit.saturating_sub(1))
                .arg("WITHSCORES")
                .cmd("XREVRANGE")
                .arg(&keys.dead)
                .arg("+")
                .arg("-")
                .arg("COUNT")
                .arg(limit)
                .query_async(&mut *redis)
                .await?;
        let mut jobs: Vec<JobRecord> = entries
            .ids
            .iter()
            .map(|entry| in_stream(queue, entry, running.get(&entry.id)))
            .collect();
        jobs.extend(
            delayed
                .iter()
                .filter_map(|(job, due)| waiting_for_its_time(queue, job, *due)),
        );
        jobs.extend(dead.ids.iter().map(|entry| given_up(queue, entry)));
        Ok(jobs)
    }

    /// The job with this id, in whichever queue and state.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn find(&self, id: &str) -> Result<Option<JobRecord>, InspectError> {
        const ALL: usize = 200_000;
        for queue in QUEUES {
            let jobs = self.list(queue, ALL).await?;
            if let Some(job) = jobs.into_iter().find(|job| job.id == id) {
                return Ok(Some(job));
            }
        }
        Ok(None)
    }

    /// Queues a dead job again; false if it is not dead any more.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn retry(&self, job: &JobRecord) -> Result<bool, InspectError> {
        let keys = Keys::of(job.queue);
        let mut redis = self.pool.get().await?;
        let revived: RedisResult<bool> = REVIVE
            .key(keys.stream)
            .key(keys.delayed)
            .key(keys.ids)
            .key(keys.dead)
            .arg(&job.entry)
            .invoke_async(&mut *redis)
            .await;
        Ok(revived?)
    }

    /// All queues.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn queues(&self) -> Result<Vec<QueueRecord>, InspectError> {
        let mut redis = self.pool.get().await?;
        let mut queues = Vec::new();
        for queue in QUEUES {
            let keys = Keys::of(queue);
            let (ready, delayed, dead, paused_ms): (i64, i64, i64, i64) = redis::pipe()
                .xlen(&keys.stream)
                .zcard(&keys.delayed)
                .xlen(&keys.dead)
                .pttl(&keys.paused)
                .query_async(&mut *redis)
                .await?;
            queues.push(QueueRecord {
                queue,
                depth: ready + delayed,
                dead,
                paused_seconds: u64::try_from(paused_ms).unwrap_or(0).div_ceil(1000),
            });
        }
        Ok(queues)
    }

    /// Pauses a queue for [`PAUSE`] from now on: workers finish what they have, and take no more after a second or two.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn pause(&self, queue: &'static str) -> Result<(), InspectError> {
        let mut redis = self.pool.get().await?;
        let paused: RedisResult<()> = cmd("SET")
            .arg(Keys::of(queue).paused)
            .arg(1)
            .arg("PX")
            .arg(PAUSE.as_millis() as u64)
            .query_async(&mut *redis)
            .await;
        Ok(paused?)
    }

    /// Ends the pause of a queue, if there is one.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn resume(&self, queue: &'static str) -> Result<(), InspectError> {
        let mut redis = self.pool.get().await?;
        let resumed: RedisResult<()> = cmd("DEL")
            .arg(Keys::of(queue).paused)
            .query_async(&mut *redis)
            .await;
        Ok(resumed?)
    }

    /// Forgets one dead job; false if it is not dead any more.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn forget(&self, job: &JobRecord) -> Result<bool, InspectError> {
        let mut redis = self.pool.get().await?;
        let forgotten: RedisResult<bool> = cmd("XDEL")
            .arg(Keys::of(job.queue).dead)
            .arg(&job.entry)
            .query_async(&mut *redis)
            .await;
        Ok(forgotten?)
    }
}

type Redis<'a> = PooledConnection<'a, Opener>;

/// Jobs in the hands of workers, by entry.
async fn running(
    redis: &mut Redis<'_>,
    keys: &Keys,
    limit: usize,
) -> RedisResult<HashMap<String, StreamPendingId>> {
    let pending: RedisResult<StreamPendingCountReply> = cmd("XPENDING")
        .arg(&keys.stream)
        .arg(GROUP)
        .arg("-")
        .arg("+")
        .arg(limit)
        .query_async(&mut **redis)
        .await;
    match pending {
        Ok(pending) => Ok(pending
            .ids
            .into_iter()
            .map(|entry| (entry.id.clone(), entry))
            .collect()),
        // No worker has ever looked at this queue.
        Err(error) if error.code() == Some("NOGROUP") => Ok(HashMap::new()),
        Err(error) => Err(error),
    }
}

fn in_stream(queue: &'static str, entry: &StreamId, holder: Option<&StreamPendingId>) -> JobRecord {
    let state = if holder.is_some() {
        JobState::Running
    } else {
        JobState::Waiting
    };
    let job = Entry::of(entry);
    let crashes = holder.map_or(0, |holder| {
        (holder.times_delivered as u32).saturating_sub(1)
    });
    JobRecord {
        runs: job.runs + crashes,
        worker: holder.map(|holder| holder.consumer.clone()),
        ..record(queue, state, job, time_of(&entry.id), entry.id.clone())
    }
}

fn waiting_for_its_time(queue: &'static str, job: &str, due_ms: f64) -> Option<JobRecord> {
    let job: Entry = serde_json::from_str(job).ok()?;
    let due = DateTime::from_timestamp_millis(due_ms as i64).unwrap_or_default();
    Some(record(queue, JobState::Delayed, job, due, String::new()))
}

fn given_up(queue: &'static str, entry: &StreamId) -> JobRecord {
    let record = record(
        queue,
        JobState::Dead,
        Entry::of(entry),
        time_of(&entry.id),
        entry.id.clone(),
    );
    JobRecord {
        error: entry.get("error"),
        ..record
    }
}

fn record(
    queue: &'static str,
    state: JobState,
    job: Entry,
    at: DateTime<Utc>,
    entry: String,
) -> JobRecord {
    JobRecord {
        queue,
        state,
        id: job.id,
        kind: job.kind,
        trace_id: job.trace_id,
        runs: job.runs,
        at,
        worker: None,
        error: None,
        payload: serde_json::from_str(&job.payload).unwrap_or(Value::String(job.payload)),
        entry,
    }
}

/// Time at which an entry was added, from the milliseconds in its id.
fn time_of(entry_id: &str) -> DateTime<Utc> {
    let ms = entry_id.split('-').next().and_then(|ms| ms.parse().ok());
    ms.and_then(DateTime::from_timestamp_millis)
        .unwrap_or_default()
}
