//! A job in the hands of a worker.

use std::sync::Arc;
use std::time::Duration;

use redis::RedisResult;
use tokio::sync::OwnedSemaphorePermit;

use super::consumer::Consumer;
use super::entry::Entry;
use super::holdings::Holdings;

/// A job to run, and the right to say what became of it.
///
/// Exactly one of [`Self::finish`], [`Self::retry_after`], [`Self::put_off`] and [`Self::bury`] settles it. Dropped without any, it goes
/// to the next worker, and that counts as a run.
#[derive(Debug)]
pub struct Delivery<J> {
    /// Payload of the job.
    pub job: J,
    /// The number of this run, from 1.
    pub run: u32,
    /// Count of the runs before that were put off.
    pub waits: u32,
    /// Count of the runs before that never ended, because their worker did.
    pub crashes: u32,
    /// Wait of the job, by the clock of Redis.
    pub waited: Duration,
    pub(super) ticket: Ticket,
}

impl<J> Delivery<J> {
    /// The job is done.
    pub async fn finish(self) {
        let Ticket {
            consumer,
            entry_id,
            entry,
            ..
        } = &self.ticket;
        self.ticket
            .settle("finish", || consumer.finish(entry_id, &entry.id))
            .await;
    }

    /// The job shall run again after `delay`.
    pub async fn retry_after(self, delay: Duration) {
        let waits = self.waits;
        self.run_again(waits, delay).await;
    }

    /// Puts the job off after a run that says nothing about it: what it needs was not there.
    pub async fn put_off(self, delay: Duration) {
        let waits = self.waits + 1;
        self.run_again(waits, delay).await;
    }

    async fn run_again(self, waits: u32, delay: Duration) {
        let Ticket {
            consumer,
            entry_id,
            entry,
            ..
        } = &self.ticket;
        let next = Entry {
            runs: self.run,
            waits,
            ..entry.clone()
        };
        self.ticket
            .settle("retry", || consumer.retry(entry_id, &next, delay))
            .await;
    }

    /// The job is given up; it is kept among the dead ones, with the error.
    pub async fn bury(self, error: &str) {
        let Ticket {
            consumer,
            entry_id,
            entry,
            ..
        } = &self.ticket;
        let last = Entry {
            runs: self.run,
            ..entry.clone()
        };
        self.ticket
            .settle("bury", || consumer.bury(entry_id, &last, error))
            .await;
    }
}

/// Tie of a job to its entry in Redis and to the worker's capacity.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) consumer: Arc<Consumer>,
    pub(super) holdings: Arc<Holdings>,
    pub(super) entry_id: String,
    pub(super) entry: Entry,
    /// Given back when the job is settled.
    pub(super) _slot: OwnedSemaphorePermit,
    pub(super) _suspect: Option<OwnedSemaphorePermit>,
}

impl Ticket {
    /// Tries a few times; a job that can't be settled is run again by somebody, and finds that all is done.
    pub(super) async fn settle<F>(&self, what: &str, command: impl Fn() -> F)
    where
        F: Future<Output = RedisResult<bool>>,
    {
        const TRIES: u32 = 3;
        for attempt in 1..=TRIES {
            match command().await {
                Ok(ours) => {
                    self.holdings.settle(&self.entry_id);
                    if !ours {
                        tracing::warn!(
                            job.id = self.entry.id,
                            "another worker has taken the job meanwhile"
                        );
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(job.id = self.entry.id, attempt, %error, "can't {what} the job in redis");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.holdings.drop_unsettled(&self.entry_id);
    }
}
