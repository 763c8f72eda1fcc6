//! Sign-ups of one address.

use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

use redis::{AsyncCommands, Script};

use super::{key, quota, within_budget};
use crate::accounts::quota::{Limiter, TooMany};
use crate::config::LimitsConfig;
use crate::shared_redis::Redis;

const WINDOW: Duration = Duration::from_hours(1);

static BEGIN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("begin_sign_up.lua")));

/// Counts sign-ups: so many in any hour.
#[derive(Debug)]
pub struct SignUps {
    redis: Redis,
    /// 0: any number.
    limit: u32,
    /// While Redis is away.
    alone: Limiter<IpAddr>,
}

impl SignUps {
    pub(super) fn new(limits: &LimitsConfig, redis: &Redis) -> Self {
        let limit = limits.signups_per_address;
        Self {
            redis: redis.clone(),
            limit,
            alone: Limiter::new(quota(limit, WINDOW)),
        }
    }

    /// Counts a sign-up before it is made: concurrent ones can't slip through together.
    ///
    /// # Errors
    /// The time to wait.
    pub async fn begin(&self, address: IpAddr) -> Result<(), TooMany> {
        if self.limit == 0 {
            return Ok(());
        }
        let mut call = BEGIN.key(times_key(address));
        call.arg(self.limit).arg(WINDOW.as_millis() as u64);
        let wait = within_budget(call.invoke_async(&mut self.redis.clone())).await;
        match wait {
            None => self.alone.check(&address),
            Some(0) => Ok(()),
            Some(retry_after) => Err(TooMany { retry_after }),
        }
    }

    /// Takes a sign-up back that did not come to anything by our own fault.
    pub async fn take_back(&self, address: IpAddr) {
        if self.limit > 0 {
            let mut redis = self.redis.clone();
            within_budget::<()>(redis.lpop(times_key(address), None)).await;
        }
    }
}

fn times_key(address: IpAddr) -> String {
    key("sign_ups", &[&address.to_string()])
}
