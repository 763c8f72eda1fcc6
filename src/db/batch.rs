//! Group commit: one statement for many callers.
//!
//! Each statement has costs of its own: a round trip, a plan to start and, if it writes, a commit. The
//! first caller's statement runs at once; callers that arrive meanwhile are sent together in the next one. So a busy
//! system becomes quicker the more it has to do.

use std::fmt::Debug;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{iter, slice};

use diesel::QueryResult;
use futures::FutureExt;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::{
    CHECKOUT_TIMEOUT, Connection, Pool, PoolError, STATEMENT_TIMEOUT, SharedError, is_outage,
};

/// Most callers of one statement.
const MOST: usize = 64;
/// Callers that wait at most; more wait for room among them.
const ROOM: usize = 1_024;
/// The database gives a statement up before; this is for one whose connection is dead.
const LONGEST: Duration = STATEMENT_TIMEOUT.saturating_add(Duration::from_secs(1));

/// Work of one caller that runs in one statement with other work of its kind.
pub trait Batched: Debug + Send + Sync + Sized + 'static {
    /// Result for the caller.
    type Output: Debug + Send + 'static;

    /// Runs all in one statement; results come in the order of the work.
    fn run_all(
        connection: &mut Connection,
        all: &[Self],
    ) -> impl Future<Output = QueryResult<Vec<Self::Output>>> + Send;
}

type Outcome<W> = Result<<W as Batched>::Output, SharedError>;

/// Runs work of one kind, one statement at a time. Clones share it.
#[derive(Debug)]
pub struct Batcher<W: Batched> {
    pool: Pool,
    /// Held while a statement is under way.
    running: Arc<Semaphore>,
    calls: mpsc::Sender<Call<W>>,
}

#[derive(Debug)]
struct Call<W: Batched> {
    work: W,
    reply: oneshot::Sender<Outcome<W>>,
    /// Set by who is first: the batch that takes the call, or the caller who waits no longer.
    decided: Arc<AtomicBool>,
}

impl<W: Batched> Batcher<W> {
    /// Runs statements on connections of `pool`. Must be called on a runtime.
    pub fn start(pool: Pool) -> Self {
        let running = Arc::new(Semaphore::new(1));
        let (calls, waiting) = mpsc::channel(ROOM);
        tokio::spawn(run_batches(pool.clone(), running.clone(), waiting));
        Self {
            pool,
            running,
            calls,
        }
    }

    /// Runs the work, alone or with that of others, and waits for its result. As with a connection of one's own, nobody
    /// waits for a statement to begin longer than for a connection.
    ///
    /// # Errors
    /// The database is away or slow, or refuses this work.
    pub async fn submit(&self, work: W) -> Outcome<W> {
        match self.running.try_acquire() {
            Ok(_running) => run_alone(&self.pool, slice::from_ref(&work)).await,
            Err(_) => self.submit_with_others(work).await,
        }
    }

    async fn submit_with_others(&self, work: W) -> Outcome<W> {
        let (reply, mut replied) = oneshot::channel();
        let decided = Arc::new(AtomicBool::new(false));
        let call = Call {
            work,
            reply,
            decided: decided.clone(),
        };
        let soon = timeout(CHECKOUT_TIMEOUT, async {
            self.calls
                .send(call)
                .await
                .map_err(|_| SharedError::BrokenOff)?;
            (&mut replied).await.map_err(|_| SharedError::BrokenOff)?
        });
        match soon.await {
            Ok(outcome) => outcome,
            Err(_) if decided.swap(true, Ordering::Relaxed) => {
                replied.await.map_err(|_| SharedError::BrokenOff)?
            }
            Err(_) => Err(SharedError::from(PoolError::TimedOut)),
        }
    }
}

impl<W: Batched> Clone for Batcher<W> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            running: self.running.clone(),
            calls: self.calls.clone(),
        }
    }
}

/// Runs the work of those who wait, until there is nobody left who could submit any.
async fn run_batches<W: Batched>(
    pool: Pool,
    running: Arc<Semaphore>,
    mut waiting: mpsc::Receiver<Call<W>>,
) {
    while let Some(first) = waiting.recv().await {
        let Ok(_running) = running.acquire().await else {
            return;
        };
        let others = iter::from_fn(|| waiting.try_recv().ok()).take(MOST - 1);
        let taken = iter::once(first)
            .chain(others)
            .filter(|call| !call.reply.is_closed() && !call.decided.swap(true, Ordering::Relaxed));
        let (all, replies) = taken.map(|call| (call.work, call.reply)).unzip();
        // Should it panic, only these callers are without a result.
        let batch = AssertUnwindSafe(run_batch(&pool, all, replies));
        if batch.catch_unwind().await.is_err() {
            tracing::error!("a batch was broken off");
        }
    }
}

/// One statement for all. If the database refuses the work of one of them, each has a statement of its own.
async fn run_batch<W: Batched>(
    pool: &Pool,
    all: Vec<W>,
    replies: Vec<oneshot::Sender<Outcome<W>>>,
) {
    let outcomes: Vec<Outcome<W>> = match run(pool, &all).await {
        Ok(results) => results.into_iter().map(Ok).collect(),
        Err(SharedError::Query(error)) if all.len() > 1 && !is_outage(&error) => {
            let mut outcomes = Vec::new();
            for work in all.chunks(1) {
                outcomes.push(run_alone(pool, work).await);
            }
            outcomes
        }
        Err(error) => replies.iter().map(|_| Err(error.clone())).collect(),
    };
    for (outcome, to) in outcomes.into_iter().zip(replies) {
        // Whoever has gone does not want it any more.
        let _ = to.send(outcome);
    }
}

async fn run_alone<W: Batched>(pool: &Pool, work: &[W]) -> Outcome<W> {
    run(pool, work).await?.pop().ok_or(SharedError::BrokenOff)
}

async fn run<W: Batched>(pool: &Pool, all: &[W]) -> Result<Vec<W::Output>, SharedError> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = pool.get().await?;
    if let Ok(results) = timeout(LONGEST, W::run_all(&mut connection, all)).await {
        return Ok(results?);
    }
    // It is dead, or busy with this statement still: nobody else shall have it. That tells nothing of the others.
    connection.spend();
    Err(SharedError::BrokenOff)
}
