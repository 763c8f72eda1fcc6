//! One worker's membership in the consumer group of a queue, command by command.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::streams::{
    StreamClaimReply, StreamId, StreamPendingCountReply, StreamRangeReply, StreamReadReply,
};
use redis::{AsyncCommands, AsyncConnectionConfig, RedisResult, cmd, from_redis_value_ref, pipe};
use uuid::Uuid;

use super::entry::Entry;
use super::keys::{GROUP, Keys};
use super::scripts::{BURY, FINISH, HOLD, PROMOTE, RELEASE, RETRY, TIDY};
use crate::config::RedisServer;
use crate::shared_redis::{self, Redis};

/// Longest wait of a read for a job before it returns empty-handed.
pub(super) const BLOCK: Duration = Duration::from_secs(1);
/// A job whose worker has not held it for this long is an orphan.
pub(super) const ORPHANED_AFTER: Duration = Duration::from_secs(5);
/// Consumers that are silent for longer, with nothing in hand, are forgotten.
const FORGET_CONSUMER_AFTER: Duration = Duration::from_mins(10);
/// Delayed jobs that are moved in one step.
const PROMOTE_AT_ONCE: usize = 200;
/// The most recent dead jobs are kept, about this many.
const DEAD_JOBS_KEPT: usize = 10_000;
/// Ids that are compared with their jobs in one step.
const TIDY_AT_ONCE: usize = 1_000;
/// Dead jobs of an older release that are taken over in one step.
const TAKE_OVER_AT_ONCE: usize = 1_000;
/// Life of what an older release left behind: its replicas may still run.
const LEFT_BEHIND_FOR: Duration = Duration::from_hours(24);

/// A consumer with a name of its own. A restarted process is another consumer: what it held before is orphaned.
#[derive(Debug)]
pub(super) struct Consumer {
    server: RedisServer,
    /// For everything but the blocking read, which has a connection of its own.
    redis: Redis,
    keys: Keys,
    left_behind: Keys,
    name: String,
    /// Cursor of the comparison of ids with their jobs.
    tidied_to: AtomicU64,
}

impl Consumer {
    pub(super) fn new(server: &RedisServer, queue: &str) -> RedisResult<Self> {
        Ok(Self {
            server: server.clone(),
            redis: shared_redis::connect(server)?,
            keys: Keys::of(queue),
            left_behind: Keys::untagged(queue),
            tidied_to: AtomicU64::default(),
            name: format!("{}-{}", std::process::id(), Uuid::new_v4().simple()),
        })
    }

