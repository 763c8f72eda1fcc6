//! Registry of actors, and what each of them is doing.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix::{Actor, Context, Handler, Message, Recipient, Supervised, Supervisor};
use futures::future::join_all;
use serde::Serialize;
use serde_json::Value;

use crate::handle::ActorHandle;
use crate::metrics::ActorMetrics;
use crate::stats::{ActorStats, LastError};

/// An actor that has not answered for this long is silent.
const SILENT_AFTER: Duration = Duration::from_secs(1);

/// Asks an actor what it is doing. Not measured: it should not show up in what it measures.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Observation")]
pub struct Observe;

/// Observation by an actor of itself.
#[derive(Debug, Clone, PartialEq, actix::MessageResponse)]
pub struct Observation {
    /// One word, such as `running`.
    pub state: &'static str,
    /// Figures of its own, as a JSON object.
    pub details: Value,
}

/// Entry of one actor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActorReport {
    /// Its name, the label in metrics.
    pub name: &'static str,
    /// Observation of itself; `silent` if it gives none.
    pub state: &'static str,
    /// True if it did not answer in time.
    pub silent: bool,
    /// Messages that wait.
    pub mailbox_depth: i64,
    /// Messages that may wait.
    pub mailbox_capacity: usize,
    /// Messages handled without failure.
    pub handled: u64,
    /// Messages whose handling failed.
    pub failed: u64,
    /// Restarts of the actor or of what it owns.
    pub restarts: u64,
    /// Its last failure.
    pub last_error: Option<LastError>,
    /// Figures of its own.
    pub details: Value,
}

/// All actors of a process.
#[derive(Debug)]
pub struct ActorRegistry {
    metrics: ActorMetrics,
    entries: RwLock<Vec<Entry>>,
}

#[derive(Debug, Clone)]
struct Entry {
    stats: Arc<ActorStats>,
    /// Address to ask; none for a kind of actor of which there are many.
    observe: Option<Recipient<Observe>>,
}

impl ActorRegistry {
    /// A registry without actors, which will count into `metrics`.
    pub fn new(metrics: ActorMetrics) -> Arc<Self> {
        Arc::new(Self {
            metrics,
            entries: RwLock::default(),
        })
    }

    /// Counts for an actor; `capacity` is that of its mailbox.
    pub(crate) fn stats(&self, name: &'static str, capacity: usize) -> Arc<ActorStats> {
        ActorStats::new(name, capacity, self.metrics.clone())
    }

    /// Adds an actor to those that are observed.
    pub(crate) fn add(&self, stats: Arc<ActorStats>, observe: Recipient<Observe>) {
        self.push(Entry {
            stats,
            observe: Some(observe),
        });
    }

    /// Starts an actor that is started again when it panics, and adds it to those that are observed.
    pub(crate) fn supervise<A>(&self, stats: Arc<ActorStats>, actor: A) -> ActorHandle<A>
    where
        A: Supervised + Actor<Context = Context<A>> + Handler<Observe>,
    {
        let address = Supervisor::start(|_| actor);
        self.add(stats.clone(), address.clone().recipient());
        ActorHandle::new(address, stats)
    }

    /// Adds a kind of actor of which there are many: counted together, and not asked.
    pub(crate) fn add_kind(&self, stats: Arc<ActorStats>) {
        self.push(Entry {
            stats,
            observe: None,
        });
    }

    fn push(&self, entry: Entry) {
        self.entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entry);
    }

    /// Asks every actor what it is doing; takes at most about a second. Also sets `actor_up`.
    pub async fn observe_all(&self) -> Vec<ActorReport> {
        let entries = self
            .entries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        join_all(entries.into_iter().map(observe)).await
    }
}

async fn observe(Entry { stats, observe }: Entry) -> ActorReport {
    let observation = match observe {
        Some(observe) => ask(&observe).await,
        None => Some(Observation {
            state: "counted",
            details: Value::Null,
        }),
    };
    let silent = observation.is_none();
    stats.set_up(!silent);
    let observation = observation.unwrap_or(Observation {
        state: "silent",
        details: Value::Null,
    });
    ActorReport {
        name: stats.name(),
        state: observation.state,
        silent,
        mailbox_depth: stats.depth(),
        mailbox_capacity: stats.capacity(),
        handled: stats.handled(),
        failed: stats.failed(),
        restarts: stats.restarts(),
        last_error: stats.last_error(),
        details: observation.details,
    }
}

async fn ask(observe: &Recipient<Observe>) -> Option<Observation> {
    let answer = tokio::time::timeout(SILENT_AFTER, observe.send(Observe)).await;
    answer.ok()?.ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Instant;

    use actix::ResponseFuture;
    use prometheus::Registry;

    use super::*;
    use crate::watchdog::Watchdog;

    /// Answers late or never.
    struct Witness {
        after: Duration,
    }

    impl Actor for Witness {
        type Context = Context<Self>;
    }

    impl Handler<Observe> for Witness {
        type Result = ResponseFuture<Observation>;

        fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
            let after = self.after;
            Box::pin(async move {
                tokio::time::sleep(after).await;
                Observation {
                    state: "running",
                    details: Value::Null,
                }
            })
        }
    }

    fn witness(registry: &ActorRegistry, name: &'static str, after: Duration) {
        let address = Witness { after }.start();
        registry.add(registry.stats(name, 16), address.recipient());
    }

    fn registry() -> Arc<ActorRegistry> {
        let registry = ActorRegistry::new(ActorMetrics::register(&Registry::new()).unwrap());
        witness(&registry, "prompt", Duration::ZERO);
        witness(&registry, "lost", Duration::from_mins(10));
        registry
    }

    fn up(registry: &ActorRegistry, name: &str) -> i64 {
        registry.metrics.up.with_label_values(&[name]).get()
    }

    #[actix::test]
    async fn silence_is_an_answer_within_about_a_second() {
        let registry = registry();
        let began = Instant::now();
        let reports = registry.observe_all().await;
        assert!(began.elapsed() < Duration::from_millis(1_900));
        let seen: Vec<_> = reports
            .iter()
            .map(|report| (report.name, report.state, report.silent))
            .collect();
        assert_eq!(
            seen,
            [("prompt", "running", false), ("lost", "silent", true)]
        );
        assert_eq!((up(&registry, "prompt"), up(&registry, "lost")), (1, 0));
    }

    #[actix::test]
    async fn the_watchdog_notices_silence_by_itself() {
        let registry = registry();
        Watchdog::start(registry.clone(), Duration::from_millis(10));
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!((up(&registry, "prompt"), up(&registry, "lost")), (1, 0));
    }
}
