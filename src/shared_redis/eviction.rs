//! Eviction: a Redis that makes room by dropping keys loses jobs, which have no time to live.

use std::time::Duration;

use anyhow::bail;
use redis::{InfoDict, cmd};

use super::{Redis, connect, within};
use crate::config::RedisServer;

/// Longest look at the settings when a process starts.
const PATIENCE: Duration = Duration::from_secs(2);
/// Command that ends the eviction.
pub const REMEDY: &str = "redis-cli CONFIG SET maxmemory-policy noeviction, or give the cache a Redis of its own by REDIS_CACHE_URL";

/// Policy by which a server evicts keys that have no time to live, if it does; of its answer to `INFO`.
pub fn policy(info: &InfoDict) -> Option<String> {
    let limit: u64 = info.get("maxmemory").unwrap_or_default();
    let policy: String = info.get("maxmemory_policy").unwrap_or_default();
    (limit > 0 && policy.starts_with("allkeys")).then_some(policy)
}

/// Refuses a Redis that evicts jobs. One that is away, or does not tell, is waited for elsewhere.
///
/// # Errors
/// The policy, and what mends it.
pub async fn refuse(server: &RedisServer) -> anyhow::Result<()> {
    let Ok(redis) = connect(server) else {
        return Ok(());
    };
    match ask(redis).await {
        Some(policy) => bail!(
            "REDIS_URL: this Redis evicts jobs when its memory is full (maxmemory-policy {policy}); mend it with: {REMEDY}"
        ),
        None => Ok(()),
    }
}

async fn ask(mut redis: Redis) -> Option<String> {
    let mut ask = cmd("INFO");
    let told = within(
        PATIENCE,
        ask.arg("memory").query_async::<InfoDict>(&mut redis),
    )
    .await;
    policy(&told.ok()?)
}
