//! Rate limits of users and addresses, counted in this process.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use crate::config::LimitsConfig;

/// Tries to change a password in a minute.
const PASSWORD_TRIES: NonZeroU32 = NonZeroU32::new(5).expect("five is not zero");
/// Keys that have been quiet for long are forgotten after this many questions.
const SWEEP_EVERY: u32 = 4096;

/// The limits that need no agreement between servers.
#[derive(Debug)]
pub struct Quotas {
    /// Requests of one address.
    pub requests: Limiter<IpAddr>,
    /// Questions of one address how this process fares.
    pub probes: Limiter<IpAddr>,
    /// Milliseconds of processor time for one address.
    pub work: Limiter<IpAddr>,
    /// Requests of one user, from wherever.
    pub users: Limiter<Uuid>,
    /// Route requests of one user.
    pub routes: Limiter<Uuid>,
    /// Tries of one user to change the password.
    pub passwords: Limiter<Uuid>,
}

impl Quotas {
    /// Limits as configured.
    pub fn new(limits: &LimitsConfig) -> Self {
        let burst = NonZeroU32::new(limits.requests_burst).unwrap_or(NonZeroU32::MIN);
        let requests = NonZeroU32::new(limits.requests_per_second)
            .map(|rate| Quota::per_second(rate).allow_burst(burst));
        let per_minute = NonZeroU32::new(limits.route_requests_per_minute);
        Self {
            requests: Limiter::new(requests),
            probes: Limiter::new(requests),
            work: Limiter::new(work(limits.work_per_second)),
            users: Limiter::new(requests),
            routes: Limiter::new(per_minute.map(Quota::per_minute)),
            passwords: Limiter::new(Some(Quota::per_minute(PASSWORD_TRIES))),
        }
    }
}

/// Seconds whose work may be done at once.
const WORK_BURST: NonZeroU32 = NonZeroU32::new(4).expect("four is not zero");

/// So many milliseconds a second.
fn work(milliseconds: u32) -> Option<Quota> {
    let rate = NonZeroU32::new(milliseconds)?;
    Some(Quota::per_second(rate).allow_burst(rate.saturating_mul(WORK_BURST)))
}

/// Refusal of somebody who asks too often.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("too many requests; try again in {retry_after} s")]
pub struct TooMany {
    /// Seconds.
    pub retry_after: u64,
}

/// A limit for each key; without a quota everything passes.
#[derive(Debug)]
pub struct Limiter<K: Hash + Eq + Clone> {
    rates: Option<DefaultKeyedRateLimiter<K>>,
    /// Most that a key may have at once.
    most: NonZeroU32,
    asked: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    pub(super) fn new(quota: Option<Quota>) -> Self {
        Self {
            most: quota.map_or(NonZeroU32::MAX, |quota| quota.burst_size()),
            rates: quota.map(RateLimiter::keyed),
            asked: AtomicU32::new(0),
        }
    }

    /// Counts one question of `key`.
    ///
    /// # Errors
    /// The time to wait.
    pub fn check(&self, key: &K) -> Result<(), TooMany> {
        self.take(key, 1)
    }

    /// Takes so much at once from what `key` may have; of more than it may ever have at once, all of that.
    ///
    /// # Errors
    /// The time to wait.
    pub fn take(&self, key: &K, amount: u32) -> Result<(), TooMany> {
        let (Some(rates), Some(amount)) = (&self.rates, NonZeroU32::new(amount)) else {
            return Ok(());
        };
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            rates.retain_recent();
        }
        let taken = rates
            .check_key_n(key, amount.min(self.most))
            .unwrap_or(Ok(()));
        taken.map_err(|refused| TooMany {
            retry_after: refused
                .wait_time_from(DefaultClock::default().now())
                .as_secs()
                + 1,
        })
    }
}
