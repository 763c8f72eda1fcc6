//! Redis emptied, restarted and away.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::time::sleep;
use uuid::Uuid;

use crate::stage::client::{User, some_walk};
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 6,
        fault: "Redis restarted, empty",
        done: "killed without saving, and started again",
        quick: true,
        play: || restarted().boxed_local(),
    },
    Row {
        number: 7,
        fault: "Redis emptied while running",
        done: "FLUSHALL",
        quick: false,
        play: || flushed().boxed_local(),
    },
    Row {
        number: 8,
        fault: "Redis unreachable",
        done: "killed for 10 s, nobody listens on its port",
        quick: false,
        play: || away().boxed_local(),
    },
];

/// Jobs that Redis did not take.
pub const NOT_QUEUED: &str = r#"job_push_failures_total{queue="route_generation"}"#;
/// Connections to the status events that were lost.
pub const SUBSCRIPTION_LOST: &str =
    r#"actor_restarts_total{actor="redis_bridge",reason="connection_lost"}"#;
const MISSES: &str = r#"route_cache_requests_total{result="miss"}"#;

async fn restarted() -> Outcome {
    let mut scene = Scene::start(1, &["20"], 10.0).await;
    scene.goes_on(20).await;
    scene.fleet.redis.kill();
    scene.goes_on(10).await;
    scene.fleet.redis.restart();
    let restarted = Instant::now();
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    assert!(scene.all_run());
    let server = scene.server();
    server
        .logs("no subscription to status events", PATIENCE)
        .await;
    scene
        .worker()
        .logs("requests without a job were queued again", PATIENCE)
        .await;
    assert!(server.count(SUBSCRIPTION_LOST).await > 0);
    Outcome::recovered(
        report.recovery(restarted),
        format!("no process ended, the sweep queued the lost jobs; {report}"),
    )
}

async fn flushed() -> Outcome {
    let fleet = Fleet::start();
    let (servers, workers) = (fleet.servers(1).await, vec![fleet.worker(&[]).await]);
    let scene = Scene::of(fleet, servers, workers, 5.0).await;
    scene.goes_on(20).await;
    scene.fleet.redis.command(&["FLUSHALL"]);
    let flushed = Instant::now();
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    scene.worker().logs("fetching jobs failed", PATIENCE).await;
    a_forgotten_route_is_computed_anew(&scene.fleet, scene.server()).await;
    Outcome::recovered(
        report.recovery(flushed),
        format!("what was cached is computed anew; {report}"),
    )
}

async fn a_forgotten_route_is_computed_anew(fleet: &Fleet, server: &Process) {
    let url = server.url();
    let user = User::sign_up(&url, "forgetful").await;
    let walk = some_walk();
    let ask = async || user.ask(&url, &walk, Uuid::new_v4()).await.unwrap().body;
    ask().await;
    until("the route is cached", PATIENCE, async || {
        ask().await["status"] == "complete"
    })
    .await;
    let misses = server.count(MISSES).await;
    fleet.redis.command(&["FLUSHALL"]);
    assert_eq!(ask().await["status"], "pending");
    assert_eq!(server.count(MISSES).await, misses + 1);
    until("the route is cached again", PATIENCE, async || {
        ask().await["status"] == "complete"
    })
    .await;
}

async fn away() -> Outcome {
    let mut scene = Scene::start(1, &["20"], 10.0).await;
    let ann = User::sign_up(&scene.server().url(), "ann").await;
    scene.goes_on(20).await;
    scene.fleet.redis.kill();
    let killed = Instant::now();
    for process in [scene.server(), scene.worker()] {
        process.answers("/health/ready", 503, PATIENCE).await;
        let (_, checks) = process.text("/health/ready").await.unwrap();
        for check in [
            r#""name":"redis","ok":false"#,
            r#""name":"postgresql","ok":true"#,
        ] {
            assert!(checks.contains(check), "{checks}");
        }
    }
    while killed.elapsed() < Duration::from_secs(10) {
        what_needs_no_redis_works(scene.server(), &ann).await;
        assert_eq!(scene.worker().status("/healthz").await, Some(200));
        // Fewer logins than a server that counts alone takes for guesses.
        sleep(Duration::from_secs(1)).await;
    }
    assert!(scene.server().count(NOT_QUEUED).await > 0);
    scene
        .server()
        .logs("job not queued; the sweep will", PATIENCE)
        .await;
    scene.fleet.redis.restart();
    let back = Instant::now();
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    let slowest = report.history.p99_answer(killed, back);
    Outcome::recovered(
        report.recovery(back),
        format!(
            "reads and logins worked, requests were accepted within {slowest:.1?} (p99) and done later; {report}"
        ),
    )
}

async fn what_needs_no_redis_works(server: &Process, ann: &User) {
    assert_eq!(server.status("/healthz").await, Some(200));
    assert_eq!(server.status("/api/v1/interest-themes").await, Some(200));
    for path in ["/api/v1/users/me", "/api/v1/users/me/routes"] {
        assert_eq!(
            ann.get(&server.url(), path).await.unwrap().status,
            200,
            "{path}"
        );
    }
    assert_eq!(ann.log_in(&server.url(), "ann").await.unwrap().status, 200);
}
