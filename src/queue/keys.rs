//! Keys of a queue in Redis.

use redis::RedisResult;

use crate::shared_redis::Redis;

/// The consumer group of all workers.
pub(super) const GROUP: &str = "workers";

/// The keys of one queue. They share a hash tag, so that in cluster mode they lie together and scripts may use them
/// all.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// Stream of the jobs that may start; those that run are pending in its consumer group.
    pub(super) stream: String,
    /// Sorted set of the jobs that wait for their next run, by the time of it in milliseconds.
    pub(super) delayed: String,
    /// Stream of the jobs that were given up.
    pub(super) dead: String,
    /// Hash from the id of each job to where it is: its entry in `stream`, or its member of `delayed`.
    pub(super) ids: String,
    /// Mark that no jobs are to be taken; ends by itself.
    pub(super) paused: String,
    /// Stream for trying whether the others can be written, soon gone.
    pub(super) trial: String,
}

impl Keys {
    pub(super) fn of(queue: &str) -> Self {
        Self::on(format!("wildside:queue:{{{queue}}}"))
    }

    /// Keys of the queue in releases before hash tags.
    pub(super) fn untagged(queue: &str) -> Self {
        Self::on(format!("wildside:queue:{queue}"))
    }

    /// Jobs that wait or run, and dead ones.
    pub(super) async fn depth(&self, redis: &Redis) -> RedisResult<(i64, i64)> {
        let (ready, delayed, dead): (i64, i64, i64) = redis::pipe()
            .xlen(&self.stream)
            .zcard(&self.delayed)
            .xlen(&self.dead)
            .query_async(&mut redis.clone())
            .await?;
        Ok((ready + delayed, dead))
    }

    fn on(stream: String) -> Self {
        Self {
            delayed: format!("{stream}:delayed"),
            dead: format!("{stream}:dead"),
            ids: format!("{stream}:ids"),
            paused: format!("{stream}:paused"),
            trial: format!("{stream}:trial"),
            stream,
        }
    }
}
