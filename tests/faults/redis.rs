//! Redis emptied, restarted and away.

use std::time::{Duration, Instant};

use futures::FutureExt;
use uuid::Uuid;

use crate::client::{User, some_walk};
use crate::fleet::Fleet;
use crate::load::Load;
use crate::matrix::{Outcome, Row};
use crate::process::{Process, until};

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

const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(30);

async fn restarted() -> Outcome {
    let mut fleet = Fleet::start();
    let mut server = fleet.server(&[]).await;
    let mut worker = fleet.worker_with_engine(&["20"], &[]).await;
    let load = Load::start(&[&server], 10.0).await;
    load.goes_on(20).await;
    fleet.redis.kill();
    load.goes_on(10).await;
    fleet.redis.restart();
    let restarted = Instant::now();
    load.goes_on(20).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    let recovery = report.history.settled_after(restarted);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    assert!(server.is_running() && worker.is_running());
    server
        .logs("no subscription to status events", PATIENCE)
        .await;
    worker
        .logs("requests without a job were queued again", PATIENCE)
        .await;
    let lost = r#"actor_restarts_total{actor="redis_bridge",reason="connection_lost"}"#;
    assert!(server.count(lost).await > 0);
    Outcome::recovered(
        recovery,
        format!("no process ended, the sweep queued the lost jobs; {report}"),
    )
}

async fn flushed() -> Outcome {
    let fleet = Fleet::start();
    let server = fleet.server(&[]).await;
    let worker = fleet.worker(&[]).await;
    let load = Load::start(&[&server], 5.0).await;
    load.goes_on(20).await;
    fleet.redis.command(&["FLUSHALL"]);
    let flushed = Instant::now();
    load.goes_on(20).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    let recovery = report.history.settled_after(flushed);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    worker.logs("fetching jobs failed", PATIENCE).await;
    a_forgotten_route_is_computed_anew(&fleet, &server.url()).await;
    Outcome::recovered(
        recovery,
        format!("what was cached is computed anew; {report}"),
    )
}

async fn a_forgotten_route_is_computed_anew(fleet: &Fleet, server: &str) {
    let user = User::sign_up(server, "forgetful").await;
    let walk = some_walk();
    let ask = async || user.ask(server, &walk, Uuid::new_v4()).await.unwrap().body;
    ask().await;
    until("the route is cached", PATIENCE, async || {
        ask().await["status"] == "complete"
    })
    .await;
    fleet.redis.command(&["FLUSHALL"]);
    assert_eq!(ask().await["status"], "pending");
    until("the route is cached again", PATIENCE, async || {
        ask().await["status"] == "complete"
    })
    .await;
}

async fn away() -> Outcome {
    let mut fleet = Fleet::start();
    let server = fleet.server(&[]).await;
    let worker = fleet.worker_with_engine(&["20"], &[]).await;
    let ann = User::sign_up(&server.url(), "ann").await;
    let load = Load::start(&[&server], 10.0).await;
    load.goes_on(20).await;
    fleet.redis.kill();
    let killed = Instant::now();
    for process in [&server, &worker] {
        process.answers("/health/ready", 503, PATIENCE).await;
        let (_, checks) = process.text("/health/ready").await.unwrap();
        assert!(checks.contains(r#""name":"redis","ok":false"#), "{checks}");
        assert!(
            checks.contains(r#""name":"postgresql","ok":true"#),
            "{checks}"
        );
    }
    while killed.elapsed() < Duration::from_secs(10) {
        what_needs_no_redis_works(&server, &ann).await;
        assert_eq!(worker.status("/healthz").await, Some(200));
    }
    fleet.redis.restart();
    let back = Instant::now();
    load.goes_on(20).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    let recovery = report.history.settled_after(back);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    let slowest = report.history.p99_answer(killed, back);
    Outcome::recovered(
        recovery,
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
