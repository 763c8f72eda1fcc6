//! The clock of Redis, which stamps the jobs.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Knows how far Redis is ahead of this machine, so that a wrong clock here makes no job look old or new.
#[derive(Debug, Default)]
pub(super) struct RedisClock {
    ahead_ms: AtomicI64,
}

impl RedisClock {
    /// Answer of `TIME` just now: seconds, and microseconds.
    pub(super) fn set(&self, (seconds, micros): (i64, i64)) {
        let redis_ms = seconds * 1000 + micros / 1000;
        self.ahead_ms.store(redis_ms - machine_ms(), Relaxed);
    }

    /// Time since an entry was added, from the milliseconds in its id; never negative.
    pub(super) fn age(&self, entry_id: &str) -> Duration {
        let now = machine_ms() + self.ahead_ms.load(Relaxed);
        let added = entry_id.split('-').next().and_then(|ms| ms.parse().ok());
        let age = now - added.unwrap_or(now);
        Duration::from_millis(u64::try_from(age).unwrap_or(0))
    }
}

fn machine_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_millis() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entrys_age_is_that_of_redis() {
        let clock = RedisClock::default();
        clock.set((1_000_000, 0));
        let age = clock.age("999997000-3");
        assert!((3000..3500).contains(&age.as_millis()), "{age:?}");
        assert_eq!(clock.age("1000009000-0"), Duration::ZERO);
    }
}
