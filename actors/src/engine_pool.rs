//! Engine threads on a `SyncArbiter`: computation away from the runtime, bounded, with its panics and hangs contained.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, Addr, Handler, MailboxError, Message, SyncArbiter, SyncContext};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

use crate::envelope::panic_text;
use crate::registry::Observation;
use crate::stats::ActorStats;

/// Size and patience of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolConfig {
    /// Computations at a time.
    pub threads: usize,
    /// Computations that may wait for a thread; more are refused at once.
    pub waiting: usize,
    /// Time after its deadline at which a computation is given up and its thread abandoned.
    pub grace: Duration,
    /// Abandoned threads that still run at which the pool takes no more work: each keeps a processor busy.
    pub max_abandoned: usize,
}

impl PoolConfig {
    /// A pool of so many threads (at least one) with room for four waiting computations each.
    pub fn with_threads(threads: usize) -> Self {
        let threads = threads.max(1);
        Self {
            threads,
            waiting: threads * 4,
            grace: Duration::from_millis(500),
            max_abandoned: threads * 4,
        }
    }
}

/// Failure of a pool to give a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolFailure {
    /// Too many computations wait for a thread.
    #[error("too many computations wait")]
    Busy,
    /// The computation did not end in time, or no thread was free in time.
    #[error("the computation took too long")]
    DeadlineExceeded,
    /// The computation panicked.
    #[error("the computation failed")]
    Panicked,
    /// The pool takes no more work: it shuts down, or too many of its threads hang.
    #[error("the pool is stopped")]
    Stopped,
}

/// A pool of engine threads. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct EnginePool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: PoolConfig,
    stats: Arc<ActorStats>,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    abandoned: Arc<AtomicUsize>,
    threads: Mutex<Addr<EngineThread>>,
}

/// Observation of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(crate) struct PoolState {
    pub(crate) threads: usize,
    pub(crate) computing: usize,
    pub(crate) waiting: usize,
    pub(crate) abandoned: usize,
}

impl EnginePool {
    pub(crate) fn start(config: PoolConfig, stats: Arc<ActorStats>) -> Self {
        let shared = Shared {
            config,
            stats,
            slots: Arc::new(Semaphore::new(config.threads)),
            waiting: AtomicUsize::new(0),
            abandoned: Arc::default(),
            threads: Mutex::new(EngineThread::start_pool(config.threads)),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(crate) fn state(&self) -> PoolState {
        let Shared {
            config,
            slots,
            waiting,
            abandoned,
            ..
        } = &*self.shared;
        PoolState {
            threads: config.threads,
            computing: config.threads.saturating_sub(slots.available_permits()),
            waiting: waiting.load(SeqCst),
            abandoned: abandoned.load(SeqCst),
        }
    }

    /// Observation of the supervisor of this pool.
    pub(crate) fn observe(&self) -> Observation {
        let state = if self.shared.slots.is_closed() {
            "stopped"
        } else if self.is_exhausted() {
            "exhausted"
        } else {
            "running"
        };
        Observation {
            state,
            details: json!(self.state()),
        }
    }

    /// True if too many threads hang for more work to be taken.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.shared.abandoned.load(SeqCst) >= self.shared.config.max_abandoned
    }

    /// Takes no more work; what has begun is finished.
    pub(crate) fn close(&self) {
        self.shared.slots.close();
    }

    /// Computes on a thread of the pool, waiting for one no longer than until `deadline`. The computation must
    /// watch the deadline itself; if it does not, it is given up after the grace.
    pub(crate) async fn run<T, F>(&self, deadline: Instant, compute: F) -> Result<T, PoolFailure>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let slot = self.slot(deadline).await?;
        let course = Course::begin(self.shared.abandoned.clone());
        let compute = Compute {
            work: Box::new(compute),
            course: course.clone(),
        };
        let threads = self.threads();
        let answer = timeout_at(
            (deadline + self.shared.config.grace).into(),
            threads.send(compute),
        )
        .await;
        let result = match answer {
            Ok(Ok(result)) => result,
            Ok(Err(MailboxError::Closed | MailboxError::Timeout)) => {
                self.rebuild(&threads, "pool_died");
                Err(PoolFailure::Panicked)
            }
            Err(_) => {
                if course.give_up() {
                    self.rebuild(&threads, "hung");
                }
                Err(PoolFailure::DeadlineExceeded)
            }
        };
        drop(slot);
        result
    }

