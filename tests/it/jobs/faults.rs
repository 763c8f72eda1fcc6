//! Engines that fail, jobs that get lost, workers that die: every accepted request ends, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use wildside_actors::Status;
use wildside_actors::route_supervisor::Engine;

use crate::jobs::stage::{RunningWorker, SENATE_SQUARE, Stage, an_hour_from, engine};

const STREAM: &str = "wildside:queue:{route_generation}";

#[actix_web::test]
async fn an_engine_that_always_panics_fails_the_request_after_three_runs() {
    let stage = Stage::set();
    let runs = Arc::new(AtomicUsize::new(0));
    let broken = engine(&runs, |run| assert!(run > 1000, "the engine is broken"));
    let worker = RunningWorker::start_with_engine(&stage, &stage.config(&[]), broken);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, Duration::from_secs(20)).await;
    assert_eq!(
        (ended.status, runs.load(Ordering::SeqCst)),
        (Status::Failed, 3)
    );
    assert_eq!(ended.error_code.as_deref(), Some("engine_panicked"));
    worker.stop().await;
    let dead = stage
        .redis
        .command(&["XRANGE", &format!("{STREAM}:dead"), "-", "+"]);
    assert!(
        dead.contains("engine_panicked") && dead.contains(&request.trace_id.to_string()),
        "{dead}"
    );
}

#[actix_web::test]
async fn an_engine_that_panics_once_is_no_reason_to_fail() {
    let stage = Stage::set();
    let runs = Arc::new(AtomicUsize::new(0));
    let flaky = engine(&runs, |run| assert!(run > 1, "not today"));
    let worker = RunningWorker::start_with_engine(&stage, &stage.config(&[]), flaky);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, Duration::from_secs(20)).await;
    assert_eq!((ended.status, ended.attempt), (Status::Complete, 2));
    worker.stop().await;
}

#[actix_web::test]
async fn an_engine_that_hangs_frees_the_slot_and_fails_the_request() {
    let stage = Stage::set();
    let runs = Arc::new(AtomicUsize::new(0));
    let hanging = engine(&runs, |run| {
        if run == 1 {
            std::thread::sleep(Duration::from_hours(1));
        }
    });
    let config = stage.config(&[
        ("WILDSIDE_JOB_TIMEOUT_SECONDS", "1"),
        ("WILDSIDE_JOB_ATTEMPTS", "1"),
        ("WILDSIDE_JOB_CONCURRENCY", "1"),
    ]);
    let worker = RunningWorker::start_with_engine(&stage, &config, hanging);
    let hung = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(hung.id, Duration::from_secs(10)).await;
    assert_eq!(ended.status, Status::Failed);
    let elsewhere = wildside_engine::Point::new(24.94, 60.17);
    let next = stage.submit(&an_hour_from(elsewhere)).await;
    assert_eq!(
        stage.ended(next.id, Duration::from_secs(10)).await.status,
        Status::Complete
    );
    worker.stop().await;
}

#[actix_web::test]
async fn an_end_that_its_worker_could_not_announce_is_announced_by_the_next() {
    let stage = Stage::set();
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    stage.database.sql(&format!(
        "UPDATE route_requests SET status = 'failed', error_code = 'nothing_to_see' WHERE id = '{}'",
        request.id
    ));
    let mut events = stage.listen().await;
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let events = events.until_final(request.id).await;
    let statuses: Vec<_> = events.iter().map(|event| event.status).collect();
    assert_eq!(statuses, [Status::Failed]);
    worker.stop().await;
}

#[actix_web::test]
async fn a_job_that_takes_its_worker_down_is_given_up() {
    let stage = Stage::set();
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    // As if three workers in turn had taken it and died.
    stage
        .redis
        .command(&["XGROUP", "CREATE", STREAM, "workers", "0"]);
    stage.redis.command(&[
        "XREADGROUP",
        "GROUP",
        "workers",
        "victim",
        "STREAMS",
        STREAM,
        ">",
    ]);
    let entries = stage.redis.command(&["XRANGE", STREAM, "-", "+"]);
    let entry = entries
        .lines()
        .find(|line| line.contains('-'))
        .unwrap()
        .trim();
    stage.redis.command(&[
        "XCLAIM",
        STREAM,
        "workers",
        "victim",
        "0",
        entry,
        "IDLE",
        "60000",
        "RETRYCOUNT",
        "3",
    ]);

    let runs = Arc::new(AtomicUsize::new(0));
    let worker =
        RunningWorker::start_with_engine(&stage, &stage.config(&[]), engine(&runs, |_| {}));
    let ended = stage.ended(request.id, Duration::from_secs(10)).await;
    assert_eq!(
        (ended.status, runs.load(Ordering::SeqCst)),
        (Status::Failed, 0)
    );
    worker.stop().await;
}

#[actix_web::test]
async fn what_a_flush_takes_away_is_finished_within_ten_seconds() {
    let stage = Stage::set();
    let mut requests = Vec::new();
    for step in 0..20 {
        let start = wildside_engine::Point::new(24.9 + f64::from(step) / 1000.0, 60.17);
        requests.push(stage.submit(&an_hour_from(start)).await);
    }
    let runs = Arc::new(AtomicUsize::new(0));
    let worker =
        RunningWorker::start_with_engine(&stage, &stage.config(&[]), engine(&runs, |_| {}));
    stage.redis.command(&["FLUSHALL"]);
    for request in &requests {
        let ended = stage.ended(request.id, Duration::from_secs(10)).await;
        assert_eq!(ended.status, Status::Complete);
    }
    worker.stop().await;
}

#[actix_web::test]
async fn a_request_that_never_reached_the_queue_is_finished_all_the_same() {
    let stage = Stage::set();
    let runs = Arc::new(AtomicUsize::new(0));
    let config = stage.config(&[]);
    let workers = [
        RunningWorker::start_with_engine(&stage, &config, engine(&runs, |_| {})),
        RunningWorker::start_with_engine(&stage, &config, engine(&runs, |_| {})),
    ];
    let request = stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, Duration::from_secs(10)).await;
    assert_eq!(
        (ended.status, runs.load(Ordering::SeqCst)),
        (Status::Complete, 1)
    );
    for worker in workers {
        worker.stop().await;
    }
}

#[actix_web::test]
async fn a_stopping_worker_finishes_what_it_began() {
    let stage = Stage::set();
    let runs = Arc::new(AtomicUsize::new(0));
    let slow = engine(&runs, |_| std::thread::sleep(Duration::from_secs(1)));
    let worker = RunningWorker::start_with_engine(&stage, &stage.config(&[]), slow);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    while runs.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.stop().await;
    assert_eq!(stage.find(request.id).await.status, Status::Complete);
}

#[actix_web::test]
async fn an_impossible_walk_is_not_stored() {
    let stage = Stage::set();
    let possible = engine(&Arc::new(AtomicUsize::new(0)), |_| {});
    let impossible: Engine = Arc::new(move |request, pois, network, deadline| {
        let mut walk = possible(request, pois, network, deadline)?;
        walk.path[1].lat = f64::NAN;
        Ok(walk)
    });
    let config = stage.config(&[("WILDSIDE_JOB_ATTEMPTS", "1")]);
    let worker = RunningWorker::start_with_engine(&stage, &config, impossible);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, Duration::from_secs(10)).await;
    assert_eq!(
        (ended.status, ended.error_code.as_deref()),
        (Status::Failed, Some("invalid_result"))
    );
    assert_eq!(
        stage.database.sql("SELECT count(*) FROM routes").trim(),
        "0"
    );
    worker.stop().await;
}
