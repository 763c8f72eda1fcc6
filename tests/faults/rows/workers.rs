//! Workers that are killed, frozen and told to end.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::time::sleep;

use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 1,
        fault: "worker killed in the middle of a job",
        done: "SIGKILL while the engine computes",
        quick: true,
        play: || worker_killed().boxed_local(),
    },
    Row {
        number: 2,
        fault: "worker frozen for a minute, then awake again",
        done: "SIGSTOP, 60 s, SIGCONT; the same for 8 s, which its jobs survive",
        quick: false,
        play: || worker_frozen().boxed_local(),
    },
    Row {
        number: 3,
        fault: "worker told to end",
        done: "SIGTERM with jobs in flight, to one worker that can finish them in time and one that can't",
        quick: true,
        play: || worker_told_to_end().boxed_local(),
    },
];

const ORPHANED: &str = r#"job_retries_total{queue="route_generation",reason="orphaned"}"#;

/// Waits until a worker has taken a job and not settled it.
async fn has_a_job(worker: &Process, fleet: &Fleet) {
    let consumer = format!("\n{}-", worker.pid());
    until("the worker has a job", PATIENCE, async || {
        let pending = [
            "XPENDING",
            "wildside:queue:{route_generation}",
            "workers",
            "-",
            "+",
            "1000",
        ];
        fleet.redis.command(&pending).contains(&consumer)
    })
    .await;
}

async fn worker_killed() -> Outcome {
    let scene = Scene::start(1, &["500", "500"], 5.0).await;
    let (victim, heir) = (&scene.workers[0], &scene.workers[1]);
    scene.goes_on(10).await;
    has_a_job(victim, &scene.fleet).await;
    victim.signal("KILL");
    let killed = Instant::now();
    scene.goes_on(20).await;
    heir.logs("took over an orphaned job", PATIENCE).await;
    let report = scene.settle().await.all_complete().none_refused();
    assert!(heir.count(ORPHANED).await > 0);
    Outcome::recovered(
        report.recovery(killed),
        format!("another worker took its jobs over; {report}"),
    )
}

async fn worker_frozen() -> Outcome {
    let mut scene = Scene::start(1, &["2000", "500"], 4.0).await;
    let (zombie, heir) = (&scene.workers[0], &scene.workers[1]);
    scene.goes_on(10).await;
    let frozen = freeze(zombie, &scene.fleet, Duration::from_mins(1)).await;
    assert!(heir.count(ORPHANED).await > 0);
    // Its jobs have run out of time; the queue fences what it would do with them.
    zombie
        .logs("another worker has taken the job meanwhile", PATIENCE)
        .await;
    zombie.answers("/healthz", 200, PATIENCE).await;

    let frozen_again = freeze(zombie, &scene.fleet, Duration::from_secs(8)).await;
    // Its engine has a walk to store; the ledger fences it.
    zombie
        .logs("another worker has taken the request over", PATIENCE)
        .await;
    has_a_job(zombie, &scene.fleet).await;
    let report = scene.settle().await.all_complete().none_refused();
    assert!(scene.all_run());
    let recovery = report.recovery(frozen);
    Outcome::recovered(
        recovery.max(report.recovery(frozen_again)),
        format!("the late writes were fenced, the zombie works again; {report}"),
    )
}

/// Stops a worker in the middle of a job and wakes it up again; answers when it was stopped.
async fn freeze(worker: &Process, fleet: &Fleet, time: Duration) -> Instant {
    has_a_job(worker, fleet).await;
    worker.signal("STOP");
    let frozen = Instant::now();
    sleep(time).await;
    worker.signal("CONT");
    frozen
}

async fn worker_told_to_end() -> Outcome {
    let fleet = Fleet::start();
    let servers = fleet.servers(1).await;
    let impatient = [("WILDSIDE_SHUTDOWN_SECONDS", "1")];
    let workers = vec![
        fleet.worker_with_engine("500", &[]).await,
        fleet.worker_with_engine("4000", &impatient).await,
        fleet.worker_with_engine("100", &[]).await,
    ];
    let mut scene = Scene::of(fleet, servers, workers, 8.0).await;
    scene.goes_on(10).await;
    let Scene { workers, fleet, .. } = &mut scene;
    let [in_time, too_late, heir] = &mut workers[..] else {
        unreachable!()
    };
    for leaver in [&*in_time, &*too_late] {
        has_a_job(leaver, fleet).await;
    }
    let told = Instant::now();
    in_time.signal("TERM");
    in_time.answers("/health/ready", 503, PATIENCE).await;
    assert_eq!(in_time.ended(PATIENCE).await, Some(0));
    let log = in_time.log();
    assert!(log.contains("stopping: no more jobs are taken"), "{log}");
    assert!(!log.contains("did not finish in time"), "{log}");
    too_late.signal("TERM");
    assert_eq!(too_late.ended(PATIENCE).await, Some(0));
    for line in ["did not finish in time", "unfinished jobs were given back"] {
        too_late.logs(line, PATIENCE).await;
    }
    until("the heir takes what was given back", PATIENCE, async || {
        heir.count(ORPHANED).await > 0
    })
    .await;
    scene.goes_on(10).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        report.recovery(told),
        format!(
            "not ready at once, both ended with 0, one having finished its jobs, one having given them back; {report}"
        ),
    )
}