    /// A connection for [`Self::read`], on a queue that is sure to have its group.
    pub(super) async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(1)))
            // The server answers within BLOCK; what takes much longer is a dead connection.
            .set_response_timeout(Some(BLOCK + Duration::from_secs(2)));
        let mut connection = shared_redis::client(&self.server)?
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        self.create_group(&mut connection).await?;
        Ok(connection)
    }

    async fn create_group(&self, connection: &mut impl ConnectionLike) -> RedisResult<()> {
        let created: RedisResult<()> = cmd("XGROUP")
            .arg("CREATE")
            .arg(&self.keys.stream)
            .arg(GROUP)
            .arg("0")
            .arg("MKSTREAM")
            .query_async(connection)
            .await;
        match created {
            Err(error) if error.code() != Some("BUSYGROUP") => Err(error),
            _ => Ok(()),
        }
    }

    /// Time by the clock of Redis, in seconds and microseconds, and whether the queue is paused.
    pub(super) async fn look(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<((i64, i64), bool)> {
        pipe()
            .cmd("TIME")
            .exists(&self.keys.paused)
            .query_async(connection)
            .await
    }

    /// Waits up to [`BLOCK`] for new jobs, and takes up to `count`.
    pub(super) async fn read(
        &self,
        connection: &mut MultiplexedConnection,
        count: usize,
    ) -> RedisResult<Vec<StreamId>> {
        let reply: Option<StreamReadReply> = cmd("XREADGROUP")
            .arg("GROUP")
            .arg(GROUP)
            .arg(&self.name)
            .arg("COUNT")
            .arg(count)
            .arg("BLOCK")
            .arg(BLOCK.as_millis() as u64)
            .arg("STREAMS")
            .arg(&self.keys.stream)
            .arg(">")
            .query_async(connection)
            .await?;
        let streams = reply.map(|reply| reply.keys).unwrap_or_default();
        Ok(streams.into_iter().flat_map(|stream| stream.ids).collect())
    }

    /// Takes up to `count` jobs whose workers are gone, of them up to `suspects` that may be the cause; with each, how
    /// often it was delivered before.
    pub(super) async fn adopt(
        &self,
        count: usize,
        suspects: usize,
    ) -> RedisResult<Vec<(StreamId, u32)>> {
        let redis = &mut self.redis.clone();
        let idle = ORPHANED_AFTER.as_millis() as u64;
        let orphans: StreamPendingCountReply = cmd("XPENDING")
            .arg(&self.keys.stream)
            .arg(GROUP)
            .arg("IDLE")
            .arg(idle)
            .arg("-")
            .arg("+")
            .arg(count)
            .query_async(redis)
            .await?;
        let (suspicious, others): (Vec<_>, Vec<_>) = orphans
            .ids
            .iter()
            .partition(|orphan| is_suspect(orphan.times_delivered as u32));
        let ids: Vec<&str> = others
            .into_iter()
            .chain(suspicious.into_iter().take(suspects))
            .map(|orphan| orphan.id.as_str())
            .collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // Whoever claims first resets the idle time, so that the others get nothing.
        let claimed: StreamClaimReply = cmd("XCLAIM")
            .arg(&self.keys.stream)
            .arg(GROUP)
            .arg(&self.name)
            .arg(idle)
            .arg(&ids)
            .query_async(redis)
            .await?;
        let deliveries = |id: &str| {
            let orphan = orphans.ids.iter().find(|orphan| orphan.id == id);
            orphan.map_or(1, |orphan| orphan.times_delivered as u32)
        };
        Ok(claimed
            .ids
            .into_iter()
            .map(|entry| (deliveries(&entry.id), entry))
            .map(|(deliveries, entry)| (entry, deliveries))
            .collect())
    }

    /// Tells that these jobs still run here; answers which of them are no longer ours.
    pub(super) async fn hold(&self, entries: &[String]) -> RedisResult<Vec<String>> {
        HOLD.key(&self.keys.stream)
            .arg(GROUP)
            .arg(&self.name)
            .arg(entries)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Gives these jobs back, for another worker to take at once.
    pub(super) async fn release(&self, entries: &[String]) -> RedisResult<usize> {
        RELEASE
            .key(&self.keys.stream)
            .arg(GROUP)
            .arg(&self.name)
            .arg(entries)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Takes a finished job out; false if it was no longer ours.
    pub(super) async fn finish(&self, entry_id: &str, job_id: &str) -> RedisResult<bool> {
        FINISH
            .key(&self.keys.stream)
            .key(&self.keys.ids)
            .arg(GROUP)
            .arg(&self.name)
            .arg(entry_id)
            .arg(job_id)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Lets a job run again after a delay; false if it was no longer ours.
    pub(super) async fn retry(
        &self,
        entry_id: &str,
        entry: &Entry,
        delay: Duration,
    ) -> RedisResult<bool> {
        let job = serde_json::to_string(entry).map_err(std::io::Error::other)?;
        RETRY
            .key(&self.keys.stream)
            .key(&self.keys.delayed)
            .key(&self.keys.ids)
            .arg(GROUP)
            .arg(&self.name)
            .arg(entry_id)
            .arg(delay.as_millis() as u64)
            .arg(&entry.id)
            .arg(job)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Moves a job to the dead ones; false if it was no longer ours.
    pub(super) async fn bury(
        &self,
        entry_id: &str,
        entry: &Entry,
        error: &str,
    ) -> RedisResult<bool> {
        BURY.key(&self.keys.stream)
            .key(&self.keys.ids)
            .key(&self.keys.dead)
            .arg(GROUP)
            .arg(&self.name)
            .arg(entry_id)
            .arg(DEAD_JOBS_KEPT)
            .arg(&entry.id)
            .arg(&entry.kind)
            .arg(&entry.trace_id)
            .arg(&entry.payload)
            .arg(entry.runs)
            .arg(error)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Moves the delayed jobs that are due to the stream; answers how many.
    pub(super) async fn promote(&self) -> RedisResult<usize> {
        PROMOTE
            .key(&self.keys.stream)
            .key(&self.keys.delayed)
            .key(&self.keys.ids)
            .arg(PROMOTE_AT_ONCE)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Takes over dead jobs of a release that had the queue elsewhere, some of whose workers may still bury more, and lets
    /// the rest end in time: what was promised is queued again by the ledger.
    async fn take_over(&self) -> RedisResult<()> {
        let redis = &mut self.redis.clone();
        let Keys {
            stream,
            delayed,
            dead,
            ids,
            ..
        } = &self.left_behind;
        let mut ending = pipe();
        for key in [stream, delayed, ids] {
            let seconds = LEFT_BEHIND_FOR.as_secs();
            ending.cmd("EXPIRE").arg(key).arg(seconds).arg("NX");
        }
        ending.exec_async(redis).await?;
        let left: StreamRangeReply = redis
            .xrange_count(dead, "-", "+", TAKE_OVER_AT_ONCE)
            .await?;
        for job in left.ids {
            // Other workers do the same: the job is whose it was to delete.
            if redis.xdel(dead, &[&job.id]).await? {
                let fields = job.map.iter().map(|(field, value)| {
                    let value: Vec<u8> = from_redis_value_ref(value).unwrap_or_default();
                    (field, value)
                });
                let fields: Vec<_> = fields.collect();
                redis
                    .xadd::<_, _, _, _, ()>(&self.keys.dead, "*", &fields)
                    .await?;
            }
        }
        Ok(())
    }

    /// Sweeps up after workers that are long gone, and ids whose jobs are.
    pub(super) async fn tidy(&self) -> RedisResult<()> {
        let next: u64 = TIDY
            .key(&self.keys.stream)
            .key(&self.keys.delayed)
            .key(&self.keys.ids)
            .arg(GROUP)
            .arg(FORGET_CONSUMER_AFTER.as_millis() as u64)
            .arg(self.tidied_to.load(Relaxed))
            .arg(TIDY_AT_ONCE)
            .invoke_async(&mut self.redis.clone())
            .await?;
        self.tidied_to.store(next, Relaxed);
        self.take_over().await
    }

    /// Jobs that wait or run, and dead ones.
    pub(super) async fn depth(&self) -> RedisResult<(i64, i64)> {
        self.keys.depth(&self.redis).await
    }
}

/// Test for a job that was delivered so often without an end that its workers likely died of it. Once is bad luck: it
/// may have run beside the one that is.
pub(super) const fn is_suspect(crashes: u32) -> bool {
    crashes >= 2
}
