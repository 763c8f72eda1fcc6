//! Whether one more walk can be promised.
//!
//! A promise is a row of the ledger, so it is the ledger that says how many there are, also while Redis is away. That
//! the next job has waited for long says that the workers are gone, or far behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::config::LimitsConfig;
use crate::db::Pool;
use crate::db::route_requests::RouteRequest;
use crate::queue::{GenerateRouteJob, Producer};

/// How old may be what is known.
const FRESH: Duration = Duration::from_millis(200);
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
}

/// There is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// Seconds until there may be.
    pub retry_after: u64,
}

#[derive(Debug, Default)]
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
        }
    }

    /// Whether there is room. One caller in a while looks, the others wait for it and share what it has seen.
    ///
    /// # Errors
    /// Too many requests are unfinished, or the queue stands still.
    pub async fn check(&self) -> Result<(), Full> {
        let mut known = self.known.lock().await;
        if is_over(known.looked_at, FRESH) {
            self.look(&mut known).await;
            known.looked_at = Some(Instant::now());
        }
        let Known {
            unfinished, wait, ..
        } = *known;
        if unfinished < self.most_unfinished && wait < self.longest_wait {
            return Ok(());
        }
        if is_over(known.warned_at, WARNING_INTERVAL) {
            tracing::warn!(unfinished, ?wait, "requests are refused: too many wait");
            known.warned_at = Some(Instant::now());
        }
        let retry_after = wait.as_secs();
        Err(Full {
            retry_after: retry_after.clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end()),
        })
    }

    /// A ledger that does not answer is taken to be as it was. A queue that does not is taken to be empty: what is
    /// accepted waits in the ledger.
    async fn look(&self, known: &mut Known) {
        let (unfinished, wait) = tokio::join!(
            timeout(TIME_BUDGET, self.count_unfinished()),
            timeout(TIME_BUDGET, self.queue.wait::<GenerateRouteJob>()),
        );
        known.unfinished = unfinished.ok().flatten().unwrap_or(known.unfinished);
        known.wait = wait.ok().and_then(Result::ok).unwrap_or_default();
    }

    async fn count_unfinished(&self) -> Option<i64> {
        let mut connection = self.db.get().await.ok()?;
        RouteRequest::count_unfinished(&mut connection).await.ok()
    }
}

fn is_over(since: Option<Instant>, time: Duration) -> bool {
    since.is_none_or(|since| since.elapsed() >= time)
}
