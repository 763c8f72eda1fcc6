//! Redis loses one key of a queue and keeps the others, as one that evicts does: no job is kept out by what is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use wildside::queue::{Producer, Pushed};
use wildside_test_support::TestRedis;

use crate::jobs::queue::{
    Errand, Notebook, STREAM, TestWorker, errand, finisher, producer, wait_until_empty,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// Queues what is not in the queue, as the sweep does.
async fn sweep(producer: &Producer, jobs: &[&Errand]) {
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let queued = producer.contains::<Errand>(&ids).await.unwrap();
    for (job, queued) in jobs.iter().zip(queued) {
        if !queued {
            assert_eq!(producer.push(*job).await.unwrap(), Pushed::Added);
        }
    }
}

/// Until a command of Redis answers so.
fn until_redis_says(redis: &TestRedis, words: &[&str], answer: &str) {
    let begun = Instant::now();
    loop {
        let said = redis.command(words);
        if said.trim() == answer {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{words:?}: {said}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_key_is_lost_every_job_ends() {
    for lost in ["", ":delayed", ":ids", ":dead"] {
        let redis = TestRedis::start();
        let producer = producer(&redis);
        let first = Arc::new(AtomicBool::new(true));
        let notebook = Notebook::new(move |delivery| {
            let is_first = first.swap(false, Ordering::Relaxed);
            async move {
                if is_first {
                    delivery.retry_after(Duration::from_secs(1)).await;
                } else {
                    delivery.finish().await;
                }
            }
        });
        let worker = TestWorker::start(&redis.url(), 1, &notebook);
        let (delayed, waiting) = (errand(), errand());
        producer.push(&delayed).await.unwrap();
        until_redis_says(&redis, &["ZCARD", &format!("{STREAM}:delayed")], ":1");
        worker.stop().await;
        producer.push(&waiting).await.unwrap();

        redis.command(&["DEL", &format!("{STREAM}{lost}")]);
        sweep(&producer, &[&delayed, &waiting]).await;
        let worker = TestWorker::start(&redis.url(), 1, &notebook);
        let begun = Instant::now();
        let runs_of = |job: &Errand| {
            let runs = notebook.runs();
            runs.iter().filter(|run| run.id == job.id).count()
        };
        while runs_of(&delayed) < 2 || runs_of(&waiting) < 1 {
            assert!(begun.elapsed() < PATIENCE, "{:?}", notebook.runs());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        wait_until_empty(&producer).await;
        until_redis_says(&redis, &["HLEN", &format!("{STREAM}:ids")], ":0");
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_runs_is_in_the_queue_until_its_entry_is_lost() {
    let redis = TestRedis::start();
    let producer = producer(&redis);
    let stuck = Notebook::new(|delivery| async move {
        std::future::pending::<()>().await;
        drop(delivery);
    });
    let worker = TestWorker::start(&redis.url(), 1, &stuck);
    let job = errand();
    producer.push(&job).await.unwrap();
    stuck.wait_for(1, PATIENCE).await;
    assert_eq!(producer.push(&job).await.unwrap(), Pushed::AlreadyThere);
    redis.command(&["DEL", STREAM]);
    assert_eq!(
        producer.contains::<Errand>(&[job.id]).await.unwrap(),
        [false]
    );
    assert_eq!(producer.push(&job).await.unwrap(), Pushed::Added);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_a_run_ends_it_leaves_the_id_to_the_job_that_was_queued_meanwhile() {
    for ending in ["finish", "retry", "bury"] {
        let redis = TestRedis::start();
        let producer = producer(&redis);
        let gate = Arc::new(Semaphore::new(0));
        let first = Arc::new(AtomicBool::new(true));
        let opened = gate.clone();
        let notebook = Notebook::new(move |delivery| {
            let (gate, is_first) = (opened.clone(), first.swap(false, Ordering::Relaxed));
            async move {
                gate.acquire().await.unwrap().forget();
                match ending {
                    "retry" if is_first => delivery.retry_after(Duration::ZERO).await,
                    "bury" if is_first => delivery.bury("it never works").await,
                    _ => delivery.finish().await,
                }
            }
        });
        let worker = TestWorker::start(&redis.url(), 1, &notebook);
        let job = errand();
        producer.push(&job).await.unwrap();
        notebook.wait_for(1, PATIENCE).await;
        redis.command(&["DEL", &format!("{STREAM}:ids")]);
        assert_eq!(producer.push(&job).await.unwrap(), Pushed::Added);
        gate.add_permits(1);
        notebook.wait_for(2, PATIENCE).await;
        let third = producer.push(&job).await.unwrap();
        assert_eq!(third, Pushed::AlreadyThere, "{ending}");
        gate.add_permits(9);
        wait_until_empty(&producer).await;
        assert_eq!(notebook.runs().len(), 2, "{ending}");
        until_redis_says(&redis, &["HLEN", &format!("{STREAM}:ids")], ":0");
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_lost_jobs_are_forgotten() {
    let redis = TestRedis::start();
    let producer = producer(&redis);
    for _ in 0..3 {
        producer.push(&errand()).await.unwrap();
    }
    redis.command(&["DEL", STREAM]);
    let worker = TestWorker::start(&redis.url(), 1, &finisher());
    until_redis_says(&redis, &["HLEN", &format!("{STREAM}:ids")], ":0");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_jobs_of_a_release_that_had_the_queue_elsewhere_are_taken_over() {
    let redis = TestRedis::start();
    let before = STREAM.replace(['{', '}'], "");
    redis.command(&["XADD", &format!("{before}:dead"), "*", "id", "old"]);
    redis.command(&["XADD", &before, "*", "id", "old"]);
    let worker = TestWorker::start(&redis.url(), 1, &finisher());
    until_redis_says(&redis, &["XLEN", &format!("{STREAM}:dead")], ":1");
    let begun = Instant::now();
    while redis.command(&["TTL", &before]).starts_with(":-") {
        assert!(begun.elapsed() < PATIENCE, "it stays for ever");
    }
    // A worker of that release still runs.
    redis.command(&["XADD", &format!("{before}:dead"), "*", "id", "late"]);
    let next = TestWorker::start(&redis.url(), 1, &finisher());
    until_redis_says(&redis, &["XLEN", &format!("{STREAM}:dead")], ":2");
    until_redis_says(&redis, &["XLEN", &format!("{before}:dead")], ":0");
    next.stop().await;
    worker.stop().await;
}
