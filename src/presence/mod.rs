//! Presence of all servers and workers: each says in Redis what its actors do, and one look finds them all.
//!
//! No process asks another by its address: behind a load balancer, or in a cluster, nobody knows it. A process that says
//! nothing any more is shown as silent, and forgotten after an hour.

mod report;

use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use redis::{RedisResult, Script};
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use report::Told;
pub use report::{ActorError, ActorView, ProcessRole, ProcessView};

use crate::shared_redis::Redis;
use crate::telemetry::observability::Observability;

/// Hash of what each process last said, by its id; behind the time of Redis in milliseconds and a colon.
const KEY: &str = "wildside:processes";
/// Interval of the reports: two commands in it, so that presence costs Redis one a second and process.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// Time for a report to reach Redis.
const PATIENCE: Duration = Duration::from_secs(2);
/// Age of a report, in milliseconds, at which its process is silent: some have been missed.
const SILENT_AFTER_MS: u64 = 7_000;
/// Age, in milliseconds, at which a process is forgotten.
const FORGOTTEN_AFTER_MS: u64 = 3_600_000;

static TELL: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("tell.lua")));

/// Process that tells what it does.
#[derive(Debug)]
pub struct Presence {
    id: Uuid,
    role: ProcessRole,
    host: String,
    begun: Instant,
    redis: Redis,
    observability: Observability,
}

impl Presence {
    /// Presence of this process in `role`.
    pub fn new(role: ProcessRole, redis: Redis, observability: Observability) -> Self {
        let system = rustix::system::uname();
        Self {
            id: Uuid::new_v4(),
            role,
            host: system.nodename().to_string_lossy().into_owned(),
            begun: Instant::now(),
            redis,
            observability,
        }
    }

    /// Tells every few seconds while `work` goes on, and says goodbye at its end. Must be awaited on an actix `System`, whose
    /// actors are asked.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        let outcome = tokio::select! {
            outcome = work => outcome,
            never = self.tell_on() => match never {},
        };
        let _ = timeout(PATIENCE, self.leave()).await;
        outcome
    }

    async fn tell_on(&self) -> Infallible {
        let mut rounds = interval(TELL_EVERY);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            let told = timeout(PATIENCE, self.tell()).await;
            if !matches!(told, Ok(Ok(()))) {
                tracing::debug!("presence not told: redis is away or slow");
            }
        }
    }

    async fn tell(&self) -> RedisResult<()> {
        let actors = self.observability.actors.observe_all().await;
        let told = Told {
            role: self.role,
            host: self.host.clone(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: self.begun.elapsed().as_secs(),
            actors: actors.into_iter().map(ActorView::from).collect(),
        };
        let json = serde_json::to_string(&told).map_err(std::io::Error::other)?;
        TELL.key(KEY)
            .arg(self.id.to_string())
            .arg(json)
            .arg(FORGOTTEN_AFTER_MS)
            .invoke_async(&mut self.redis.clone())
            .await
    }

    /// Says that the process ends in good order, so that nobody looks for it.
    async fn leave(&self) -> RedisResult<()> {
        let mut leave = redis::cmd("HDEL");
        leave.arg(KEY).arg(self.id.to_string());
        leave.query_async(&mut self.redis.clone()).await
    }
}

/// All processes that have said anything within the last hour: by role and host, those that have fallen silent among them.
///
/// # Errors
/// Redis is away or slow.
pub async fn processes(redis: &Redis) -> RedisResult<Vec<ProcessView>> {
    let ((seconds, micros), told): ((u64, u64), Vec<(String, String)>) = redis::pipe()
        .cmd("TIME")
        .cmd("HGETALL")
        .arg(KEY)
        .query_async(&mut redis.clone())
        .await?;
    let now_ms = seconds * 1000 + micros / 1000;
    let (mut found, mut forgotten) = (Vec::new(), Vec::new());
    for (id, words) in &told {
        match view(id, words, now_ms) {
            Some(process) => found.push(process),
            None => forgotten.push(id),
        }
    }
    if !forgotten.is_empty() {
        let mut forget = redis::cmd("HDEL");
        forget.arg(KEY).arg(&forgotten);
        let _: u64 = forget.query_async(&mut redis.clone()).await?;
    }
    found.sort_by(|one, other| one.order().cmp(&other.order()));
    Ok(found)
}

/// View of what a process last said; `None` if that is too long ago, or of a release that speaks otherwise.
fn view(id: &str, words: &str, now_ms: u64) -> Option<ProcessView> {
    let (told_ms, json) = words.split_once(':')?;
    let age_ms = now_ms.saturating_sub(told_ms.parse().ok()?);
    if age_ms > FORGOTTEN_AFTER_MS {
        return None;
    }
    let told: Told = serde_json::from_str(json).ok()?;
    Some(told.seen(id.parse().ok()?, age_ms, age_ms > SILENT_AFTER_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01939c2e-7f1b-7c3a-9c1e-0242ac120002";
    const WORDS: &str = r#"1000:{"role":"worker","host":"node-7","pid":7,"version":"0.1.0","uptime_seconds":60,"actors":[]}"#;

    #[test]
    fn a_process_is_silent_after_a_while_and_forgotten_after_an_hour() {
        let silent = |age| view(ID, WORDS, 1000 + age).map(|process| process.silent);
        assert_eq!(silent(SILENT_AFTER_MS), Some(false));
        assert_eq!(silent(SILENT_AFTER_MS + 1), Some(true));
        assert_eq!(silent(FORGOTTEN_AFTER_MS + 1), None);
    }

    #[test]
    fn words_of_another_release_are_left_out() {
        for words in ["", "1000", "1000:{}", "soon:{}"] {
            assert!(view(ID, words, 1000).is_none(), "{words}");
        }
    }
}
