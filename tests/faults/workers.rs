//! Workers that are killed, frozen and told to end.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::time::sleep;

use crate::fleet::Fleet;
use crate::load::Load;
use crate::matrix::{Outcome, Row};
use crate::process::{Process, until};

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
        done: "SIGSTOP, 60 s, SIGCONT",
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

/// What one worker has lost, another has finished by then.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(30);
const ORPHANED: &str = r#"job_retries_total{queue="route_generation",reason="orphaned"}"#;

/// Waits until a worker has taken a job and not settled it.
async fn has_a_job(worker: &Process, fleet: &Fleet) {
    let consumer = format!("\n{}-", worker.pid());
    until("the worker has a job", PATIENCE, async || {
        let pending = [
            "XPENDING",
            "wildside:queue:route_generation",
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
    let fleet = Fleet::start();
    let server = fleet.server(&[]).await;
    let victim = fleet.worker_with_engine(&["500"], &[]).await;
    let heir = fleet.worker_with_engine(&["500"], &[]).await;
    let load = Load::start(&[&server], 5.0).await;
    load.goes_on(10).await;
    has_a_job(&victim, &fleet).await;
    victim.signal("KILL");
    let killed = Instant::now();
    load.goes_on(20).await;
    heir.logs("took over an orphaned job", RECOVERY_LIMIT).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    let recovery = report.history.settled_after(killed);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    assert!(heir.count(ORPHANED).await > 0);
    Outcome::recovered(
        recovery,
        format!("another worker took its jobs over; {report}"),
    )
}

async fn worker_frozen() -> Outcome {
    let fleet = Fleet::start();
    let server = fleet.server(&[]).await;
    let mut zombie = fleet.worker_with_engine(&["500"], &[]).await;
    let heir = fleet.worker_with_engine(&["500"], &[]).await;
    let load = Load::start(&[&server], 4.0).await;
    load.goes_on(10).await;
    has_a_job(&zombie, &fleet).await;
    zombie.signal("STOP");
    let frozen = Instant::now();
    sleep(Duration::from_mins(1)).await;
    let recovery = load.history.settled_after(frozen);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    assert!(heir.count(ORPHANED).await > 0);
    zombie.signal("CONT");
    zombie.answers("/healthz", 200, PATIENCE).await;
    zombie
        .logs("another worker has taken the request over", PATIENCE)
        .await;
    has_a_job(&zombie, &fleet).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    assert!(zombie.is_running());
    Outcome::recovered(
        recovery,
        format!("the late write was fenced, the zombie works again; {report}"),
    )
}

async fn worker_told_to_end() -> Outcome {
    let fleet = Fleet::start();
    let server = fleet.server(&[]).await;
    let mut in_time = fleet.worker_with_engine(&["500"], &[]).await;
    let mut too_late = fleet
        .worker_with_engine(&["4000"], &[("WILDSIDE_SHUTDOWN_SECONDS", "1")])
        .await;
    let _heir = fleet.worker_with_engine(&["100"], &[]).await;
    let load = Load::start(&[&server], 8.0).await;
    load.goes_on(10).await;
    for leaver in [&in_time, &too_late] {
        has_a_job(leaver, &fleet).await;
    }
    let told = Instant::now();
    in_time.signal("TERM");
    in_time.answers("/health/ready", 503, PATIENCE).await;
    assert_eq!(in_time.ended(PATIENCE).await, Some(0));
    assert!(
        !in_time.log().contains("did not finish in time"),
        "{}",
        in_time.log()
    );
    too_late.signal("TERM");
    assert_eq!(too_late.ended(PATIENCE).await, Some(0));
    too_late
        .logs("unfinished jobs were given back", PATIENCE)
        .await;
    load.goes_on(10).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    let recovery = report.history.settled_after(told);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    Outcome::recovered(
        recovery,
        format!(
            "not ready at once, both ended with 0, one having finished its jobs, one having given them back; {report}"
        ),
    )
}
