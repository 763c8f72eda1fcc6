//! Single flight: of identical requests, one is computed.
//!
//! The leader holds a lock in Redis that names the canonical request, and renews it while it works. The others wait for
//! it to go; by then the leader has ended their requests too. Without Redis everybody computes: slower, not wrong.

use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::Duration;

use redis::{RedisResult, Script};
use tokio::sync::oneshot;
use tokio::time::{interval, sleep};
use uuid::Uuid;

use crate::shared_redis::Redis;
use crate::walks::route_cache::{CacheKey, RouteCache};

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

/// Lead in the computing of a request. It ends when this is dropped; nobody waits for that.
#[derive(Debug)]
pub(super) struct Flight {
    _lead: oneshot::Sender<Infallible>,
}

/// Place on the flight of a request.
#[derive(Debug)]
pub(super) enum Boarding {
    /// The request is the caller's to compute, unless an earlier flight has brought a walk. Without a flight nobody can
    /// tell, because Redis is away.
    Lead {
        flight: Option<Flight>,
        known: Option<Uuid>,
    },
    /// Somebody computes the request already.
    Follow,
}

/// Takes the lead, if nobody has it, and looks for the walk of an earlier flight. One pipeline does both in this order,
/// so that whoever takes the lead knows of all flights that have landed.
pub(super) async fn board(cache: &RouteCache, request: &CacheKey) -> Boarding {
    let redis = cache.redis();
    let lock = Lock::of(redis, request);
    let (taken, found): (RedisResult<Option<String>>, RedisResult<_>) = redis::pipe()
        .cmd("SET")
        .arg(&lock.key)
        .arg(&lock.token)
        .arg("NX")
        .arg("PX")
        .arg(LOCK_TTL.as_millis() as u64)
        .get(request.as_str())
        .ignore_errors()
        .query_async(&mut redis.clone())
        .await
        .unwrap_or_else(|error| (Err(error.clone()), Err(error)));
    let known = cache.read(request, found.ok());
    let flight = match taken {
        Ok(Some(_)) => Some(lock.fly()),
        Ok(None) => return Boarding::Follow,
        Err(error) => {
            tracing::debug!(%error, "computing without single flight");
            None
        }
    };
    Boarding::Lead { flight, known }
}

/// Waits until the leader is done, and looks for its walk. The job's own timeout bounds the wait.
///
/// # Errors
/// Redis is away: nobody can tell.
pub(super) async fn await_landing(
    cache: &RouteCache,
    request: &CacheKey,
) -> RedisResult<Option<Uuid>> {
    let redis = cache.redis();
    let key = lock_key(request);
    loop {
        sleep(POLL_INTERVAL).await;
        let (is_flying, found): (bool, _) = redis::pipe()
            .exists(&key)
            .get(request.as_str())
            .query_async(&mut redis.clone())
            .await?;
        if !is_flying {
            return Ok(cache.read(request, Some(found)));
        }
    }
}

fn lock_key(request: &CacheKey) -> String {
    format!("{}:flight", request.as_str())
}

/// Lock of a request in Redis, under a token of one leader.
struct Lock {
    redis: Redis,
    key: String,
    token: String,
}

impl Lock {
    fn of(redis: &Redis, request: &CacheKey) -> Self {
        Self {
            redis: redis.clone(),
            key: lock_key(request),
            token: Uuid::new_v4().to_string(),
        }
    }

    /// Keeps the lock that was taken for as long as the flight lasts, and gives it back then.
    fn fly(self) -> Flight {
        let (lead, landed) = oneshot::channel();
        tokio::spawn(async move {
            tokio::select! {
                () = self.renew() => {}
                _ = landed => {}
            }
            if let Err(error) = self.unlock().await {
                tracing::debug!(%error, "single flight ends with its lock's time");
            }
        });
        Flight { _lead: lead }
    }

    async fn renew(&self) {
        let mut rounds = interval(RENEW_INTERVAL);
        rounds.tick().await;
        loop {
            rounds.tick().await;
            let _: RedisResult<()> = RENEW
                .key(&self.key)
                .arg(&self.token)
                .arg(LOCK_TTL.as_millis() as u64)
                .invoke_async(&mut self.redis.clone())
                .await;
        }
    }

    async fn unlock(&self) -> RedisResult<()> {
        UNLOCK
            .key(&self.key)
            .arg(&self.token)
            .invoke_async(&mut self.redis.clone())
            .await
    }
}
