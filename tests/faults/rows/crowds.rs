//! Many at once: servers, workers, requests, and clients that never read.

use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt};

use crate::stage::client::User;
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::Scene;

pub const ROWS: &[Row] = &[
    Row {
        number: 41,
        fault: "two servers and three workers at once",
        done: "users with a WebSocket at each server ask at both in turn",
        quick: true,
        play: || many_processes().boxed_local(),
    },
    Row {
        number: 43,
        fault: "20,000 requests at once",
        done: "20,000 POSTs over 200 connections as fast as they are answered",
        quick: false,
        play: || flood().boxed_local(),
    },
    Row {
        number: 44,
        fault: "500 WebSocket clients that never read",
        done: "connected to the server whose users ask for walks",
        quick: false,
        play: || deaf_clients().boxed_local(),
    },
];

/// Thousands of walks are made by then.
const DRAINED: Duration = Duration::from_mins(5);
/// Open WebSocket connections.
const OPEN: &str = "websocket_connections_active";

async fn many_processes() -> Outcome {
    let fleet = Fleet::start();
    let servers = fleet.servers(2).await;
    let workers = vec![
        fleet.worker(&[]).await,
        fleet.worker(&[]).await,
        fleet.worker(&[]).await,
    ];
    let scene = Scene::of(fleet, servers, workers, 6.0).await;
    scene.goes_on(60).await;
    let report = scene.settle().await.all_complete().none_refused();
    for worker in &scene.workers {
        assert!(successes(worker).await > 0, "a worker had nothing to do");
    }
    Outcome::seen(format!("all three workers worked; {report}"))
}

async fn successes(worker: &Process) -> u64 {
    worker
        .count(r#"jobs_total{status="success",type="GenerateRoute"}"#)
        .await
}

async fn flood() -> Outcome {
    let fleet = Fleet::start();
    let servers = fleet.servers(1).await;
    let wide = [("WILDSIDE_JOB_CONCURRENCY", "32")];
    let workers = vec![fleet.worker_with_engine("0", &wide).await];
    let mut scene = Scene::of(fleet, servers, workers, 1.0).await;
    let begun = Instant::now();
    scene.load.flood(20_000, 200).await;
    let asked = begun.elapsed();
    let report = scene.load.settle(&scene.fleet, DRAINED).await;
    let report = report.all_complete();
    assert!(report.accepted + report.history.count_refused() >= 20_000);
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery_within(DRAINED, begun + asked),
        format!("asked within {asked:.0?}; {report}"),
    )
}

async fn deaf_clients() -> Outcome {
    const USERS: usize = 25;
    const EACH: usize = 20;
    const WALKS: usize = 120;
    let scene = Scene::start(1, &["0"], 10.0).await;
    let server = scene.server();
    let hearing = server.count(OPEN).await;
    let (mut users, mut deaf) = (Vec::new(), Vec::new());
    for number in 0..USERS {
        let user = User::sign_up(&server.url(), &format!("deaf-{number}")).await;
        for _ in 0..EACH {
            deaf.push(user.connect_deaf(&server.url()).await);
        }
        users.push(user);
    }
    assert_eq!(server.count(OPEN).await, hearing + deaf.len() as u64);
    let before = server.resident_mib();
    let url = server.url();
    let asking = (0..WALKS * USERS).map(|number| users[number % USERS].ask_anew(&url));
    futures::stream::iter(asking)
        .buffer_unordered(20)
        .collect::<Vec<_>>()
        .await;
    let told = Instant::now();
    until("the deaf are dropped", Duration::from_mins(1), async || {
        server.count(OPEN).await == hearing
    })
    .await;
    let (dropped, grown) = (told.elapsed(), server.resident_mib() - before);
    assert!(grown < 100.0, "the server has grown by {grown} MiB");
    scene.goes_on(20).await;
    let report = scene.load.settle(&scene.fleet, DRAINED).await;
    let report = report.all_complete().none_refused();
    Outcome::recovered(
        dropped,
        format!(
            "{} dropped, the server grew by {grown:.0} MiB, the others noticed nothing; {report}",
            deaf.len()
        ),
    )
}
