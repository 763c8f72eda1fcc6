//! Keeping the dead-letter streams from growing for ever.

use redis::RedisResult;

use super::inspector::QUEUES;
use super::keys::Keys;
use crate::shared_redis::Redis;

const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1000;
const MAX_KEPT: usize = 10_000;

/// Forgets dead jobs older than 30 days, and all but the newest 10,000 of each queue; answers how many.
///
/// # Errors
/// Redis is away or slow.
pub async fn trim_dead(redis: &mut Redis) -> RedisResult<u64> {
    let (seconds, _): (u64, u64) = redis::cmd("TIME").query_async(redis).await?;
    let oldest = (seconds * 1000).saturating_sub(KEPT_MS);
    let mut trim = redis::pipe();
    for queue in QUEUES {
        let dead = Keys::of(queue).dead;
        trim.cmd("XTRIM").arg(&dead).arg("MINID").arg(oldest);
        trim.cmd("XTRIM").arg(&dead).arg("MAXLEN").arg(MAX_KEPT);
    }
    let trimmed: Vec<u64> = trim.query_async(redis).await?;
    Ok(trimmed.iter().sum())
}
