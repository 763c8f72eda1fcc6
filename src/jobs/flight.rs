//! Single flight: of identical requests, one is computed.
//!
//! The leader holds a lock in Redis that names the canonical request, and renews it while it works. The others wait for
//! it to go; by then the leader has ended their requests too. Without Redis everybody computes: slower, not wrong.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{AsyncCommands, RedisResult, Script};
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};
use uuid::Uuid;

use crate::shared_redis::Redis;
use crate::walks::route_cache::CacheKey;

/// A leader that has not renewed its lock for this long is gone.
const LOCK_TTL: Duration = Duration::from_secs(4);
const RENEW_INTERVAL: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(25);

static RENEW: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0",
    )
});
static UNLOCK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
    )
});

/// The right to compute a request alone.
#[derive(Debug)]
pub(super) struct Flight {
    redis: Redis,
    key: String,
    token: String,
    renewal: JoinHandle<()>,
}

/// Whose turn it is.
#[derive(Debug)]
pub(super) enum Turn {
    /// The caller's. `None`: nobody can tell, because Redis is away.
    Lead(Option<Flight>),
    /// Somebody computes this request already.
    Follow,
}

impl Flight {
    /// Takes the lead, if nobody has it.
    pub(super) async fn board(redis: &Redis, request: &CacheKey) -> Turn {
        let (key, token) = (lock_key(request), Uuid::new_v4().to_string());
        match lock(redis, &key, &token).await {
            Ok(true) => Turn::Lead(Some(Self::new(redis.clone(), key, token))),
            Ok(false) => Turn::Follow,
            Err(error) => {
                tracing::debug!(%error, "computing without single flight");
                Turn::Lead(None)
            }
        }
    }

    /// Waits until the leader is done. The job's own timeout bounds the wait.
    ///
    /// # Errors
    /// Redis is away: nobody can tell.
    pub(super) async fn await_landing(redis: &Redis, request: &CacheKey) -> RedisResult<()> {
        let key = lock_key(request);
        loop {
            sleep(POLL_INTERVAL).await;
            if !redis.clone().exists(&key).await? {
                return Ok(());
            }
        }
    }

    fn new(redis: Redis, key: String, token: String) -> Self {
        let renewal = tokio::spawn(renew(redis.clone(), key.clone(), token.clone()));
        Self {
            redis,
            key,
            token,
            renewal,
        }
    }

    /// Lets the others go on.
    pub(super) async fn land(self) {
        if let Err(error) = unlock(&self.redis, &self.key, &self.token).await {
            tracing::debug!(%error, "single flight ends with its lock's time");
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

fn lock_key(request: &CacheKey) -> String {
    format!("{}:flight", request.as_str())
}

async fn lock(redis: &Redis, key: &str, token: &str) -> RedisResult<bool> {
    let set: Option<String> = redis::cmd("SET")
        .arg(key)
        .arg(token)
        .arg("NX")
        .arg("PX")
        .arg(LOCK_TTL.as_millis() as u64)
        .query_async(&mut redis.clone())
        .await?;
    Ok(set.is_some())
}

async fn unlock(redis: &Redis, key: &str, token: &str) -> RedisResult<()> {
    UNLOCK
        .key(key)
        .arg(token)
        .invoke_async(&mut redis.clone())
        .await
}

async fn renew(redis: Redis, key: String, token: String) {
    let mut rounds = interval(RENEW_INTERVAL);
    rounds.tick().await;
    loop {
        rounds.tick().await;
        let ttl = LOCK_TTL.as_millis() as u64;
        let _: RedisResult<()> = RENEW
            .key(&key)
            .arg(&token)
            .arg(ttl)
            .invoke_async(&mut redis.clone())
            .await;
    }
}
