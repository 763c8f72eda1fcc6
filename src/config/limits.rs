//! Limits of one user or one address.

use std::time::Duration;

use super::Reader;

/// * `WILDSIDE_ROUTE_REQUESTS_PER_MINUTE`: route requests of one user (default 60; 0: no limit)
/// * `WILDSIDE_REQUESTS_PER_SECOND`: requests of one address, and of one user (default 50; 0: no limit)
/// * `WILDSIDE_REQUESTS_BURST`: of them, at once (default 200)
/// * `WILDSIDE_WORK_PER_SECOND`: milliseconds of processor time that logins, walks and other dear requests of one address may
///   cost in a second; four times as many at once (default: an eighth of the processors' time, or no limit where requests have
///   none; 0: no limit)
/// * `WILDSIDE_QUEUE_LIMIT`: unfinished route requests at which more are refused with 503 (default 20000)
/// * `WILDSIDE_QUEUE_WAIT_SECONDS`: longest wait for a worker at which they are as well (default 60)
/// * `WILDSIDE_LOGINS_PER_NAME`: failed logins for one name from one address before pauses begin, from 5 s to 15 minutes; as
///   many are forgotten in an hour, and from everywhere 5 times as many are free (default 10; 0: no limit)
/// * `WILDSIDE_LOGINS_PER_ADDRESS`: the same for one address, whatever the name; as many are forgotten in 15 minutes (default
///   50; 0: no limit)
/// * `WILDSIDE_SIGNUPS_PER_ADDRESS`: sign-ups of one address in any hour (default 20; 0: no limit)
/// * `WILDSIDE_PASSWORD_HASHES`: password hashes computed at once (default: half of the cores, at least 1)
#[derive(Debug, Clone, Copy)]
pub struct LimitsConfig {
    pub route_requests_per_minute: u32,
    pub requests_per_second: u32,
    pub requests_burst: u32,
    pub work_per_second: u32,
    pub queue: i64,
    pub queue_wait: Duration,
    pub logins_per_name: u32,
    pub logins_per_address: u32,
    pub signups_per_address: u32,
    pub password_hashes: usize,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let cores = super::processors();
        let requests_per_second = reader.or("WILDSIDE_REQUESTS_PER_SECOND", 50);
        let work = match requests_per_second {
            0 => 0,
            _ => u32::try_from(cores * 1_000 / 8).unwrap_or(u32::MAX),
        };
        Self {
            route_requests_per_minute: reader.or("WILDSIDE_ROUTE_REQUESTS_PER_MINUTE", 60),
            requests_per_second,
            work_per_second: reader.or("WILDSIDE_WORK_PER_SECOND", work),
            requests_burst: reader.within("WILDSIDE_REQUESTS_BURST", 1..=1_000_000, 200),
            queue: reader.within("WILDSIDE_QUEUE_LIMIT", 1..=1_000_000, 20_000),
            queue_wait: reader.seconds("WILDSIDE_QUEUE_WAIT_SECONDS", 1..=3_600, 60),
            logins_per_name: reader.or("WILDSIDE_LOGINS_PER_NAME", 10),
            logins_per_address: reader.or("WILDSIDE_LOGINS_PER_ADDRESS", 50),
            signups_per_address: reader.or("WILDSIDE_SIGNUPS_PER_ADDRESS", 20),
            password_hashes: reader.within("WILDSIDE_PASSWORD_HASHES", 1..=64, (cores / 2).max(1)),
        }
    }
}
