//! Fetching jobs from a queue for as long as the worker lives.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::RedisResult;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::backend::BackendSource;
use super::clock::RedisClock;
use super::consumer::{Consumer, is_suspect};
use super::delivery::{Delivery, Ticket};
use super::entry::Entry;
use super::holdings::Holdings;
use super::payloads::Job;
use super::pulse::Pulse;
use crate::config::RedisServer;
use crate::telemetry::metrics::Metrics;

/// Interval at which delayed jobs are looked at, dropped ones given back and running ones held.
const CARE_INTERVAL: Duration = Duration::from_millis(250);
/// Interval of the looks for orphans.
const ADOPT_INTERVAL: Duration = Duration::from_secs(1);
/// Interval of the looks whether a paused queue goes on.
const PAUSE_INTERVAL: Duration = Duration::from_millis(500);
/// Every this many rounds of care the running jobs are held and the gauges set: once a second.
const HOLD_EVERY: u64 = 4;
/// Every this many rounds of care the queue is tidied: once a minute.
const TIDY_EVERY: u64 = 240;

/// A worker's subscription to one queue.
#[derive(Debug)]
pub struct Subscription<J> {
    shared: Arc<Shared>,
    deliveries: Arc<Mutex<mpsc::Receiver<Delivery<J>>>>,
    stop: watch::Sender<bool>,
    fetcher: JoinHandle<()>,
    caretaker: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    queue: &'static str,
    consumer: Arc<Consumer>,
    holdings: Arc<Holdings>,
    slots: Arc<Semaphore>,
    /// For jobs that may take the process down: one at a time, so that none is blamed for another.
    suspects: Arc<Semaphore>,
    pulse: Pulse,
    clock: RedisClock,
    metrics: Metrics,
}

impl<J: Job> Subscription<J> {
    /// Starts to fetch, at most `concurrency` jobs at once. Redis need not be there yet.
    ///
    /// # Errors
    /// The URL is not a Redis URL.
    pub fn start(
        server: impl Into<RedisServer>,
        concurrency: usize,
        metrics: Metrics,
    ) -> RedisResult<Self> {
        let shared = Arc::new(Shared {
            queue: J::QUEUE,
            consumer: Arc::new(Consumer::new(&server.into(), J::QUEUE)?),
            holdings: Arc::default(),
            slots: Arc::new(Semaphore::new(concurrency)),
            suspects: Arc::new(Semaphore::new(1)),
            pulse: Pulse::default(),
            clock: RedisClock::default(),
            metrics,
        });
        let (stop, stopped) = watch::channel(false);
        let (sender, receiver) = mpsc::channel(1);
        Ok(Self {
            fetcher: tokio::spawn(fetch_until_stopped(shared.clone(), sender, stopped)),
            caretaker: tokio::spawn(take_care(shared.clone())),
            deliveries: Arc::new(Mutex::new(receiver)),
            shared,
            stop,
        })
    }

    /// Source of Apalis' backends.
    pub fn backend_source(&self) -> BackendSource<J> {
        BackendSource::new(self.deliveries.clone())
    }

    /// Says whether the fetching is alive.
    pub fn pulse(&self) -> Pulse {
        self.shared.pulse.clone()
    }

    /// Stops the fetching at once; what runs may finish.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Ends the subscription and gives back what is not settled.
    pub async fn close(self) {
        self.stop.send_replace(true);
        let _ = timeout(Duration::from_secs(1), self.fetcher).await;
        self.caretaker.abort();
        let rest = self.shared.holdings.take_all();
        if rest.is_empty() {
            return;
        }
        match self.shared.consumer.release(&rest).await {
            Ok(jobs) => tracing::info!(queue = J::QUEUE, jobs, "unfinished jobs were given back"),
            Err(error) => {
                tracing::warn!(queue = J::QUEUE, %error, "unfinished jobs will be taken for orphans");
            }
        }
    }
}

/// Fetches through every failure of Redis.
async fn fetch_until_stopped<J: Job>(
    shared: Arc<Shared>,
    deliveries: mpsc::Sender<Delivery<J>>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut failures = 0;
    loop {
        let fetching = Fetcher {
            shared: &shared,
            deliveries: &deliveries,
            failures: &mut failures,
        };
        let result = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            result = fetching.run() => result,
        };
        let Err(error) = result else {
            return;
        };
        let delay =
            super::backoff::jittered(Duration::from_millis(100), Duration::from_secs(2), failures);
        failures += 1;
        tracing::warn!(queue = shared.queue, %error, ?delay, "fetching jobs failed");
        shared.pulse.beat();
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = sleep(delay) => {}
        }
    }
}

struct Fetcher<'a, J> {
    shared: &'a Arc<Shared>,
    deliveries: &'a mpsc::Sender<Delivery<J>>,
    failures: &'a mut u32,
}

