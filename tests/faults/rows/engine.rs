//! Engines that never answer, and engines that answer nonsense.

use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use uuid::Uuid;
use wildside_actors::Status;

use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::Process;
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 18,
        fault: "the engine hangs",
        done: "the engine never answers four of the requests, as many as the worker has threads",
        quick: false,
        play: || hangs().boxed_local(),
    },
    Row {
        number: 39,
        fault: "the engine answers nonsense",
        done: "a walk through a place whose latitude is no number",
        quick: true,
        play: || nonsense().boxed_local(),
    },
];

/// Runs of a job before it is given up.
const RUNS: u64 = 3;
const FAILURES: &str = r#"jobs_total{status="failure",type="GenerateRoute"}"#;

async fn hangs() -> Outcome {
    const HANGING: usize = 4;
    let fleet = Fleet::start();
    let servers = fleet.servers(1).await;
    // A second for the engine, the rest for what comes before and after it.
    let limit = [("WILDSIDE_JOB_TIMEOUT_SECONDS", "6")];
    let workers = vec![fleet.worker_with_engine("20 hang", &limit).await];
    let mut scene = Scene::of(fleet, servers, workers, 10.0).await;
    let load = &scene.load;
    scene.goes_on(10).await;
    let poison = join_all((0..HANGING).map(|_| load.ask_poison())).await;
    let mut given_up = Duration::ZERO;
    for request in poison {
        given_up += load.ends_as(request, Status::Failed).await;
        assert_eq!(code_of(&scene.fleet, request), "deadline_exceeded");
    }
    failed_after_all_runs(scene.worker(), "deadline_exceeded", HANGING as u64).await;
    let threads = r#"actor_restarts_total{actor="route_supervisor",reason="hung"}"#;
    assert!(scene.worker().count(threads).await > 0);
    scene.goes_on(20).await;
    let report = scene.settle().await.none_refused();
    assert_eq!(report.failed, HANGING);
    assert!(scene.all_run());
    Outcome::recovered(
        given_up,
        format!(
            "{HANGING} failed after {RUNS} runs each, their threads were replaced, all others completed; {report}"
        ),
    )
}

async fn nonsense() -> Outcome {
    let scene = Scene::start(1, &["20 nan"], 10.0).await;
    scene.goes_on(10).await;
    let poison = scene.load.ask_poison().await;
    let given_up = scene.load.ends_as(poison, Status::Failed).await;
    assert_eq!(code_of(&scene.fleet, poison), "invalid_result");
    failed_after_all_runs(scene.worker(), "invalid_result", 1).await;
    let refused = r#"actor_messages_total{actor="route_supervisor",message="GenerateRoute",outcome="invalid_result"}"#;
    assert_eq!(scene.worker().count(refused).await, RUNS);
    scene.goes_on(10).await;
    let report = scene.settle().await.none_refused();
    assert_eq!(report.failed, 1);
    Outcome::recovered(
        given_up,
        format!("failed after {RUNS} runs, nothing of it was stored; {report}"),
    )
}

/// The code that the user is told.
fn code_of(fleet: &Fleet, request: Uuid) -> String {
    fleet.sql(&format!(
        "SELECT error_code FROM route_requests WHERE id = '{request}'"
    ))
}

/// Each of so many jobs has failed [`RUNS`] times for this reason, and no other job has.
async fn failed_after_all_runs(worker: &Process, reason: &str, jobs: u64) {
    worker.logs("job given up", PATIENCE).await;
    let again = format!(r#"job_retries_total{{queue="route_generation",reason="{reason}"}}"#);
    assert_eq!(worker.count(&again).await, jobs * (RUNS - 1));
    assert_eq!(worker.count(FAILURES).await, jobs);
}
