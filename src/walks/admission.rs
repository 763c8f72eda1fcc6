//! Admission control: whether one more walk can be promised.
//!
//! A promise is a row of the ledger, so it is the ledger that says how many there are, also while Redis is away. That
//! the next job has waited for long says that the workers are gone, or far behind. And where nothing has been queued
//! for long, neither from here nor by the sweep, Redis does not only blink: what were accepted now would wait for a
//! person.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use chrono::TimeDelta;
use tokio::time::timeout;

use crate::config::LimitsConfig;
use crate::db::Pool;
use crate::db::ledger::route_requests::RouteRequest;
use crate::queue::{GenerateRouteJob, Producer};
use crate::recent::Recent;
use crate::shared_redis::{Failure, Trouble, within};

/// A look may take this long.
const TIME_BUDGET: Duration = Duration::from_millis(75);
/// Seconds after which those who were refused are told to come back.
const RETRY_AFTER: std::ops::RangeInclusive<u64> = 2..=60;
/// Pause for who is refused where nothing can be queued, in seconds.
const RETRY_AFTER_TROUBLE: u64 = 5;
/// Redis may refuse jobs from here for so long before it is in trouble.
const TROUBLED_AFTER: Duration = Duration::from_secs(10);
/// And so long may a request of the ledger wait for its first run meanwhile: it is the sweep's after three seconds.
const UNQUEUED_AFTER: TimeDelta = TimeDelta::seconds(13);
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
    refusing: Arc<ArcSwapOption<Refusing>>,
    warned_at: Arc<Mutex<Option<Instant>>>,
}

/// There is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// Seconds until there may be.
    pub retry_after: u64,
    /// Trouble that keeps jobs from being queued; else there are too many.
    pub trouble: Option<Trouble>,
}

/// Redis takes no jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusing {
    since: Instant,
    trouble: Trouble,
}

impl Refusing {
    /// State after one more attempt. An error of no known meaning says less than what is known already.
    fn after(before: Option<Self>, outcome: Result<(), Trouble>) -> Option<Self> {
        let news = outcome.err()?;
        Some(match before {
            None => Self {
                since: Instant::now(),
                trouble: news,
            },
            Some(before) if news == Trouble::Other => before,
            Some(before) => Self {
                trouble: news,
                ..before
            },
        })
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Known {
    unfinished: i64,
    wait: Duration,
    trouble: Option<Trouble>,
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
            refusing: Arc::default(),
            warned_at: Arc::default(),
        }
    }

    /// Test for room.
    ///
    /// # Errors
    /// Too many requests are unfinished, the queue stands still, or nothing can be queued.
    pub async fn check(&self) -> Result<(), Full> {
        let look = || {
            let admission = self.clone();
            async move { Ok::<_, Infallible>(admission.look().await) }
        };
        let Ok(known) = self.known.read(look).await;
        let Known {
            unfinished,
            wait,
            trouble,
        } = known;
        let retry_after = match trouble {
            Some(_) => RETRY_AFTER_TROUBLE,
            None if unfinished < self.most_unfinished && wait < self.longest_wait => return Ok(()),
            None => wait.as_secs(),
        };
        self.warn(known);
        Err(Full {
            retry_after: retry_after.clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end()),
            trouble,
        })
    }

    /// Hears what became of a job that was to be queued.
    pub fn queued<T>(&self, outcome: &Result<T, Failure>) {
        let outcome = outcome.as_ref().map(drop).map_err(Failure::trouble);
        let after = |before: Option<Refusing>| Refusing::after(before, outcome);
        let before = self.refusing.load().as_deref().copied();
        if before != after(before) {
            self.refusing
                .rcu(|before| after(before.as_deref().copied()).map(Arc::new));
        }
    }

    /// A ledger that does not answer is taken to be as it was. A queue that does not is taken to be empty: what is
    /// accepted waits in the ledger.
    async fn look(&self) -> Known {
        let refusing = self.refusing.load().as_deref().copied();
        let is_long = refusing.is_some_and(|it| it.since.elapsed() >= TROUBLED_AFTER);
        let (ledger, wait, ()) = tokio::join!(
            timeout(TIME_BUDGET, self.look_at_ledger(is_long)),
            timeout(TIME_BUDGET, self.queue.wait::<GenerateRouteJob>()),
            self.try_again(refusing),
        );
        let before = self.known.last().unwrap_or_default();
        let (unfinished, is_unqueued) = ledger
            .ok()
            .flatten()
            .unwrap_or((before.unfinished, before.trouble.is_some()));
        let refusing = self.refusing.load().as_deref().copied();
        Known {
            unfinished,
            wait: wait.ok().and_then(Result::ok).unwrap_or_default(),
            trouble: refusing
                .filter(|_| is_long && is_unqueued)
                .map(|it| it.trouble),
        }
    }

    /// Trial of the queue: requests that are refused queue nothing, so nothing else tells when it works again.
    async fn try_again(&self, refusing: Option<Refusing>) {
        if refusing.is_some() {
            let tried = within(TIME_BUDGET, self.queue.try_out::<GenerateRouteJob>()).await;
            self.queued(&tried);
        }
    }

    fn warn(&self, known: Known) {
        let Known {
            unfinished,
            wait,
            trouble,
        } = known;
        let mut warned_at = self
            .warned_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if warned_at.is_none_or(|at| at.elapsed() >= WARNING_INTERVAL) {
            *warned_at = Some(Instant::now());
            let trouble = trouble.map(Trouble::sentence);
            tracing::warn!(unfinished, ?wait, trouble, "requests are refused");
        }
    }

    /// Count of unfinished requests, and, if that matters, whether one has long waited for its first run.
    async fn look_at_ledger(&self, and_for_unqueued: bool) -> Option<(i64, bool)> {
        let mut connection = self.db.get().await.ok()?;
        let unfinished = RouteRequest::count_unfinished(&mut connection).await.ok()?;
        let is_unqueued = and_for_unqueued
            && RouteRequest::is_any_untried(&mut connection, UNQUEUED_AFTER)
                .await
                .ok()?;
        Some((unfinished, is_unqueued))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_lasts_from_its_first_refusal_to_the_next_success() {
        let first = Refusing::after(None, Err(Trouble::Other)).unwrap();
        let named = Refusing::after(Some(first), Err(Trouble::Forbidden)).unwrap();
        assert_eq!(named.since, first.since);
        assert_eq!(named.trouble, Trouble::Forbidden);
        assert_eq!(
            Refusing::after(Some(named), Err(Trouble::Other)),
            Some(named),
            "what is known stays known"
        );
        assert_eq!(Refusing::after(Some(named), Ok(())), None);
        let late = Refusing::after(None, Err(Trouble::Silent)).unwrap();
        assert!(late.since >= first.since, "a late error begins anew");
    }
}
