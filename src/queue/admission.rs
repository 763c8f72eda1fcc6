//! Whether a queue has room for one more job.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::payloads::Job;
use super::producer::Producer;

/// How old the known depth may be, in milliseconds.
const FRESH_MS: u64 = 100;
/// Asking may take this long; a queue that does not answer has room, for the ledger keeps what is accepted.
const TIME_BUDGET: Duration = Duration::from_millis(75);

/// Says no while too many jobs wait. Clones share what is known of the depth.
#[derive(Debug, Clone)]
pub struct Admission<J> {
    producer: Producer,
    limit: u64,
    since: Instant,
    known: Arc<Known>,
    job: PhantomData<fn() -> J>,
}

#[derive(Debug, Default)]
struct Known {
    depth: AtomicU64,
    /// When it was last asked for, in milliseconds since `since`, plus one; 0: never.
    asked_ms: AtomicU64,
}

impl<J: Job> Admission<J> {
    /// Admits jobs while fewer than `limit` wait or run.
    pub fn new(producer: Producer, limit: u64) -> Self {
        Self {
            producer,
            limit,
            since: Instant::now(),
            known: Arc::default(),
            job: PhantomData,
        }
    }

    /// Whether there is room. One caller in a tenth of a second asks Redis, the others believe the last answer.
    pub async fn has_room(&self) -> bool {
        if self.is_mine_to_ask() {
            let asked = timeout(TIME_BUDGET, self.producer.depth::<J>()).await;
            let depth = asked.ok().and_then(Result::ok).unwrap_or(0);
            self.known.depth.store(depth, Relaxed);
        }
        self.known.depth.load(Relaxed) < self.limit
    }

    fn is_mine_to_ask(&self) -> bool {
        let now = self.since.elapsed().as_millis() as u64 + 1;
        let asked = self.known.asked_ms.load(Relaxed);
        let due = asked == 0 || now >= asked + FRESH_MS;
        due && self
            .known
            .asked_ms
            .compare_exchange(asked, now, Relaxed, Relaxed)
            .is_ok()
    }
}
