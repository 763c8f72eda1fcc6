//! Putting jobs on a queue.

use std::time::Duration;

use redis::RedisResult;
use uuid::Uuid;

use super::keys::{GROUP, Keys};
use super::payloads::Job;
use super::scripts::{CONTAINS, PUSH, TRY, WAIT};
use crate::shared_redis::Redis;

/// Outcome of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The job is in the queue.
    Added,
    /// It was there already, waiting or running.
    AlreadyThere,
}

/// Puts jobs on queues. Clones share the connection.
#[derive(Debug, Clone)]
pub struct Producer {
    redis: Redis,
}

impl Producer {
    /// A producer on a shared connection.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Queues `job`, once for its id.
    ///
    /// # Errors
    /// Redis is away, slow or full. The job may be queued all the same; pushing it again is harmless.
    pub async fn push<J: Job>(&self, job: &J) -> RedisResult<Pushed> {
        let keys = Keys::of(J::QUEUE);
        let payload = serde_json::to_vec(job).map_err(std::io::Error::other)?;
        let added: bool = PUSH
            .key(keys.stream)
            .key(keys.delayed)
            .key(keys.ids)
            .arg(job.id().to_string())
            .arg(J::KIND)
            .arg(job.trace_id().to_string())
            .arg(payload)
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(if added {
            Pushed::Added
        } else {
            Pushed::AlreadyThere
        })
    }

    /// Count of the jobs of this type that wait, run, or wait for their next run.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn depth<J: Job>(&self) -> RedisResult<i64> {
        let (unfinished, _) = Keys::of(J::QUEUE).depth(&self.redis).await?;
        Ok(unfinished)
    }

    /// Tries whether a job of this type could be queued now, without queueing one.
    ///
    /// # Errors
    /// It could not: Redis is away, full, a replica, or does not let us.
    pub async fn try_out<J: Job>(&self) -> RedisResult<()> {
        let keys = Keys::of(J::QUEUE);
        TRY.key(keys.stream)
            .key(keys.delayed)
            .key(keys.ids)
            .key(keys.dead)
            .key(keys.trial)
            .arg(GROUP)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Wait of the job of this type that will be taken next, by the clock of Redis; zero if none waits.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn wait<J: Job>(&self) -> RedisResult<Duration> {
        let milliseconds = WAIT
            .key(Keys::of(J::QUEUE).stream)
            .arg(GROUP)
            .invoke_async(&mut self.redis.clone())
            .await?;
        Ok(Duration::from_millis(milliseconds))
    }

    /// Test of these jobs for being in the queue, in the order asked.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn contains<J: Job>(&self, ids: &[Uuid]) -> RedisResult<Vec<bool>> {
        let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let keys = Keys::of(J::QUEUE);
        CONTAINS
            .key(keys.stream)
            .key(keys.delayed)
            .key(keys.ids)
            .arg(ids)
            .invoke_async(&mut self.redis.clone())
            .await
    }
}
