//! Rate limit of guessing: failed logins and sign-ups, counted in Redis so that all servers agree.
//!
//! A failed login is counted by name and address together, by name and by address; each failure is forgotten by itself after
//! a while, and an honest login leaves no trace in any count. Who logs in from a device or an address where the name has
//! logged in before is only held up by what failed there: nobody can lock others out. The rule and its reasons are in
//! `docs/decisions/counting-guesses.md`.
//!
//! Each attempt takes one script, whose keys are in one slot of a cluster and all have an end. While Redis is away each
//! server counts alone.

mod login;
mod sign_up;

use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;
use redis::RedisResult;
use sha2::{Digest, Sha256};

pub use login::{LoginAttempt, Logins, Place};
pub use sign_up::SignUps;

use crate::config::LimitsConfig;
use crate::shared_redis::{Redis, within};

/// Waiting longer than this for a count helps nobody.
const TIME_BUDGET: Duration = Duration::from_millis(250);

/// The counts of a server.
#[derive(Debug)]
pub struct Attempts {
    pub logins: Logins,
    pub sign_ups: SignUps,
}

impl Attempts {
    /// Limits as configured.
    pub fn new(limits: &LimitsConfig, redis: &Redis) -> Self {
        Self {
            logins: Logins::new(limits, redis),
            sign_ups: SignUps::new(limits, redis),
        }
    }
}

/// `limit` at once, and as many in each window.
fn quota(limit: u32, window: Duration) -> Option<Quota> {
    let limit = NonZeroU32::new(limit)?;
    Some(Quota::with_period(window / limit.get())?.allow_burst(limit))
}

/// A digest: names, addresses and devices are personal data.
fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
        hasher.update([0]);
    }
    let half = hasher.finalize().first_chunk().copied().unwrap_or_default();
    format!("{:032x}", u128::from_be_bytes(half))
}

/// A key of `kind` in the slot of all attempts.
fn key(kind: &str, parts: &[&str]) -> String {
    format!("wildside:{{attempts}}:{kind}:{}", digest(parts))
}

/// The answer of Redis, unless it is away or slow.
async fn within_budget<T>(call: impl Future<Output = RedisResult<T>>) -> Option<T> {
    let answer = within(TIME_BUDGET, call).await;
    answer
        .inspect_err(|error| tracing::warn!(%error, "attempts are counted by this server alone"))
        .ok()
}
