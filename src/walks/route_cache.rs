//! The route cache: which stored route answers which request.
//!
//! It only saves work. While Redis is away or slow every question is a miss, and what is found is believed only after
//! the route was seen in the database.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::Rng;
use redis::aio::ConnectionLike;
use redis::{AsyncCommands, FromRedisValue, RedisResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::city::areas::AreaState;
use crate::db::ledger::params::RouteParams;
use crate::shared_redis::{Redis, within};
use crate::telemetry::metrics::Metrics;

/// Waiting longer than this for the cache costs more than it saves.
const TIME_BUDGET: Duration = Duration::from_millis(75);
/// Prefix of all keys.
const PREFIX: &str = "wildside:route:v1:";
/// Life of an answer that nobody keeps any more.
const LEAVE_SECONDS: i64 = 3600;

/// Key of the answer to a canonical request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKey(String);

impl CacheKey {
    /// The key of a request on the data of the areas within its reach: when one of them changes, so does the key.
    pub fn new(params: &RouteParams, areas: &[AreaState]) -> Self {
        let mut key = String::from(PREFIX);
        for byte in &params.digest()[..16] {
            let _ = write!(key, "{byte:02x}");
        }
        for area in areas {
            let _ = write!(key, ":{}.{}", area.id, area.generation);
        }
        Self(key)
    }

    /// A key as the ledger has it.
    pub fn stored(key: String) -> Self {
        Self(key)
    }

    /// Test for a key that a request may still be given: it is of areas that are there, and in no newer generation. A key
    /// of another format is not.
    pub fn is_current(&self, areas: &[AreaState]) -> bool {
        let is_there = |part: &str| {
            let (id, generation) = part.split_once('.')?;
            let (id, generation): (i32, i64) = (id.parse().ok()?, generation.parse().ok()?);
            let area = areas.iter().find(|area| area.id == id)?;
            (area.generation <= generation).then_some(())
        };
        let rest = self.0.strip_prefix(PREFIX).unwrap_or_default();
        let mut parts = rest.split(':').skip(1).peekable();
        parts.peek().is_some() && parts.all(|part| is_there(part).is_some())
    }

    /// The text that goes into the ledger.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Value under a key.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    route_id: Uuid,
    /// Time at which other streets or places are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

impl Entry {
    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| until <= Utc::now())
    }
}

/// An answer that is kept for good.
#[derive(Debug)]
pub struct PinnedWalk {
    pub key: CacheKey,
    /// `None`: unreadable.
    pub route_id: Option<Uuid>,
}

/// A handle to the cache; clones share the connection.
#[derive(Debug, Clone)]
pub struct RouteCache {
    redis: Redis,
    metrics: Metrics,
    ttl: Duration,
}

impl RouteCache {
    /// A cache on a shared connection. A route is offered to others for `ttl`, less up to a tenth, so that not all that
    /// were made together expire together.
    pub fn new(redis: Redis, metrics: Metrics, ttl: Duration) -> Self {
        Self {
            redis,
            metrics,
            ttl,
        }
    }

    /// The Redis that it is in, and single flight with it.
    pub const fn redis(&self) -> &Redis {
        &self.redis
    }

    /// The route that answered this request before, if it is remembered. It may have been deleted since: look it up.
    pub async fn get(&self, key: &CacheKey) -> Option<Uuid> {
        self.read(
            key,
            within_budget(self.redis.clone().get(key.as_str())).await,
        )
    }

    /// Reads the route from what lies under the key, whoever has got it; `None` where the cache was not there.
    pub fn read(&self, key: &CacheKey, found: Option<Option<Vec<u8>>>) -> Option<Uuid> {
        let (route_id, result) = match found {
            None => (None, "error"),
            Some(None) => (None, "miss"),
            Some(Some(bytes)) => match serde_json::from_slice::<Entry>(&bytes) {
                Ok(entry) if entry.is_over() => (None, "miss"),
                Ok(entry) => (Some(entry.route_id), "hit"),
                Err(error) => {
                    tracing::warn!(cache.key = key.as_str(), %error, "unreadable cache entry ignored");
                    (None, "miss")
                }
            },
        };
        self.metrics
            .route_cache_requests_total
            .with_label_values(&[result])
            .inc();
        route_id
    }

    /// Remembers the answer to a request for a while, at most `until` then.
    pub async fn put(&self, key: &CacheKey, route_id: Uuid, until: Option<DateTime<Utc>>) {
        let Ok(entry) = serde_json::to_vec(&Entry { route_id, until }) else {
            return;
        };
        let left = |until: DateTime<Utc>| (until - Utc::now()).num_seconds().max(1) as u64;
        let ttl = self.jittered_ttl_seconds();
        let ttl = until.map_or(ttl, |until| ttl.min(left(until)));
        within_budget::<()>(self.redis.clone().set_ex(key.as_str(), entry, ttl)).await;
    }

    /// Forgets an answer that turned out to be gone.
    pub async fn remove(&self, key: &CacheKey) {
        within_budget::<()>(self.redis.clone().del(key.as_str())).await;
    }