    async fn slot(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, PoolFailure> {
        let Shared {
            config,
            slots,
            waiting,
            ..
        } = &*self.shared;
        if self.is_exhausted() {
            return Err(PoolFailure::Stopped);
        }
        if let Ok(slot) = slots.clone().try_acquire_owned() {
            return Ok(slot);
        }
        let _place = WaitingPlace::take(waiting, config.waiting).ok_or(PoolFailure::Busy)?;
        let slot = timeout_at(deadline.into(), slots.clone().acquire_owned()).await;
        slot.map_err(|_| PoolFailure::DeadlineExceeded)?
            .map_err(|_| PoolFailure::Stopped)
    }

    fn threads(&self) -> Addr<EngineThread> {
        self.shared
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts fresh threads in the place of `failed`, unless that has been done. The healthy ones among the old threads
    /// finish what they compute and end.
    fn rebuild(&self, failed: &Addr<EngineThread>, reason: &'static str) {
        let mut threads = self
            .shared
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *threads == *failed {
            *threads = EngineThread::start_pool(self.shared.config.threads);
            self.shared.stats.restarted(reason);
        }
    }
}

/// A place among those who wait for a slot.
struct WaitingPlace<'a>(&'a AtomicUsize);

impl<'a> WaitingPlace<'a> {
    fn take(waiting: &'a AtomicUsize, places: usize) -> Option<Self> {
        if waiting.fetch_add(1, SeqCst) < places {
            return Some(Self(waiting));
        }
        waiting.fetch_sub(1, SeqCst);
        None
    }
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

const RUNNING: u8 = 0;
const FINISHED: u8 = 1;
const GIVEN_UP: u8 = 2;

/// The course of one computation: it finishes or is given up, whichever is first. Counts the threads that still run
/// what was given up.
#[derive(Debug, Clone)]
struct Course {
    stage: Arc<AtomicU8>,
    abandoned: Arc<AtomicUsize>,
}

impl Course {
    fn begin(abandoned: Arc<AtomicUsize>) -> Self {
        Self {
            stage: Arc::new(AtomicU8::new(RUNNING)),
            abandoned,
        }
    }

    /// Says whether it was still running.
    fn give_up(&self) -> bool {
        self.abandoned.fetch_add(1, SeqCst);
        let was_running = self
            .stage
            .compare_exchange(RUNNING, GIVEN_UP, SeqCst, SeqCst)
            .is_ok();
        if !was_running {
            self.abandoned.fetch_sub(1, SeqCst);
        }
        was_running
    }

    fn finish(&self) {
        if self.stage.swap(FINISHED, SeqCst) == GIVEN_UP {
            self.abandoned.fetch_sub(1, SeqCst);
        }
    }
}

/// Computes something on an engine thread.
struct Compute<T> {
    work: Box<dyn FnOnce() -> T + Send>,
    course: Course,
}

impl<T: 'static> Message for Compute<T> {
    type Result = Result<T, PoolFailure>;
}

/// One thread of the pool.
#[derive(Debug)]
struct EngineThread;

impl EngineThread {
    fn start_pool(threads: usize) -> Addr<Self> {
        let builder = || thread::Builder::new().name("engine".to_owned());
        SyncArbiter::start_with_thread_builder(threads, builder, || Self)
    }
}

impl Actor for EngineThread {
    type Context = SyncContext<Self>;
}

impl<T: Send + 'static> Handler<Compute<T>> for EngineThread {
    type Result = Result<T, PoolFailure>;

    /// A panic would end the thread for good; caught, it only ends the computation.
    fn handle(&mut self, compute: Compute<T>, ctx: &mut Self::Context) -> Self::Result {
        let result = catch_unwind(AssertUnwindSafe(compute.work));
        compute.course.finish();
        result.map_err(|panic| {
            tracing::error!(panic = panic_text(&*panic), "computation panicked");
            ctx.stop();
            PoolFailure::Panicked
        })
    }
}
