//! Logins and sign-ups are counted in Redis, so that all servers agree.

use std::net::IpAddr;
use std::time::Duration;

use redis::Script;
use redis::aio::ConnectionManager;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::api::error::ApiError;

/// Waiting longer than this for a count helps nobody.
const TIME_BUDGET: Duration = Duration::from_millis(250);

/// Adds to a counter that starts to expire with its first count, and returns count and remaining seconds.
const COUNT: &str = "local n = redis.call('INCRBY', KEYS[1], ARGV[1]) \
    if n == tonumber(ARGV[1]) and n > 0 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end \
    return {n, redis.call('TTL', KEYS[1])}";

/// A counter over a window of time.
#[derive(Debug, Clone)]
pub struct Attempts {
    key: String,
    limit: u32,
    window: Duration,
}

impl Attempts {
    /// Logins under one name. The key holds a digest: names are personal data.
    pub fn of_name(name: &str, limit: u32) -> Self {
        let digest = Sha256::digest(name.to_lowercase());
        let digest = digest[..16]
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Self::new(
            format!("wildside:attempts:name:{digest}"),
            limit,
            Duration::from_mins(15),
        )
    }

    /// Logins from one address.
    pub fn of_address(address: IpAddr, limit: u32) -> Self {
        Self::new(
            format!("wildside:attempts:address:{address}"),
            limit,
            Duration::from_mins(15),
        )
    }

    /// Sign-ups from one address.
    pub fn of_sign_up(address: IpAddr, limit: u32) -> Self {
        Self::new(
            format!("wildside:attempts:signup:{address}"),
            limit,
            Duration::from_hours(1),
        )
    }

    const fn new(key: String, limit: u32, window: Duration) -> Self {
        Self { key, limit, window }
    }

    /// Counts one attempt before it is made: concurrent ones can't slip through together.
    ///
    /// While Redis is away attempts pass: the bounded hashing still slows a guesser down, and nobody is locked out.
    ///
    /// # Errors
    /// `too_many_requests`, with the time to wait.
    pub async fn begin(&self, redis: &ConnectionManager) -> Result<(), ApiError> {
        if self.limit == 0 {
            return Ok(());
        }
        match self.add(redis, 1).await {
            Some((count, wait)) if count > i64::from(self.limit) => {
                Err(ApiError::TooManyRequests {
                    retry_after: u64::try_from(wait).unwrap_or(1).max(1),
                })
            }
            _ => Ok(()),
        }
    }

    /// Takes an attempt back that turned out to be honest.
    pub async fn forgive(&self, redis: &ConnectionManager) {
        if self.limit > 0 {
            self.add(redis, -1).await;
        }
    }

    async fn add(&self, redis: &ConnectionManager, by: i64) -> Option<(i64, i64)> {
        let script = Script::new(COUNT);
        let mut call = script.key(&self.key);
        call.arg(by).arg(self.window.as_secs());
        let mut redis = redis.clone();
        match timeout(TIME_BUDGET, call.invoke_async(&mut redis)).await {
            Ok(Ok(counted)) => Some(counted),
            Ok(Err(error)) => {
                tracing::warn!(%error, "attempts are not counted: redis is away");
                None
            }
            Err(_) => {
                tracing::warn!("attempts are not counted: redis is slow");
                None
            }
        }
    }
}
