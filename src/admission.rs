//! Whether one more walk can be promised.
//!
//! A promise is a row of the ledger, so it is the ledger that says how many there are, also while Redis is away. That
//! the next job has waited for long says that the workers are gone, or far behind.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::config::LimitsConfig;
use crate::db::Pool;
use crate::db::route_requests::RouteRequest;
use crate::queue::{GenerateRouteJob, Producer};

/// How old what is known may be before somebody looks again.
const FRESH: Duration = Duration::from_millis(200);
/// How old it may be for those who come while somebody looks.
const USABLE: Duration = Duration::from_secs(1);
/// A look may take this long.
const TIME_BUDGET: Duration = Duration::from_millis(75);
/// Seconds after which those who were refused are told to come back.
const RETRY_AFTER: std::ops::RangeInclusive<u64> = 2..=60;
/// One warning stands for all refusals within this time.
const WARNING_INTERVAL: Duration = Duration::from_secs(10);

/// Says no while too much is promised. Clones share what is known.
#[derive(Debug, Clone)]
pub struct Admission {
    db: Pool,
    queue: Producer,
    most_unfinished: i64,
    longest_wait: Duration,
    known: Arc<Mutex<Known>>,
    looking: Arc<tokio::sync::Mutex<()>>,
}

/// There is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// Seconds until there may be.
    pub retry_after: u64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Known {
    looked_at: Option<Instant>,
    warned_at: Option<Instant>,
    unfinished: i64,
    wait: Duration,
}

impl Admission {
    /// Admits requests within these limits.
    pub fn new(db: Pool, queue: Producer, limits: &LimitsConfig) -> Self {
        Self {
            db,
            queue,
            most_unfinished: limits.queue,
            longest_wait: limits.queue_wait,
            known: Arc::default(),
            looking: Arc::default(),
        }
    }

    /// Whether there is room.
    ///
    /// # Errors
    /// Too many requests are unfinished, or the queue stands still.
    pub async fn check(&self) -> Result<(), Full> {
        let Known {
            unfinished, wait, ..
        } = self.look_around().await;
        if unfinished < self.most_unfinished && wait < self.longest_wait {
            return Ok(());
        }
        self.warn(unfinished, wait);
        let retry_after = wait.as_secs();
        Err(Full {
            retry_after: retry_after.clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end()),
        })
    }

    /// What is known, lately. One caller in a while looks; the others make do meanwhile with what was seen before.
    async fn look_around(&self) -> Known {
        let _looking = match self.looking.try_lock() {
            Ok(looking) => looking,
            Err(_) if !is_over(self.known().looked_at, USABLE) => return *self.known(),
            Err(_) => self.looking.lock().await,
        };
        if is_over(self.known().looked_at, FRESH) {
            self.look().await;
        }
        *self.known()
    }

    /// A ledger that does not answer is taken to be as it was. A queue that does not is taken to be empty: what is
    /// accepted waits in the ledger.
    async fn look(&self) {
        let (unfinished, wait) = tokio::join!(
            timeout(TIME_BUDGET, self.count_unfinished()),
            timeout(TIME_BUDGET, self.queue.wait::<GenerateRouteJob>()),
        );
        let mut known = self.known();
        known.unfinished = unfinished.ok().flatten().unwrap_or(known.unfinished);
        known.wait = wait.ok().and_then(Result::ok).unwrap_or_default();
        known.looked_at = Some(Instant::now());
    }

    fn warn(&self, unfinished: i64, wait: Duration) {
        let mut known = self.known();
        if is_over(known.warned_at, WARNING_INTERVAL) {
            known.warned_at = Some(Instant::now());
            tracing::warn!(unfinished, ?wait, "requests are refused: too many wait");
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn count_unfinished(&self) -> Option<i64> {
        let mut connection = self.db.get().await.ok()?;
        RouteRequest::count_unfinished(&mut connection).await.ok()
    }
}

fn is_over(since: Option<Instant>, time: Duration) -> bool {
    since.is_none_or(|since| since.elapsed() >= time)
}
