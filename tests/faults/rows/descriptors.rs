//! A server that has no file descriptor left.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::net::TcpStream;

use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[Row {
    number: 35,
    fault: "file descriptors used up",
    done: "a server with 100 descriptors, and 400 connections that say nothing",
    quick: false,
    play: || used_up().boxed_local(),
}];

const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
const DESCRIPTORS: u64 = 100;

async fn used_up() -> Outcome {
    const IDLE: u64 = 4 * DESCRIPTORS;
    let fleet = Fleet::start();
    let mut launch = fleet.server_launch(&[]);
    let program = std::mem::replace(&mut launch.program, "prlimit".into());
    let front = [
        format!("--nofile={DESCRIPTORS}"),
        program.display().to_string(),
    ];
    launch.arguments.splice(0..0, front);
    let server = Process::start(launch);
    server.is_ready().await;
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    let scene = Scene::of(fleet, vec![server], workers, 4.0).await;
    let server = scene.server();
    scene.goes_on(20).await;
    assert_eq!(server.count("process_max_fds").await, DESCRIPTORS);

    let address = server.url().replace("http://", "");
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        idle.push(TcpStream::connect(&address).await.unwrap());
    }
    server.logs("rror accepting connection", PATIENCE).await;
    let open = server.count("process_open_fds").await;
    assert!(open > DESCRIPTORS * 9 / 10, "{open} descriptors are open");
    scene.goes_on(10).await;
    let errors = server.log().matches("rror accepting connection").count();
    assert!(errors < 100, "it tried to accept {errors} times");

    drop(idle);
    let freed = Instant::now();
    let health = server.url() + "/healthz";
    until("a newcomer is served", PATIENCE, async || {
        let answer = tokio::time::timeout(Duration::from_secs(1), reqwest::get(&health));
        answer.await.is_ok_and(|answer| answer.is_ok())
    })
    .await;
    let recovery = freed.elapsed();
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    scene.goes_on(10).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        recovery,
        format!(
            "{open} of {DESCRIPTORS} in use by the metrics, who was connected was served; {report}"
        ),
    )
}