    /// Remembers the answer to these requests for good, because somebody saved the route, or as long as it is one; false if the
    /// cache was not told.
    pub async fn pin(
        &self,
        keys: &[CacheKey],
        route_id: Uuid,
        until: Option<DateTime<Utc>>,
    ) -> bool {
        let pinned = Entry { route_id, until };
        if pinned.is_over() {
            return true;
        }
        let Ok(entry) = serde_json::to_vec(&pinned) else {
            return false;
        };
        let mut told = redis::pipe();
        for key in keys {
            told.set(key.as_str(), &entry).ignore();
        }
        within_budget::<()>(told.query_async(&mut self.redis.clone()))
            .await
            .is_some()
    }

    /// Lets the pinned answers to these requests expire again; false if the cache was not told.
    pub async fn unpin(&self, keys: &[CacheKey]) -> bool {
        let ttl = i64::try_from(self.jittered_ttl_seconds()).unwrap_or(i64::MAX);
        let mut told = redis::pipe();
        for key in keys {
            told.expire(key.as_str(), ttl).ignore();
        }
        within_budget::<()>(told.query_async(&mut self.redis.clone()))
            .await
            .is_some()
    }

    /// The pinned answers in the next part of the cache, and where it goes on: 0 at the end, as at the beginning.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn pinned(
        redis: &mut impl ConnectionLike,
        cursor: u64,
    ) -> RedisResult<(u64, Vec<PinnedWalk>)> {
        const AT_A_TIME: usize = 500;
        /// Redis' word for a key without a TTL.
        const FOR_GOOD: i64 = -1;
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor)
            .arg("MATCH")
            .arg(format!("{PREFIX}*"))
            .arg("COUNT")
            .arg(AT_A_TIME);
        let (next, mut keys): (u64, Vec<String>) = scan.query_async(redis).await?;
        let mut ask = redis::pipe();
        for key in &keys {
            ask.ttl(key);
        }
        let mut ttls = answers::<i64>(&ask, redis).await?.into_iter();
        keys.retain(|_| ttls.next() == Some(FOR_GOOD));
        let mut ask = redis::pipe();
        for key in &keys {
            ask.get(key);
        }
        let entries = answers::<Option<Vec<u8>>>(&ask, redis).await?;
        let pinned = keys
            .into_iter()
            .zip(entries)
            .map(|(key, entry)| PinnedWalk {
                key: CacheKey(key),
                route_id: entry
                    .and_then(|entry| serde_json::from_slice::<Entry>(&entry).ok())
                    .map(|entry| entry.route_id),
            });
        Ok((next, pinned.collect()))
    }

    /// Lets answers expire that nobody keeps any more.
    ///
    /// # Errors
    /// Redis is away or slow.
    pub async fn let_expire(redis: &mut impl ConnectionLike, keys: &[CacheKey]) -> RedisResult<()> {
        let mut ask = redis::pipe();
        for key in keys {
            ask.expire(key.as_str(), LEAVE_SECONDS);
        }
        answers::<i64>(&ask, redis).await.map(drop)
    }

    fn jittered_ttl_seconds(&self) -> u64 {
        let longest = self.ttl.as_secs().max(1);
        rand::rng().random_range(longest - longest / 10..=longest)
    }
}

/// Asks for many things at once; a pipeline with nothing in it is none.
async fn answers<T: FromRedisValue>(
    ask: &redis::Pipeline,
    redis: &mut impl ConnectionLike,
) -> RedisResult<Vec<T>> {
    if ask.is_empty() {
        return Ok(Vec::new());
    }
    ask.query_async(redis).await
}

async fn within_budget<T>(command: impl Future<Output = RedisResult<T>>) -> Option<T> {
    let answer = within(TIME_BUDGET, command).await;
    answer
        .inspect_err(|error| tracing::debug!(%error, "route cache is away"))
        .ok()
}

#[cfg(test)]
mod tests {
    use wildside_engine::Point;
    use wildside_engine::walk::Accessibility;

    use super::*;

    #[test]
    fn a_key_is_current_until_an_area_is_newer_or_gone() {
        let area = |id, generation| AreaState { id, generation };
        let start = Point::new(24.95, 60.17);
        let params = RouteParams::new(start, None, 60, Vec::new(), 0.5, Accessibility::default());
        let key = CacheKey::new(&params, &[area(1, 7), area(2, 9)]);
        assert!(key.is_current(&[area(1, 7), area(2, 9), area(3, 1)]));
        assert!(
            key.is_current(&[area(1, 6), area(2, 9)]),
            "these were read before the key was made"
        );
        assert!(!key.is_current(&[area(1, 8), area(2, 9)]));
        assert!(!key.is_current(&[area(2, 9)]));
        for other in [
            "wildside:route:v1:ab",
            "wildside:route:v2:ab:1.7",
            "crowd:1",
            "",
        ] {
            let key = CacheKey::stored(other.to_owned());
            assert!(!key.is_current(&[area(1, 7)]), "{other}");
        }
    }
}
