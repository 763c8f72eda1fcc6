//! Workers as processes of their own, which are killed, stopped and told to end in the middle of their work.

use std::cmp::Reverse;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use uuid::Uuid;
use wildside::presence::{self, ProcessRole, ProcessView};
use wildside::shared_redis::{self, Redis};
use wildside_actors::Status;
use wildside_engine::Point;
use wildside_test_support::free_port;

use crate::jobs::stage::{SENATE_SQUARE, Stage, an_hour_from};

/// A worker process; killed when dropped.
struct WorkerProcess {
    child: Child,
    port: u16,
}

impl WorkerProcess {
    fn start(stage: &Stage) -> Self {
        Self::start_on(stage, &stage.database.url())
    }

    fn start_on(stage: &Stage, database_url: &str) -> Self {
        let port = free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_wildside"))
            .args(["--mode", "worker"])
            .env("DATABASE_URL", database_url)
            .env("REDIS_URL", stage.redis.url())
            .env("WILDSIDE_METRICS_BIND", format!("127.0.0.1:{port}"))
            .env("WILDSIDE_JOB_CONCURRENCY", "4")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, port }
    }

    fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        assert!(
            Command::new("kill")
                .args([&signal, &self.child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    }

    async fn is(&self, path: &str, status: u16) {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let deadline = Instant::now() + Duration::from_secs(20);
        while reqwest::get(&url)
            .await
            .map(|answer| answer.status().as_u16())
            .ok()
            != Some(status)
        {
            assert!(Instant::now() < deadline, "{path} does not answer {status}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for the end; the exit code and the log.
    fn ended(mut self, patience: Duration) -> (Option<i32>, String) {
        let deadline = Instant::now() + patience;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the worker does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let code = self.child.try_wait().unwrap().unwrap().code();
        let mut log = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut log).unwrap();
        (code, log)
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Requests whose starts are a few metres apart, so that no two are the same.
async fn submit(stage: &Stage, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for step in 0..count {
        let (east, north) = (step % 8, step / 8);
        let start = Point::new(
            SENATE_SQUARE.lon + east as f64 / 10_000.0,
            SENATE_SQUARE.lat + north as f64 / 10_000.0,
        );
        ids.push(stage.submit(&an_hour_from(start)).await.id);
    }
    ids
}

/// Every request has ended in a route, and there is no route that none of them ended in.
async fn all_end_once(stage: &Stage, ids: &[Uuid], patience: Duration) {
    let deadline = Instant::now() + patience;
    for id in ids {
        let ended = stage
            .ended(*id, deadline.saturating_duration_since(Instant::now()))
            .await;
        assert_eq!(ended.status, Status::Complete, "{:?}", ended.error_message);
    }
    assert_eq!(
        stage.database.sql("SELECT count(*) FROM routes").trim(),
        ids.len().to_string()
    );
}

fn one_is_in_progress(stage: &Stage) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let sql = "SELECT count(*) FROM route_requests WHERE status = 'in_progress'";
    while stage.database.sql(sql).trim() == "0" {
        assert!(Instant::now() < deadline, "no request was begun");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_had_begun_another_finishes_within_ten_seconds() {
    let stage = Stage::set_in_helsinki().await;
    let victim = WorkerProcess::start(&stage);
    let ids = submit(&stage, 30).await;
    one_is_in_progress(&stage);
    victim.signal("KILL");
    let heir = WorkerProcess::start(&stage);
    let killed = Instant::now();
    all_end_once(&stage, &ids, Duration::from_secs(20)).await;
    assert!(
        killed.elapsed() < Duration::from_secs(15),
        "{:?}",
        killed.elapsed()
    );
    drop(heir);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_froze_and_wakes_up_again_does_no_harm() {
    let stage = Stage::set_in_helsinki().await;
    let zombie = WorkerProcess::start(&stage);
    let mut ids = submit(&stage, 30).await;
    one_is_in_progress(&stage);
    zombie.signal("STOP");
    let heir = WorkerProcess::start(&stage);
    all_end_once(&stage, &ids, Duration::from_secs(20)).await;
    zombie.signal("CONT");
    zombie.is("/healthz", 200).await;
    drop(heir);
    let start = Point::new(SENATE_SQUARE.lon, SENATE_SQUARE.lat - 0.0005);
    ids.push(stage.submit(&an_hour_from(start)).await.id);
    all_end_once(&stage, &ids, Duration::from_secs(20)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_told_to_end_finishes_its_jobs_and_leaves_the_rest_to_others() {
    let stage = Stage::set_in_helsinki().await;
    let leaver = WorkerProcess::start(&stage);
    leaver.is("/health/ready", 200).await;
    let ids = submit(&stage, 60).await;
    one_is_in_progress(&stage);
    leaver.signal("TERM");
    let (code, log) = leaver.ended(Duration::from_secs(20));
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(
        stage
            .database
            .sql("SELECT count(*) FROM route_requests WHERE status = 'in_progress'")
            .trim(),
        "0"
    );
    let heir = WorkerProcess::start(&stage);
    all_end_once(&stage, &ids, Duration::from_secs(20)).await;
    drop(heir);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_can_be_followed_by_its_trace_in_the_log() {
    let stage = Stage::set_in_helsinki().await;
    let worker = WorkerProcess::start(&stage);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    stage.ended(request.id, Duration::from_secs(20)).await;
    worker.is("/metrics", 200).await;
    let metrics = reqwest::get(format!("http://127.0.0.1:{}/metrics", worker.port))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for series in [
        r#"jobs_total{status="success",type="GenerateRoute"} 1"#,
        "route_generation_duration_seconds_count 1",
        r#"job_wait_seconds_count{queue="route_generation"} 1"#,
    ] {
        assert!(metrics.contains(series), "{series} is not in {metrics}");
    }
    worker.signal("TERM");
    let (_, log) = worker.ended(Duration::from_secs(20));
    let line = log
        .lines()
        .find(|line| line.contains("walk stored"))
        .unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["trace_id"], request.trace_id.to_string());
    assert!(!log.contains("24.95"), "a location is in the log: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_waits_for_a_database_that_is_coming_up() {
    let mut stage = Stage::set_on_own_server();
    stage.database.server().kill();
    let worker = WorkerProcess::start(&stage);
    tokio::time::sleep(Duration::from_secs(2)).await;
    stage.database.server().restart();
    worker.is("/health/ready", 200).await;
    worker.signal("TERM");
    let (code, log) = worker.ended(Duration::from_secs(10));
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("waiting for the database"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_a_wrong_database_says_so_and_ends_at_once() {
    let stage = Stage::set();
    let url = stage.database.url();
    let (server, name) = url.rsplit_once('/').unwrap();
    let secret = server
        .rsplit_once('@')
        .unwrap()
        .0
        .rsplit_once(':')
        .unwrap()
        .1;
    for (wrong, cause) in [
        (format!("{server}/nowhere"), "does not exist"),
        (
            format!("{}/{name}", server.replace(secret, "guess")),
            "password authentication failed",
        ),
    ] {
        let (code, log) = WorkerProcess::start_on(&stage, &wrong).ended(Duration::from_secs(5));
        assert_eq!(code, Some(1), "{log}");
        let last = log.lines().last().unwrap();
        assert!(
            last.contains("DATABASE_URL") && last.contains(cause),
            "{log}"
        );
        assert!(
            !log.contains("guess") && !log.contains(secret),
            "a password is in the log: {log}"
        );
    }
}

/// Waits until the processes that are known are as silent as expected, oldest first.
async fn known_processes(redis: &Redis, silent: &[bool]) -> Vec<ProcessView> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut known = presence::processes(redis).await.unwrap();
        known.sort_by_key(|process| Reverse(process.uptime_seconds * 1000 + process.seen_ms_ago));
        let seen: Vec<bool> = known.iter().map(|process| process.silent).collect();
        if seen == silent {
            return known;
        }
        assert!(Instant::now() < deadline, "{known:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn every_process_is_known_with_its_actors_until_it_ends() {
    let stage = Stage::set();
    let redis = shared_redis::connect(&stage.redis.url()).unwrap();
    let frozen = WorkerProcess::start(&stage);
    frozen.is("/health/ready", 200).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let working = WorkerProcess::start(&stage);
    for process in known_processes(&redis, &[false, false]).await {
        assert_eq!(process.role, ProcessRole::Worker);
        let names: Vec<_> = process.actors.iter().map(|actor| &*actor.name).collect();
        assert!(names.contains(&"route_supervisor"), "{names:?}");
    }
    frozen.signal("STOP");
    let known = known_processes(&redis, &[true, false]).await;
    assert_eq!(known[0].pid, frozen.child.id());
    frozen.signal("CONT");
    known_processes(&redis, &[false, false]).await;
    working.signal("TERM");
    known_processes(&redis, &[false]).await;
}
