//! Periodic chores. Every worker looks for one that is due; the database sees to it that only one does it.

mod chores;
mod deleted_accounts;
mod lost_requests;
mod orphaned_walks;
mod retention;

use std::time::Duration;

use futures::future::join_all;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

pub use chores::Chore;

use crate::config::RetentionConfig;
use crate::db::maintenance::maintenance_runs;
use crate::db::{Pool, PoolError};
use crate::queue::Producer;
use crate::shared_redis::Redis;

/// Longest interval of a worker's looks for a chore that is due.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);
/// A worker that does not end a chore in its time is waited for this much longer.
const LEASE_MARGIN: Duration = Duration::from_secs(2);

/// Tools of chores; clones share them.
#[derive(Debug, Clone)]
pub struct Tools {
    pub db: Pool,
    pub redis: Redis,
    /// Redis of the cache.
    pub cache: Redis,
    pub producer: Producer,
    pub retention: RetentionConfig,
}

/// Cause of a chore that was not done.
#[derive(Debug, thiserror::Error)]
pub enum ChoreError {
    /// The database is away or busy.
    #[error("no connection to the database: {0}")]
    Pool(#[from] PoolError),
    /// A statement failed.
    #[error("the database failed: {0}")]
    Database(#[from] diesel::result::Error),
    /// Redis is away or slow.
    #[error("redis failed: {0}")]
    Redis(#[from] redis::RedisError),
    /// It took too long.
    #[error("it took longer than {0:?}")]
    TimedOut(Duration),
}

/// Failures that concern one user each: the others are looked after all the same, and the chore fails at its end.
#[derive(Debug, Default)]
struct Failures(Option<ChoreError>);

impl Failures {
    /// The outcome, if it is none.
    fn note<T>(&mut self, user: Uuid, outcome: Result<T, ChoreError>) -> Option<T> {
        outcome
            .map_err(|error| {
                tracing::warn!(%user, %error, "maintenance failed for a user");
                self.0.get_or_insert(error);
            })
            .ok()
    }

    /// The first of them.
    fn first(self) -> Result<(), ChoreError> {
        self.0.map_or(Ok(()), Err)
    }
}

/// Does what is due until told to stop: each chore in a loop of its own, so that a long one delays no other.
pub async fn run_until_stopped(tools: Tools, stopped: watch::Receiver<bool>) {
    join_all(Chore::ALL.map(|chore| look_after(chore, &tools, stopped.clone()))).await;
}

async fn look_after(chore: Chore, tools: &Tools, mut stopped: watch::Receiver<bool>) {
    let mut rounds = interval(chore.pause().min(LOOK_INTERVAL));
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            _ = rounds.tick() => {}
        }
        if let Err(error) = run_if_due(chore, tools).await {
            tracing::warn!(chore = chore.name(), %error, "maintenance failed");
        }
    }
}

/// Does a chore now, due or not. `None`: another replica is at it.
///
/// # Errors
/// The chore failed, or the database is away.
pub async fn run_now(chore: Chore, tools: &Tools) -> Result<Option<String>, ChoreError> {
    run(chore, tools, true).await
}

async fn run_if_due(chore: Chore, tools: &Tools) -> Result<Option<String>, ChoreError> {
    run(chore, tools, false).await
}

async fn run(
    chore: Chore,
    tools: &Tools,
    even_if_early: bool,
) -> Result<Option<String>, ChoreError> {
    let lease = {
        let mut connection = tools.db.get().await?;
        let lease = chore.time_limit() + LEASE_MARGIN;
        maintenance_runs::claim(&mut connection, chore.name(), lease, even_if_early).await?
    };
    let Some(lease) = lease else {
        return Ok(None);
    };
    let limit = chore.time_limit();
    let outcome = timeout(limit, chore.perform(tools))
        .await
        .unwrap_or(Err(ChoreError::TimedOut(limit)));
    let words = outcome
        .as_ref()
        .map(Clone::clone)
        .map_err(ToString::to_string);
    let note = words.as_deref().map_err(String::as_str);
    let mut connection = tools.db.get().await?;
    let pause = chore.pause();
    if maintenance_runs::finish(&mut connection, chore.name(), lease, note, pause).await? {
        tracing::debug!(chore = chore.name(), result = ?note, "maintenance done");
    } else {
        tracing::warn!(chore = chore.name(), result = ?note, "maintenance took longer than its lease");
    }
    outcome.map(Some)
}
