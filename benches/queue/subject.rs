//! Our own queue, run by Apalis as in the worker.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use apalis_core::monitor::Monitor;
use apalis_core::task::data::Data;
use apalis_core::worker::builder::WorkerBuilder;
use futures::future::try_join_all;
use prometheus::Registry;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;
use wildside::queue::{Delivery, Job, Producer, Subscription};
use wildside::shared_redis;
use wildside::telemetry::metrics::Metrics;
use wildside_test_support::TestRedis;

use crate::figures::{BACKLOG, CONCURRENCY, Figures, LATENCY_JOBS, RATE};

/// Jobs over which memory must not grow.
const MANY: usize = 100_000;
const PUSHED_AT_ONCE: usize = 500;

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

#[derive(Debug, Serialize, Deserialize)]
struct Nothing {
    id: Uuid,
    pushed_us: u64,
}

impl Nothing {
    fn now() -> Self {
        Self {
            id: Uuid::new_v4(),
            pushed_us: EPOCH.elapsed().as_micros() as u64,
        }
    }
}

impl Job for Nothing {
    const QUEUE: &'static str = "nothing";
    const KIND: &'static str = "Nothing";

    fn id(&self) -> Uuid {
        self.id
    }

    fn trace_id(&self) -> Uuid {
        self.id
    }
}

#[derive(Debug, Clone, Default)]
struct Seen {
    waits: Arc<Mutex<Vec<Duration>>>,
    count: Arc<AtomicUsize>,
}

async fn run(delivery: Delivery<Nothing>, seen: Data<Seen>) {
    let wait = EPOCH
        .elapsed()
        .saturating_sub(Duration::from_micros(delivery.job.pushed_us));
    if seen.count.fetch_add(1, Ordering::Relaxed) < LATENCY_JOBS {
        seen.waits.lock().unwrap().push(wait);
    }
    delivery.finish().await;
}

fn start_worker(redis: &TestRedis) -> (Subscription<Nothing>, Seen) {
    let seen = Seen::default();
    let metrics = Metrics::new(&Registry::new()).unwrap();
    let subscription = Subscription::<Nothing>::start(&redis.url(), CONCURRENCY, metrics).unwrap();
    let (source, data) = (subscription.backend_source(), seen.clone());
    let monitor = Monitor::new().register(move |_| {
        WorkerBuilder::new("nothing")
            .backend(source.backend())
            .data(data.clone())
            .build(run)
    });
    tokio::spawn(monitor.run());
    (subscription, seen)
}

/// The figures, and what became of memory.
pub(crate) async fn measure(redis: &TestRedis) -> (Figures, String) {
    let producer = Producer::new(shared_redis::connect(&redis.url()).unwrap());
    let pushing = push(&producer, BACKLOG).await;
    let start = Instant::now();
    let (backlog_worker, seen) = start_worker(redis);
    reach(&seen, BACKLOG).await;
    let draining = start.elapsed();
    backlog_worker.close().await;

    let (worker, seen) = start_worker(redis);
    let mut ticks = interval(Duration::from_secs(1) / RATE as u32);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for _ in 0..LATENCY_JOBS {
        ticks.tick().await;
        producer.push(&Nothing::now()).await.unwrap();
    }
    reach(&seen, LATENCY_JOBS).await;
    let waits = seen.waits.lock().unwrap().clone();
    let growth = growth(redis, &producer, &seen).await;
    worker.close().await;
    (Figures::new(waits, pushing, draining), growth)
}

async fn push(producer: &Producer, count: usize) -> Duration {
    let start = Instant::now();
    for _ in 0..count / PUSHED_AT_ONCE {
        let jobs: Vec<Nothing> = (0..PUSHED_AT_ONCE).map(|_| Nothing::now()).collect();
        try_join_all(jobs.iter().map(|job| producer.push(job)))
            .await
            .unwrap();
    }
    start.elapsed()
}

async fn reach(seen: &Seen, count: usize) {
    while seen.count.load(Ordering::Relaxed) < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Memory of this process and of Redis after a tenth of the jobs, and after all of them.
async fn growth(redis: &TestRedis, producer: &Producer, seen: &Seen) -> String {
    let before = seen.count.load(Ordering::Relaxed);
    let mut sizes = Vec::new();
    for round in 1..=10 {
        push(producer, MANY / 10).await;
        reach(seen, before + round * MANY / 10).await;
        sizes.push((resident_mb(), redis_mb(redis)));
    }
    let ((own_first, redis_first), (own_last, redis_last)) = (sizes[0], sizes[sizes.len() - 1]);
    format!(
        "memory over {MANY} jobs: process {own_first:.1} -> {own_last:.1} MB, redis {redis_first:.1} -> {redis_last:.1} MB"
    )
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}

fn redis_mb(redis: &TestRedis) -> f64 {
    let info = redis.command(&["INFO", "memory"]);
    let line = info
        .lines()
        .find(|line| line.starts_with("used_memory:"))
        .unwrap();
    line.trim_start_matches("used_memory:")
        .trim()
        .parse::<f64>()
        .unwrap()
        / 1024.0
        / 1024.0
}
