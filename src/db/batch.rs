//! Many callers, one statement.
//!
//! Whatever a statement is for, it has costs of its own: a round trip, a plan to start and, if it writes, a commit. Who
//! comes alone has one for itself at once; who comes while one is under way waits, and goes with the next together with all
//! others who wait. So a busy system becomes quicker the more it has to do.

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

/// A question that can be answered together with others of its kind.
pub trait Batched: Debug + Send + Sync + Sized + 'static {
    /// What its caller gets.
    type Answer: Debug + Send + 'static;

    /// Asks all at once, with one statement; answers in the order of the questions.
    fn ask(
        connection: &mut Connection,
        questions: &[Self],
    ) -> impl Future<Output = QueryResult<Vec<Self::Answer>>> + Send;
}

type Outcome<Q> = Result<<Q as Batched>::Answer, SharedError>;

/// Asks questions of one kind, one statement at a time. Clones share it.
#[derive(Debug)]
pub struct Batcher<Q: Batched> {
    pool: Pool,
    /// Held while a statement is under way.
    turn: Arc<Semaphore>,
    calls: mpsc::Sender<Call<Q>>,
}

#[derive(Debug)]
struct Call<Q: Batched> {
    question: Q,
    answer: oneshot::Sender<Outcome<Q>>,
    /// Set by who is first: the batch that takes the call, or the caller who waits no longer.
    decided: Arc<AtomicBool>,
}

impl<Q: Batched> Batcher<Q> {
    /// Asks on connections of `pool`. Must be called on a runtime.
    pub fn start(pool: Pool) -> Self {
        let turn = Arc::new(Semaphore::new(1));
        let (calls, waiting) = mpsc::channel(ROOM);
        tokio::spawn(answer_all(pool.clone(), turn.clone(), waiting));
        Self { pool, turn, calls }
    }

    /// The answer. As with a connection of one's own, nobody waits for a turn longer than for a connection.
    ///
    /// # Errors
    /// The database is away or slow, or refuses this question.
    pub async fn ask(&self, question: Q) -> Result<Q::Answer, SharedError> {
        match self.turn.try_acquire() {
            Ok(_turn) => ask_alone(&self.pool, slice::from_ref(&question)).await,
            Err(_) => self.ask_with_others(question).await,
        }
    }

    async fn ask_with_others(&self, question: Q) -> Result<Q::Answer, SharedError> {
        let (answer, mut answered) = oneshot::channel();
        let decided = Arc::new(AtomicBool::new(false));
        let call = Call {
            question,
            answer,
            decided: decided.clone(),
        };
        let soon = timeout(CHECKOUT_TIMEOUT, async {
            self.calls
                .send(call)
                .await
                .map_err(|_| SharedError::BrokenOff)?;
            (&mut answered).await.map_err(|_| SharedError::BrokenOff)?
        });
        match soon.await {
            Ok(outcome) => outcome,
            Err(_) if decided.swap(true, Ordering::Relaxed) => {
                answered.await.map_err(|_| SharedError::BrokenOff)?
            }
            Err(_) => Err(SharedError::from(PoolError::TimedOut)),
        }
    }
}

impl<Q: Batched> Clone for Batcher<Q> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            turn: self.turn.clone(),
            calls: self.calls.clone(),
        }
    }
}

/// Answers those who wait, until there is nobody left who could ask.
async fn answer_all<Q: Batched>(
    pool: Pool,
    turn: Arc<Semaphore>,
    mut waiting: mpsc::Receiver<Call<Q>>,
) {
    while let Some(first) = waiting.recv().await {
        let Ok(_turn) = turn.acquire().await else {
            return;
        };
        let others = iter::from_fn(|| waiting.try_recv().ok()).take(MOST - 1);
        let taken = iter::once(first)
            .chain(others)
            .filter(|call| !call.answer.is_closed() && !call.decided.swap(true, Ordering::Relaxed));
        let (questions, answers) = taken.map(|call| (call.question, call.answer)).unzip();
        // Should it panic, only these callers are without an answer.
        let answering = AssertUnwindSafe(answer(&pool, questions, answers));
        if answering.catch_unwind().await.is_err() {
            tracing::error!("a batch was broken off");
        }
    }
}

/// One statement for all. If the database refuses what one of them asks, each has a statement of its own.
async fn answer<Q: Batched>(
    pool: &Pool,
    questions: Vec<Q>,
    answers: Vec<oneshot::Sender<Outcome<Q>>>,
) {
    let outcomes: Vec<Outcome<Q>> = match ask(pool, &questions).await {
        Ok(all) => all.into_iter().map(Ok).collect(),
        Err(SharedError::Query(error)) if questions.len() > 1 && !is_outage(&error) => {
            let mut outcomes = Vec::new();
            for question in questions.chunks(1) {
                outcomes.push(ask_alone(pool, question).await);
            }
            outcomes
        }
        Err(error) => answers.iter().map(|_| Err(error.clone())).collect(),
    };
    for (outcome, to) in outcomes.into_iter().zip(answers) {
        // Whoever has gone does not want it any more.
        let _ = to.send(outcome);
    }
}

async fn ask_alone<Q: Batched>(pool: &Pool, question: &[Q]) -> Outcome<Q> {
    ask(pool, question)
        .await?
        .pop()
        .ok_or(SharedError::BrokenOff)
}

async fn ask<Q: Batched>(pool: &Pool, questions: &[Q]) -> Result<Vec<Q::Answer>, SharedError> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = pool.get().await?;
    if let Ok(answers) = timeout(LONGEST, Q::ask(&mut connection, questions)).await {
        return Ok(answers?);
    }
    // It is dead, or busy with this statement still: nobody else shall have it. That tells nothing of the others.
    connection.spend();
    Err(SharedError::BrokenOff)
}