impl<J: Job> Fetcher<'_, J> {
    /// Returns with an error of Redis, or when nobody wants the jobs any more.
    async fn run(self) -> RedisResult<()> {
        let mut connection = self.shared.consumer.connect().await?;
        let mut adopt_at = Instant::now();
        loop {
            self.shared.pulse.beat();
            let Some(slot) = self.free_slot().await else {
                continue;
            };
            let taken = if adopt_at <= Instant::now() {
                adopt_at = Instant::now() + ADOPT_INTERVAL;
                let (time, paused) = self.shared.consumer.look(&mut connection).await?;
                self.shared.clock.set(time);
                if paused {
                    sleep(PAUSE_INTERVAL).await;
                    adopt_at = Instant::now();
                    continue;
                }
                self.adopt().await?
            } else {
                Vec::new()
            };
            let taken = if taken.is_empty() {
                self.read(&mut connection).await?
            } else {
                taken
            };
            *self.failures = 0;
            if self.deliver(slot, taken).await.is_none() {
                return Ok(());
            }
        }
    }

    /// A slot for one more job, if one is free within a second.
    async fn free_slot(&self) -> Option<OwnedSemaphorePermit> {
        let slot = self.shared.slots.clone().acquire_owned();
        timeout(Duration::from_secs(1), slot).await.ok()?.ok()
    }

    /// As many as there are free slots, with the one in hand.
    fn capacity(&self) -> usize {
        1 + self.shared.slots.available_permits()
    }

    async fn read(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<Vec<(StreamId, u32)>> {
        let entries = self
            .shared
            .consumer
            .read(connection, self.capacity())
            .await?;
        Ok(entries.into_iter().map(|entry| (entry, 0)).collect())
    }

    async fn adopt(&self) -> RedisResult<Vec<(StreamId, u32)>> {
        let suspects = self.shared.suspects.available_permits();
        let orphans = self
            .shared
            .consumer
            .adopt(self.capacity(), suspects)
            .await?;
        for (entry, deliveries) in &orphans {
            tracing::warn!(
                queue = self.shared.queue,
                entry = entry.id,
                deliveries,
                "took over an orphaned job"
            );
        }
        let retries = &self.shared.metrics.job_retries_total;
        retries
            .with_label_values(&[self.shared.queue, "orphaned"])
            .inc_by(orphans.len() as u64);
        Ok(orphans)
    }

    /// Hands the jobs to the worker; `None` when it is gone.
    async fn deliver(&self, slot: OwnedSemaphorePermit, taken: Vec<(StreamId, u32)>) -> Option<()> {
        // All are held from now on, also those that wait for their turn below.
        for (entry, _) in &taken {
            self.shared.holdings.add(&entry.id);
        }
        let mut slot = Some(slot);
        for (entry, deliveries) in taken {
            let slot = match slot.take() {
                Some(slot) => slot,
                None => self.shared.slots.clone().acquire_owned().await.ok()?,
            };
            if let Some(delivery) = self.open(slot, &entry, deliveries) {
                self.deliveries.send(delivery).await.ok()?;
            }
        }
        Some(())
    }

    /// Unpacks a job. One that can't be understood goes to the dead ones, where a newer release may find it.
    fn open(
        &self,
        slot: OwnedSemaphorePermit,
        stream_id: &StreamId,
        crashes: u32,
    ) -> Option<Delivery<J>> {
        let entry = Entry::of(stream_id);
        let run = entry.runs + crashes + 1;
        let waits = entry.waits;
        let waited = self.shared.clock.age(&stream_id.id);
        self.shared
            .metrics
            .job_wait_seconds
            .with_label_values(&[self.shared.queue])
            .observe(waited.as_secs_f64());
        let job = entry.job();
        let suspect = is_suspect(crashes).then(|| self.shared.suspects.clone());
        let ticket = Ticket {
            consumer: self.shared.consumer.clone(),
            holdings: self.shared.holdings.clone(),
            entry_id: stream_id.id.clone(),
            entry,
            _slot: slot,
            _suspect: suspect.and_then(|suspects| suspects.try_acquire_owned().ok()),
        };
        match job {
            Ok(job) => Some(Delivery {
                job,
                run,
                waits,
                crashes,
                waited,
                ticket,
            }),
            Err(error) => {
                let trace_id = ticket.entry.trace_id();
                tracing::error!(queue = self.shared.queue, %trace_id, error, "job set aside");
                let unknown = Delivery {
                    job: (),
                    run,
                    waits,
                    crashes,
                    waited,
                    ticket,
                };
                tokio::spawn(async move { unknown.bury(&error).await });
                None
            }
        }
    }
}

/// Keeps running jobs from being taken for orphans, wakes delayed ones, and watches the depth.
async fn take_care(shared: Arc<Shared>) {
    let mut rounds = interval(CARE_INTERVAL);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        rounds.tick().await;
        if let Err(error) = care(&shared, round).await {
            tracing::debug!(queue = shared.queue, %error, "taking care of the queue failed");
        }
    }
    pending::<()>().await;
}

async fn care(shared: &Shared, round: u64) -> RedisResult<()> {
    shared.consumer.promote().await?;
    let dropped = shared.holdings.take_dropped();
    if !dropped.is_empty() {
        shared.consumer.release(&dropped).await?;
    }
    if round.is_multiple_of(HOLD_EVERY) {
        hold(shared).await?;
        let (depth, dead) = shared.consumer.depth().await?;
        shared
            .metrics
            .queue_depth
            .with_label_values(&[shared.queue])
            .set(depth);
        shared
            .metrics
            .dead_jobs
            .with_label_values(&[shared.queue])
            .set(dead);
    }
    if round.is_multiple_of(TIDY_EVERY) {
        shared.consumer.tidy().await?;
    }
    Ok(())
}

async fn hold(shared: &Shared) -> RedisResult<()> {
    let running = shared.holdings.running();
    if running.is_empty() {
        return Ok(());
    }
    let lost = shared.consumer.hold(&running).await?;
    // What was settled meanwhile is not the caller's any more either.
    let running = shared.holdings.running();
    for lost in lost.iter().filter(|lost| running.contains(lost)) {
        tracing::warn!(
            queue = shared.queue,
            entry = lost,
            "a running job was taken by another worker"
        );
    }
    Ok(())
}
