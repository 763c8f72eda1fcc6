//! Logins and sign-ups are counted in Redis, so that all servers agree.

use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::Duration;

use governor::Quota;
use redis::aio::ConnectionManager;
use redis::{RedisResult, Script};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::quota::Limiter;
use crate::api::error::ApiError;
use crate::config::LimitsConfig;

/// Waiting longer than this for a count helps nobody.
const TIME_BUDGET: Duration = Duration::from_millis(250);
/// Failed logins are forgotten after this long, and nobody has to wait longer for the next.
const LOGIN_WINDOW: Duration = Duration::from_mins(15);
const SIGN_UP_WINDOW: Duration = Duration::from_hours(1);
/// The pause after the last login that is free; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

static BEGIN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("attempts.lua")));

/// The counts of a server.
#[derive(Debug)]
pub struct Attempts {
    /// Logins under one name.
    pub names: Attempted,
    /// Logins from one address.
    pub addresses: Attempted,
    /// Sign-ups from one address.
    pub sign_ups: Attempted,
}

impl Attempts {
    /// Limits as configured.
    pub fn new(limits: &LimitsConfig, redis: &ConnectionManager) -> Self {
        let attempted = |kind, limit, window, first_pause| Attempted {
            redis: redis.clone(),
            kind,
            limit,
            window,
            first_pause,
            alone: Limiter::new(quota(limit, window)),
        };
        Self {
            names: attempted("name", limits.logins_per_name, LOGIN_WINDOW, FIRST_PAUSE),
            addresses: attempted(
                "address",
                limits.logins_per_address,
                LOGIN_WINDOW,
                FIRST_PAUSE,
            ),
            sign_ups: attempted(
                "signup",
                limits.signups_per_address,
                SIGN_UP_WINDOW,
                SIGN_UP_WINDOW,
            ),
        }
    }
}

/// `limit` at once, and as many in each window.
fn quota(limit: u32, window: Duration) -> Option<Quota> {
    let limit = NonZeroU32::new(limit)?;
    Some(Quota::with_period(window / limit.get())?.allow_burst(limit))
}

/// Attempts of one kind, counted by who makes them: a number of them is free, then pauses begin and grow.
#[derive(Debug)]
pub struct Attempted {
    redis: ConnectionManager,
    kind: &'static str,
    /// 0: all pass.
    limit: u32,
    window: Duration,
    first_pause: Duration,
    /// Counts while Redis is away, for this server alone.
    alone: Limiter<String>,
}

impl Attempted {
    /// Counts one attempt before it is made: concurrent ones can't slip through together.
    ///
    /// # Errors
    /// `too_many_requests`, with the time to wait.
    pub async fn begin(&self, who: &str) -> Result<(), ApiError> {
        if self.limit == 0 {
            return Ok(());
        }
        let key = self.key(who);
        let mut call = BEGIN.key(&key);
        call.arg(self.limit)
            .arg(self.first_pause.as_secs())
            .arg(self.window.as_secs());
        let pause: Option<u64> = self
            .within_budget(call.invoke_async(&mut self.redis.clone()))
            .await;
        match pause {
            None => self.alone.check(&key),
            Some(0) => Ok(()),
            Some(retry_after) => Err(ApiError::TooManyRequests { retry_after }),
        }
    }

    /// Takes an attempt back that turned out to be honest.
    pub async fn forgive(&self, who: &str) {
        if self.limit == 0 {
            return;
        }
        let (key, mut redis) = (self.key(who), self.redis.clone());
        let mut call = redis::pipe();
        call.hincr(&key, "count", -1).hdel(&key, "free_at");
        call.expire(&key, self.window.as_secs() as i64).ignore();
        self.within_budget(call.exec_async(&mut redis)).await;
    }

    /// A digest: names and addresses are personal data.
    fn key(&self, who: &str) -> String {
        let digest = Sha256::digest(who);
        let digest = digest[..16]
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        format!("wildside:attempts:{}:{digest}", self.kind)
    }

    async fn within_budget<T>(&self, call: impl Future<Output = RedisResult<T>>) -> Option<T> {
        match timeout(TIME_BUDGET, call).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(kind = self.kind, %error, "attempts are counted by this server alone: redis is away");
                None
            }
            Err(_) => {
                tracing::warn!(
                    kind = self.kind,
                    "attempts are counted by this server alone: redis is slow"
                );
                None
            }
        }
    }
}
