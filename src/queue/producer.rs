//! Putting jobs on a queue.

use redis::aio::ConnectionManager;
use redis::{RedisResult, Script};
use std::sync::LazyLock;

use super::keys::Keys;
use super::payloads::Job;

/// Adds a job unless one of the same id waits or runs already.
static PUSH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("push.lua")));

/// What became of a push.
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
    redis: ConnectionManager,
}

impl Producer {
    /// A producer on a shared connection.
    pub fn new(redis: ConnectionManager) -> Self {
        Self { redis }
    }

    /// Queues `job`, once for its id.
    ///
    /// # Errors
    /// Redis is away, slow or full. The job may be queued all the same; pushing it again is harmless.
    pub async fn push<J: Job>(&self, job: &J) -> RedisResult<Pushed> {
        let keys = Keys::of::<J>();
        let payload = serde_json::to_vec(job).map_err(std::io::Error::other)?;
        let added: bool = PUSH
            .key(keys.stream())
            .key(keys.ids())
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

    /// How many jobs of this type wait, run or wait for their next try.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn depth<J: Job>(&self) -> RedisResult<u64> {
        redis::cmd("SCARD")
            .arg(Keys::of::<J>().ids())
            .query_async(&mut self.redis.clone())
            .await
    }
}
