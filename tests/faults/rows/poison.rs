//! Requests that break whatever works on them.

use std::time::Duration;

use futures::FutureExt;
use wildside_actors::Status;

use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 16,
        fault: "a job that panics",
        done: "the engine panics at one of the requests",
        quick: true,
        play: || panics().boxed_local(),
    },
    Row {
        number: 17,
        fault: "a job that takes its process down",
        done: "the engine aborts the process at one of the requests; each process is started again",
        quick: false,
        play: || aborts().boxed_local(),
    },
];

async fn panics() -> Outcome {
    let scene = Scene::start(1, &["100 panic"], 10.0).await;
    let (worker, load) = (scene.worker(), &scene.load);
    scene.goes_on(10).await;
    let poison = load.ask_poison().await;
    let given_up = load.ends_as(poison, Status::Failed).await;
    worker.logs("job given up", PATIENCE).await;
    for (series, value) in [
        (r#"jobs_total{status="failure",type="GenerateRoute"}"#, 1),
        (
            r#"job_retries_total{queue="route_generation",reason="engine_panicked"}"#,
            2,
        ),
    ] {
        assert_eq!(worker.count(series).await, value, "{series}");
    }
    let dead = r#"dead_jobs{queue="route_generation"}"#;
    until("the dead job is counted", PATIENCE, async || {
        worker.count(dead).await == 1
    })
    .await;
    scene.goes_on(10).await;
    let report = scene.settle().await.none_refused();
    assert_eq!(report.failed, 1);
    Outcome::recovered(
        given_up,
        format!("failed and among the dead after 3 runs, the worker went on; {report}"),
    )
}

async fn aborts() -> Outcome {
    const RUNS: usize = 3;
    let mut scene = Scene::start(1, &["300 abort", "300 abort"], 8.0).await;
    let load = &scene.load;
    scene.goes_on(10).await;
    let poison = load.ask_poison().await;
    let mut deaths = 0;
    let given_up = {
        let ends = load.ends_as(poison, Status::Failed);
        tokio::pin!(ends);
        loop {
            tokio::select! {
                took = &mut ends => break took,
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
            deaths += start_the_dead_again(&mut scene.workers);
        }
    };
    assert_eq!(deaths, RUNS, "runs of the poisonous job");
    scene.goes_on(10).await;
    let report = scene.settle().await.none_refused();
    assert_eq!(
        report.failed, 1,
        "a job failed that only ran beside the poisonous one"
    );
    Outcome::recovered(
        given_up,
        format!("{deaths} workers died of it, then it failed, all others completed; {report}"),
    )
}

/// As an orchestrator does; answers how many had died.
fn start_the_dead_again(workers: &mut [Process]) -> usize {
    let mut dead = 0;
    for worker in workers
        .iter_mut()
        .filter_map(|worker| (!worker.is_running()).then_some(worker))
    {
        worker.start_again(&[]);
        dead += 1;
    }
    dead
}
