//! Whether one more walk can be promised.
//!
//! A promise is a row of the ledger, so it is the ledger that says how many there are, also while Redis is away. That
//! the next job has waited for long says that the workers are gone, or far behind.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::config::LimitsConfig;
use crate::db::Pool;
use crate::db::route_requests::RouteRequest;
use crate::queue::{GenerateRouteJob, Producer};
use crate::recent::Recent;

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
    known: Recent<Known>,
    warned_at: Arc<Mutex<Option<Instant>>>,
}

/// There is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// Seconds until there may be.
    pub retry_after: u64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Known {
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
            known: Recent::default(),
            warned_at: Arc::default(),
        }
    }

    /// Whether there is room.
    ///
    /// # Errors
    /// Too many requests are unfinished, or the queue stands still.
    pub async fn check(&self) -> Result<(), Full> {
        self.known.look_ahead(|| {
            let admission = self.clone();
            async move { admission.look().await }
        });
        let Known { unfinished, wait } = match self.known.wait().await {
            Ok(known) => known,
            Err(_turn) => self.look().await,
        };
        if unfinished < self.most_unfinished && wait < self.longest_wait {
            return Ok(());
        }
        self.warn(unfinished, wait);
        let retry_after = wait.as_secs();
        Err(Full {
            retry_after: retry_after.clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end()),
        })
    }

    /// A ledger that does not answer is taken to be as it was. A queue that does not is taken to be empty: what is
    /// accepted waits in the ledger.
    async fn look(&self) -> Known {
        let (unfinished, wait) = tokio::join!(
            timeout(TIME_BUDGET, self.count_unfinished()),
            timeout(TIME_BUDGET, self.queue.wait::<GenerateRouteJob>()),
        );
        let before = self.known.last().unwrap_or_default();
        let known = Known {
            unfinished: unfinished.ok().flatten().unwrap_or(before.unfinished),
            wait: wait.ok().and_then(Result::ok).unwrap_or_default(),
        };
        self.known.set(known);
        known
    }

    fn warn(&self, unfinished: i64, wait: Duration) {
        let mut warned_at = self
            .warned_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if warned_at.is_none_or(|at| at.elapsed() >= WARNING_INTERVAL) {
            *warned_at = Some(Instant::now());
            tracing::warn!(unfinished, ?wait, "requests are refused: too many wait");
        }
    }

    async fn count_unfinished(&self) -> Option<i64> {
        let mut connection = self.db.get().await.ok()?;
        RouteRequest::count_unfinished(&mut connection).await.ok()
    }
}
