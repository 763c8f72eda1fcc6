//! The Apalis backend on Redis Streams: what it promises, whatever happens to workers and to Redis.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use apalis_core::monitor::Monitor;
use apalis_core::task::data::Data;
use apalis_core::worker::builder::WorkerBuilder;
use futures::future::BoxFuture;
use prometheus::Registry;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wildside::queue::{Delivery, Job, Producer, Pushed, Subscription};
use wildside::shared_redis;
use wildside::telemetry::metrics::Metrics;
use wildside_test_support::TestRedis;

pub(crate) const STREAM: &str = "wildside:queue:{errands}";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Errand {
    pub(crate) id: Uuid,
}

impl Job for Errand {
    const QUEUE: &'static str = "errands";
    const KIND: &'static str = "Errand";

    fn id(&self) -> Uuid {
        self.id
    }

    fn trace_id(&self) -> Uuid {
        Uuid::from_u128(0x7ace)
    }
}

pub(crate) fn errand() -> Errand {
    Errand { id: Uuid::new_v4() }
}

/// Starts of jobs that were seen at a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) id: Uuid,
    pub(crate) run: u32,
    pub(crate) crashes: u32,
}

type Handler = Arc<dyn Fn(Delivery<Errand>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Runs errands as the worker does, and notes each start.
#[derive(Clone)]
pub(crate) struct Notebook {
    runs: Arc<Mutex<Vec<Start>>>,
    handler: Handler,
}

impl Notebook {
    pub(crate) fn new<F>(handler: impl Fn(Delivery<Errand>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            runs: Arc::default(),
            handler: Arc::new(move |delivery| Box::pin(handler(delivery))),
        }
    }

    pub(crate) fn runs(&self) -> Vec<Start> {
        self.runs.lock().unwrap().clone()
    }

    pub(crate) async fn wait_for(&self, count: usize, patience: Duration) -> Vec<Start> {
        let deadline = Instant::now() + patience;
        while self.runs().len() < count {
            assert!(
                Instant::now() < deadline,
                "{} of {count} runs after {patience:?}",
                self.runs().len()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.runs()
    }
}

async fn note_and_run(delivery: Delivery<Errand>, notebook: Data<Notebook>) {
    let run = Start {
        id: delivery.job.id,
        run: delivery.run,
        crashes: delivery.crashes,
    };
    notebook.runs.lock().unwrap().push(run);
    (notebook.handler)(delivery).await;
}

pub(crate) struct TestWorker {
    subscription: Subscription<Errand>,
    monitor: JoinHandle<()>,
}

impl TestWorker {
    pub(crate) fn start(redis_url: &str, concurrency: usize, notebook: &Notebook) -> Self {
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let subscription = Subscription::start(redis_url, concurrency, metrics).unwrap();
        let (source, notebook) = (subscription.backend_source(), notebook.clone());
        let monitor = Monitor::new().register(move |_| {
            WorkerBuilder::new("errands")
                .backend(source.backend())
                .data(notebook.clone())
                .build(note_and_run)
        });
        let monitor = tokio::spawn(async move { monitor.run().await.unwrap() });
        Self {
            subscription,
            monitor,
        }
    }

    /// As a worker that is told to stop and whose grace has run out.
    pub(crate) async fn stop(self) {
        self.subscription.stop();
        self.monitor.abort();
        let _ = self.monitor.await;
        self.subscription.close().await;
    }
}

/// A worker in a runtime of its own, so that it can be taken away at any point, as by SIGKILL.
struct MortalWorker(Runtime);

impl MortalWorker {
    fn start(redis_url: &str, notebook: &Notebook) -> Self {
        let runtime = Runtime::new().unwrap();
        let worker = {
            let _entered = runtime.enter();
            TestWorker::start(redis_url, 4, notebook)
        };
        // Dropping a worker would give its jobs back.
        std::mem::forget(worker);
        Self(runtime)
    }

    fn kill(self) {
        self.0.shutdown_background();
    }
}

pub(crate) fn producer(redis: &TestRedis) -> Producer {
    Producer::new(shared_redis::connect(&redis.url()).unwrap())
}

pub(crate) async fn wait_until_empty(producer: &Producer) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while producer.depth::<Errand>().await.unwrap() > 0 {
        assert!(Instant::now() < deadline, "jobs are left in the queue");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn finisher() -> Notebook {
    Notebook::new(Delivery::finish)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_job_leaves_nothing_behind() {
    let redis = TestRedis::start();
    let (producer, notebook) = (producer(&redis), finisher());
    let worker = TestWorker::start(&redis.url(), 2, &notebook);
    let job = errand();
    assert_eq!(producer.push(&job).await.unwrap(), Pushed::Added);
    let runs = notebook.wait_for(1, Duration::from_secs(5)).await;
    assert_eq!(
        runs,
        [Start {
            id: job.id,
            run: 1,
            crashes: 0
        }]
    );
    wait_until_empty(&producer).await;
    assert!(redis.command(&["XLEN", STREAM]).contains(":0"));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_in_the_queue_once() {
    let redis = TestRedis::start();
    let producer = producer(&redis);
    let job = errand();
    assert_eq!(producer.push(&job).await.unwrap(), Pushed::Added);
    assert_eq!(producer.push(&job).await.unwrap(), Pushed::AlreadyThere);
    assert_eq!(producer.depth::<Errand>().await.unwrap(), 1);
    assert_eq!(
        producer
            .contains::<Errand>(&[Uuid::nil(), job.id])
            .await
            .unwrap(),
        [false, true]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_held_starts_elsewhere_within_ten_seconds() {
    let redis = TestRedis::start();
    let producer = producer(&redis);
    // A killed process drops nothing; a dropped delivery would be given back.
    let stuck = Notebook::new(|delivery| {
        std::mem::forget(delivery);
        std::future::pending()
    });
    let victim = MortalWorker::start(&redis.url(), &stuck);
    let job = errand();
    producer.push(&job).await.unwrap();
    stuck.wait_for(1, Duration::from_secs(5)).await;
    let notebook = finisher();
    let heir = TestWorker::start(&redis.url(), 2, &notebook);
    victim.kill();
    let runs = notebook.wait_for(1, Duration::from_secs(10)).await;
    assert_eq!(
        runs,
        [Start {
            id: job.id,
            run: 2,
            crashes: 1
        }]
    );
    wait_until_empty(&producer).await;
    heir.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_job_is_not_taken_from_a_living_worker() {
    let redis = TestRedis::start();
    let producer = producer(&redis);
    let notebook = Notebook::new(|delivery| async {
        tokio::time::sleep(Duration::from_secs(8)).await;
        delivery.finish().await;
    });
    let first = TestWorker::start(&redis.url(), 2, &notebook);
    let second = TestWorker::start(&redis.url(), 2, &notebook);
    producer.push(&errand()).await.unwrap();
    notebook.wait_for(1, Duration::from_secs(5)).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    wait_until_empty(&producer).await;
    assert_eq!(notebook.runs().len(), 1);
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_runs_again_after_its_delay_and_then_is_buried() {
    let redis = TestRedis::start();
    let producer = producer(&redis);
    let notebook = Notebook::new(|delivery| async {
        if delivery.run < 3 {
            delivery.retry_after(Duration::from_millis(300)).await;
        } else {
            delivery.bury("it never works").await;
        }
    });
    let worker = TestWorker::start(&redis.url(), 2, &notebook);
    let job = errand();
    let pushed = Instant::now();
    producer.push(&job).await.unwrap();
    let runs = notebook.wait_for(3, Duration::from_secs(5)).await;
    assert!(pushed.elapsed() >= Duration::from_millis(600));
    assert_eq!(
        runs.iter().map(|run| run.run).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    wait_until_empty(&producer).await;
    let dead = redis.command(&["XRANGE", &format!("{STREAM}:dead"), "-", "+"]);
    for expected in [
        &job.id.to_string(),
        "it never works",
        &job.trace_id().to_string(),
    ] {
        assert!(dead.contains(expected), "{expected} is not in {dead}");
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopped_worker_could_not_finish_starts_elsewhere_at_once() {
    let redis = TestRedis::start();
    let producer = producer(&redis);
    let stuck = Notebook::new(|delivery| async move {
        tokio::time::sleep(Duration::from_mins(1)).await;
        delivery.finish().await;
    });
    let leaver = TestWorker::start(&redis.url(), 2, &stuck);
    let job = errand();
    producer.push(&job).await.unwrap();
    stuck.wait_for(1, Duration::from_secs(5)).await;
    leaver.stop().await;
    let notebook = finisher();
    let heir = TestWorker::start(&redis.url(), 2, &notebook);
    let runs = notebook.wait_for(1, Duration::from_secs(3)).await;
    assert_eq!(
        runs,
        [Start {
            id: job.id,
            run: 1,
            crashes: 0
        }]
    );
    heir.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_survives_a_flush_and_a_restart_of_redis() {
    let mut redis = TestRedis::start();
    let (producer, notebook) = (producer(&redis), finisher());
    let worker = TestWorker::start(&redis.url(), 2, &notebook);
    producer.push(&errand()).await.unwrap();
    notebook.wait_for(1, Duration::from_secs(5)).await;

    redis.command(&["FLUSHALL"]);
    producer.push(&errand()).await.unwrap();
    notebook.wait_for(2, Duration::from_secs(5)).await;

    redis.restart();
    push_once_back(&producer).await;
    notebook.wait_for(3, Duration::from_secs(8)).await;
    worker.stop().await;
}

/// Pushes a job as soon as Redis takes it again.
async fn push_once_back(producer: &Producer) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while producer.push(&errand()).await.is_err() {
        assert!(
            Instant::now() < deadline,
            "the producer does not find redis again"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_survives_a_redis_that_does_not_answer() {
    let redis = TestRedis::start();
    let (producer, notebook) = (producer(&redis), finisher());
    let worker = TestWorker::start(&redis.url(), 2, &notebook);
    redis.pause();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(
        worker.subscription.pulse().silence() < Duration::from_secs(5),
        "the loop hangs with redis"
    );
    redis.resume();
    push_once_back(&producer).await;
    notebook.wait_for(1, Duration::from_secs(8)).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_waiting_jobs_all_run_once() {
    const JOBS: usize = 20_000;
    let redis = TestRedis::start();
    let (producer, notebook) = (producer(&redis), finisher());
    let jobs: Vec<Errand> = (0..JOBS).map(|_| errand()).collect();
    for batch in jobs.chunks(500) {
        let pushes = batch.iter().map(|job| producer.push(job));
        futures::future::try_join_all(pushes).await.unwrap();
    }
    let worker = TestWorker::start(&redis.url(), 32, &notebook);
    let runs = notebook.wait_for(JOBS, Duration::from_mins(1)).await;
    let mut ids: Vec<Uuid> = runs.iter().map(|run| run.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((runs.len(), ids.len()), (JOBS, JOBS));
    wait_until_empty(&producer).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_an_unknown_type_is_set_aside() {
    let redis = TestRedis::start();
    let (producer, notebook) = (producer(&redis), finisher());
    let worker = TestWorker::start(&redis.url(), 1, &notebook);
    redis.command(&[
        "XADD", STREAM, "*", "id", "x", "kind", "Unheard", "trace_id", "t", "payload", "{}",
        "runs", "0",
    ]);
    redis.command(&["XADD", STREAM, "*", "nothing", "at all"]);
    producer.push(&errand()).await.unwrap();
    notebook.wait_for(1, Duration::from_secs(5)).await;
    let dead = redis.command(&["XRANGE", &format!("{STREAM}:dead"), "-", "+"]);
    assert!(dead.contains("Unheard"), "{dead}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_thought_dead_settles_nothing() {
    let redis = TestRedis::start();
    let (producer, notebook) = (
        producer(&redis),
        Notebook::new(|delivery| async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            delivery.finish().await;
        }),
    );
    let worker = TestWorker::start(&redis.url(), 1, &notebook);
    producer.push(&errand()).await.unwrap();
    notebook.wait_for(1, Duration::from_secs(5)).await;
    let entries = redis.command(&["XRANGE", STREAM, "-", "+"]);
    let entry = entries
        .lines()
        .find(|line| line.contains('-'))
        .unwrap()
        .trim();
    redis.command(&["XCLAIM", STREAM, "workers", "another", "0", entry]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(
        redis.command(&["XLEN", STREAM]).contains(":1"),
        "the late worker took the job out"
    );
    assert_eq!(producer.depth::<Errand>().await.unwrap(), 1);
    worker.stop().await;
}
