//! `PostgreSQL` and Redis away, slow or locked: the worker waits it out, and every accepted request ends.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use wildside_actors::Status;
use wildside_engine::Point;
use wildside_test_support::{Fault, TcpProxy};

use crate::jobs::stage::{RunningWorker, SENATE_SQUARE, Stage, an_hour_from, engine};

fn start_of(step: usize) -> Point {
    Point::new(24.9 + step as f64 / 1000.0, 60.17)
}

/// A worker on a stage, with an engine that takes a moment.
fn worker(stage: &Stage, more: &[(&str, &str)]) -> RunningWorker {
    let engine = engine(&Arc::new(AtomicUsize::new(0)), |_| {
        std::thread::sleep(Duration::from_millis(50));
    });
    RunningWorker::start_with_engine(stage, &stage.config(more), engine)
}

#[actix_web::test]
async fn requests_outlive_a_restart_of_postgresql() {
    let mut stage = Stage::set_on_own_server();
    let worker = worker(&stage, &[]);
    let mut requests = Vec::new();
    for step in 0..30 {
        requests.push(stage.submit(&an_hour_from(start_of(step))).await);
    }
    stage.database.server().restart();
    let restarted = Instant::now();
    for request in &requests {
        let ended = stage.ended(request.id, Duration::from_secs(20)).await;
        assert_eq!(ended.status, Status::Complete, "{:?}", ended.error_message);
    }
    assert!(
        restarted.elapsed() < Duration::from_secs(10),
        "{:?}",
        restarted.elapsed()
    );
    assert_eq!(
        stage.database.sql("SELECT count(*) FROM routes").trim(),
        "30"
    );
    worker.stop().await;
}

#[actix_web::test]
async fn a_locked_table_delays_a_request_and_no_more() {
    let stage = Stage::set();
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let url = stage.database.url();
    let locked = std::thread::spawn(move || {
        let sql = "BEGIN; LOCK TABLE routes IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4); COMMIT";
        std::process::Command::new("psql")
            .args([&url, "-qc", sql])
            .output()
            .unwrap()
    });
    let lock = "SELECT count(*) FROM pg_locks WHERE relation = 'routes'::regclass AND mode = 'AccessExclusiveLock'";
    while stage.database.sql(lock).trim() == "0" {}
    let worker = worker(&stage, &[]);
    let ended = stage.ended(request.id, Duration::from_secs(20)).await;
    assert_eq!(ended.status, Status::Complete, "{:?}", ended.error_message);
    assert!(ended.attempt > 1, "the lock was not met");
    assert!(locked.join().unwrap().status.success());
    worker.stop().await;
}

#[actix_web::test]
async fn a_slow_redis_makes_requests_slower_and_loses_none() {
    let stage = Stage::set();
    let proxy = TcpProxy::to_port(stage.redis.port());
    let worker = worker(&stage, &[("REDIS_URL", &stage.redis.url_at(proxy.port()))]);
    proxy.set(Fault::Latency(Duration::from_millis(200)));
    let mut requests = Vec::new();
    for step in 0..5 {
        requests.push(stage.submit(&an_hour_from(start_of(step))).await);
    }
    for request in &requests {
        let ended = stage.ended(request.id, Duration::from_secs(20)).await;
        assert_eq!((ended.status, ended.attempt), (Status::Complete, 1));
    }
    worker.stop().await;
}

#[actix_web::test]
async fn a_cable_that_is_pulled_and_plugged_in_again_is_forgotten_within_ten_seconds() {
    let stage = Stage::set();
    let proxy = TcpProxy::to_port(stage.redis.port());
    let worker = worker(&stage, &[("REDIS_URL", &stage.redis.url_at(proxy.port()))]);
    let before = stage.submit(&an_hour_from(start_of(0))).await;
    stage.ended(before.id, Duration::from_secs(10)).await;
    proxy.set(Fault::BlackHole);
    let meanwhile = stage.submit(&an_hour_from(start_of(1))).await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    proxy.set(Fault::None);
    let ended = stage.ended(meanwhile.id, Duration::from_secs(10)).await;
    assert_eq!(ended.status, Status::Complete);
    worker.stop().await;
}

#[actix_web::test]
async fn what_the_database_refuses_each_time_is_given_up_after_its_attempts() {
    let stage = Stage::set();
    stage.database.expect_error("P0001"); // raised below
    stage.database.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'terminating connection, or so it says'; END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON routes FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    let worker = worker(&stage, &[]);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, Duration::from_secs(30)).await;
    assert_eq!(ended.status, Status::Failed);
    // The end is written by one more claim.
    assert!(ended.attempt <= 4, "{} runs", ended.attempt);
    worker.stop().await;
}
