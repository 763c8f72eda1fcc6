//! Rate limit that all workers share: a few requests at once, a pause between them, a quota a day, and silence
//! after failures. It lives in Redis, in one script, so that it holds for a thousand workers as for one.

use std::time::Duration;

use redis::{RedisError, Script};
use reqwest::Url;
use uuid::Uuid;

use super::client::OverpassError;
use crate::shared_redis::Redis;

// One hash tag: one script uses both, also in cluster mode.
const STATE: &str = "wildside:{overpass}:state";
const LEASES: &str = "wildside:{overpass}:leases";

/// A server that wants to be left alone for longer is asked again after a day.
const LONGEST_SILENCE: Duration = Duration::from_hours(24);

/// The bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MannersSettings {
    /// Requests under way at the same time.
    pub at_once: u32,
    /// Between the beginnings of two requests to one server.
    pub spacing: Duration,
    /// A permit that is not given back ends by itself; longer than any request takes.
    pub lease: Duration,
    /// Requests from one midnight (UTC) to the next.
    pub requests_a_day: u64,
    /// Bytes of answers likewise.
    pub bytes_a_day: u64,
    /// So many failures of a server in a row open its circuit.
    pub failures_to_open: u32,
    /// Time for which it is open at first; twice as long with each further failure.
    pub open: Duration,
    /// At the longest.
    pub longest_open: Duration,
}

impl Default for MannersSettings {
    /// Well below what the public servers ask of their users (10,000 requests and 1 GB a day).
    fn default() -> Self {
        Self {
            at_once: 2,
            spacing: Duration::from_secs(1),
            lease: Duration::from_mins(1),
            requests_a_day: 2_000,
            bytes_a_day: 500 << 20,
            failures_to_open: 3,
            open: Duration::from_mins(1),
            longest_open: Duration::from_hours(1),
        }
    }
}

/// Permission to send one request to one server.
#[derive(Debug)]
#[must_use = "a permit that is not given back blocks others until its lease ends"]
pub struct Permit {
    id: Uuid,
    server: String,
}

/// Refusal of a permit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("overpass is not asked now: {reason}, again in {wait:?}")]
pub struct Refusal {
    /// [`Refusal::BUSY`], `quota_used_up` or [`Refusal::CIRCUIT_OPEN`].
    pub reason: String,
    /// Time until the next try.
    pub wait: Duration,
}

impl Refusal {
    /// Others ask just now.
    pub const BUSY: &str = "busy";
    /// The server has failed too often of late, or wants to be left alone.
    pub const CIRCUIT_OPEN: &str = "circuit_open";
}

/// The shared bookkeeping.
#[derive(Clone)]
pub struct Manners {
    redis: Redis,
    settings: MannersSettings,
    script: Script,
}

impl std::fmt::Debug for Manners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manners")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Manners {
    /// Bookkeeping in `redis`, which must time out by itself.
    pub fn new(redis: Redis, settings: MannersSettings) -> Self {
        Self {
            redis,
            settings,
            script: Script::new(include_str!("manners.lua")),
        }
    }

    /// Takes a permit to ask `server`, or hears when to come again.
    ///
    /// # Errors
    /// Redis is away: then nobody asks, since nobody can count.
    pub async fn take(&self, server: &Url) -> Result<Result<Permit, Refusal>, RedisError> {
        let MannersSettings {
            at_once,
            spacing,
            lease,
            requests_a_day,
            bytes_a_day,
            ..
        } = self.settings;
        let permit = Permit {
            id: Uuid::new_v4(),
            server: server.authority().to_owned(),
        };
        let mut call = self.script.prepare_invoke();
        call.key(STATE)
            .key(LEASES)
            .arg("take")
            .arg(&permit.server)
            .arg(permit.id.to_string());
        call.arg(at_once)
            .arg(millis(spacing))
            .arg(millis(lease))
            .arg(requests_a_day)
            .arg(bytes_a_day);
        let (word, wait): (String, u64) = call.invoke_async(&mut self.redis.clone()).await?;
        Ok(match word.as_str() {
            "granted" => Ok(permit),
            _ => Err(Refusal {
                reason: word,
                wait: Duration::from_millis(wait),
            }),
        })
    }

    /// Gives the permit back and tells how the request went.
    ///
    /// # Errors
    /// Redis is away; the lease ends by itself.
    pub async fn give_back(
        &self,
        permit: Permit,
        outcome: Result<usize, &OverpassError>,
    ) -> Result<(), RedisError> {
        let MannersSettings {
            failures_to_open,
            open,
            longest_open,
            ..
        } = self.settings;
        let (word, bytes) = match outcome {
            Ok(bytes) => ("ok", bytes),
            Err(OverpassError::BadQuery { .. }) => ("ok", 0),
            Err(OverpassError::TooLarge(limit)) => ("ok", *limit),
            Err(_) => ("failed", 0),
        };
        let told = outcome.err().and_then(OverpassError::retry_after);
        let wait = match outcome {
            Err(OverpassError::RateLimited { .. }) => told.unwrap_or(open),
            _ => told.unwrap_or_default(),
        };
        let mut call = self.script.prepare_invoke();
        call.key(STATE)
            .key(LEASES)
            .arg("give")
            .arg(&permit.server)
            .arg(permit.id.to_string())
            .arg(bytes)
            .arg(word);
        call.arg(millis(wait.min(LONGEST_SILENCE)))
            .arg(failures_to_open)
            .arg(millis(open))
            .arg(millis(longest_open));
        let _: (String, u64) = call.invoke_async(&mut self.redis.clone()).await?;
        Ok(())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
