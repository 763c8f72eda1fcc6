//! Statistics of each actor.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use chrono::{DateTime, Utc};
use prometheus::{Histogram, IntCounter, IntGauge};
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::envelope::{Measured, Outcome};
use crate::metrics::ActorMetrics;

/// The last failure of an actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastError {
    /// Time at which it happened.
    pub at: DateTime<Utc>,
    /// Description of what happened.
    pub error: String,
}

/// Counts of one actor, shared by its senders, itself and whoever asks.
#[derive(Debug)]
pub struct ActorStats {
    name: &'static str,
    capacity: usize,
    metrics: ActorMetrics,
    counts: Arc<Counts>,
    messages: RwLock<FxHashMap<&'static str, Arc<MessageStats>>>,
}

#[derive(Debug)]
struct Counts {
    depth: IntGauge,
    handled: AtomicU64,
    failed: AtomicU64,
    restarts: AtomicU64,
    last_error: Mutex<Option<LastError>>,
}

impl ActorStats {
    pub(crate) fn new(name: &'static str, capacity: usize, metrics: ActorMetrics) -> Arc<Self> {
        metrics
            .mailbox_capacity
            .with_label_values(&[name])
            .set(capacity as i64);
        metrics.up.with_label_values(&[name]).set(1);
        let counts = Counts {
            depth: metrics.mailbox_depth.with_label_values(&[name]),
            handled: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            last_error: Mutex::new(None),
        };
        Arc::new(Self {
            name,
            capacity,
            metrics,
            counts: Arc::new(counts),
            messages: RwLock::default(),
        })
    }

    /// Name of the actor: its label in metrics and reports.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Messages that the mailbox may hold.
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Messages that wait in the mailbox.
    pub fn depth(&self) -> i64 {
        self.counts.depth.get()
    }

    /// Messages handled without failure.
    pub fn handled(&self) -> u64 {
        self.counts.handled.load(Relaxed)
    }

    /// Messages whose handling failed.
    pub fn failed(&self) -> u64 {
        self.counts.failed.load(Relaxed)
    }

    /// Restarts of the actor or of what it owns.
    pub fn restarts(&self) -> u64 {
        self.counts.restarts.load(Relaxed)
    }

    /// The last failure, if there was one.
    pub fn last_error(&self) -> Option<LastError> {
        self.counts
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Counts a restart of the actor or of what it owns.
    pub fn restarted(&self, reason: &'static str) {
        self.counts.restarts.fetch_add(1, Relaxed);
        self.metrics
            .restarts
            .with_label_values(&[self.name, reason])
            .inc();
        tracing::warn!(actor = self.name, reason, "actor restarted");
    }

    /// Counts a failure outside of a message.
    pub fn failure(&self, error: impl fmt::Display) {
        self.counts.fail(error);
    }

    pub(crate) fn set_up(&self, up: bool) {
        self.metrics
            .up
            .with_label_values(&[self.name])
            .set(i64::from(up));
    }

    pub(crate) const fn metrics(&self) -> &ActorMetrics {
        &self.metrics
    }

    /// The counts of one type of message.
    pub(crate) fn message<M: Measured>(&self) -> Arc<MessageStats> {
        let known = self
            .messages
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(M::NAME)
            .cloned();
        known.unwrap_or_else(|| {
            let mut messages = self
                .messages
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            messages
                .entry(M::NAME)
                .or_insert_with(|| Arc::new(MessageStats::new(self, M::NAME)))
                .clone()
        })
    }
}

impl Counts {
    fn fail(&self, error: impl fmt::Display) {
        self.failed.fetch_add(1, Relaxed);
        let error = LastError {
            at: Utc::now(),
            error: error.to_string(),
        };
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// Counts of one type of message to one actor, looked up once and then carried by the envelopes.
#[derive(Debug)]
pub(crate) struct MessageStats {
    actor: &'static str,
    message: &'static str,
    metrics: ActorMetrics,
    counts: Arc<Counts>,
    ok: IntCounter,
    wait: Histogram,
    handle: Histogram,
}

impl MessageStats {
    fn new(actor: &ActorStats, message: &'static str) -> Self {
        let labels = [actor.name, message];
        let metrics = actor.metrics.clone();
        Self {
            actor: actor.name,
            message,
            counts: actor.counts.clone(),
            ok: metrics
                .messages
                .with_label_values(&[actor.name, message, Outcome::Ok.label()]),
            wait: metrics.wait_seconds.with_label_values(&labels),
            handle: metrics.handle_seconds.with_label_values(&labels),
            metrics,
        }
    }

    pub(crate) fn enter(&self) {
        self.counts.depth.inc();
    }

    pub(crate) fn leave(&self) {
        self.counts.depth.dec();
    }

    /// Counts a message that the mailbox did not take.
    pub(crate) fn undelivered(&self) {
        self.count(Outcome::Failed("undelivered"));
    }

    pub(crate) fn begun(&self, sent_at: Instant, now: Instant) {
        self.wait
            .observe(now.saturating_duration_since(sent_at).as_secs_f64());
    }

    pub(crate) fn ended(&self, begun_at: Instant, outcome: Outcome) {
        self.handle.observe(begun_at.elapsed().as_secs_f64());
        self.count(outcome);
    }

    fn count(&self, outcome: Outcome) {
        match outcome {
            Outcome::Ok => self.ok.inc(),
            Outcome::Refused(cause) | Outcome::Failed(cause) => {
                let labels = [self.actor, self.message, cause];
                self.metrics.messages.with_label_values(&labels).inc();
            }
        }
        match outcome {
            Outcome::Ok | Outcome::Refused(_) => {
                self.counts.handled.fetch_add(1, Relaxed);
            }
            Outcome::Failed(cause) => self.counts.fail(format_args!("{}: {cause}", self.message)),
        }
    }
}
