//! PostgreSQL restarted, away, busy and changed.

use std::path::Path;
use std::time::{Duration, Instant};

use futures::FutureExt;
use wildside_test_support::free_port;

use crate::client::User;
use crate::fleet::Fleet;
use crate::load::Load;
use crate::matrix::{Outcome, Row};
use crate::process::{Launch, Process, set};

pub const ROWS: &[Row] = &[
    Row {
        number: 12,
        fault: "PostgreSQL restarted",
        done: "ended as by pg_ctl -m immediate, and started again",
        quick: true,
        play: || restarted().boxed_local(),
    },
    Row {
        number: 13,
        fault: "PostgreSQL away at the start",
        done: "server and worker started with a port where nobody listens, a wrong database and a wrong password",
        quick: false,
        play: || away_at_the_start().boxed_local(),
    },
    Row {
        number: 14,
        fault: "connections exhausted",
        done: "the ledger locked for 6 s, 4 connections in the server's pool",
        quick: false,
        play: || exhausted().boxed_local(),
    },
    Row {
        number: 15,
        fault: "migration while old replicas run",
        done: "wildside migrate under load, while somebody holds a lock it needs",
        quick: false,
        play: || migrated().boxed_local(),
    },
];

const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
/// After an outage the next request is served by then.
const HEALING_LIMIT: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(30);

async fn restarted() -> Outcome {
    let mut fleet = Fleet::start();
    let mut server = fleet.server(&[]).await;
    let mut worker = fleet.worker_with_engine(&["200"], &[]).await;
    let load = Load::start(&[&server], 10.0).await;
    load.goes_on(20).await;
    fleet.postgres.restart();
    let restarted = Instant::now();
    load.goes_on(1).await;
    let healed = restarted.elapsed();
    assert!(healed < HEALING_LIMIT, "{healed:?}");
    load.goes_on(20).await;
    let report = load.settle(&fleet, PATIENCE).await.all_complete();
    let recovery = report.history.settled_after(restarted);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    assert!(server.is_running() && worker.is_running());
    Outcome::recovered(
        recovery,
        format!("the next request was served after {healed:.1?}; {report}"),
    )
}

async fn away_at_the_start() -> Outcome {
    let fleet = Fleet::start();
    let server = fleet.server(&[]).await;
    let _worker = fleet.worker_with_engine(&["20"], &[]).await;
    let load = Load::start(&[&server], 5.0).await;
    let url = fleet.database_url();
    let (address, _) = url.rsplit_once('/').unwrap();
    let guess = url.replacen("wildside:", "wildside:guess", 1);
    for (wrong, cause) in [
        (format!("{address}/nowhere"), "does not exist"),
        (guess, "password authentication failed"),
    ] {
        for launch in [fleet.server_launch(&[]), fleet.worker_launch(&[])] {
            let took = refuses(launch, &wrong, cause).await;
            assert!(took < Duration::from_secs(5), "{took:?}");
        }
    }
    let nobody = fleet.database_url_at(free_port());
    let waited = refuses(fleet.server_launch(&[]), &nobody, "for 30 s").await;
    assert!((30..45).contains(&waited.as_secs()), "{waited:?}");
    let report = load.settle(&fleet, PATIENCE).await.all_complete();
    Outcome::seen(format!(
        "gave up after {waited:.0?}, at once where waiting is of no use; {report}"
    ))
}

/// Starts a process that must end with 1 and name the cause in the last line; says how long it took.
async fn refuses(mut launch: Launch, database_url: &str, cause: &str) -> Duration {
    set(&mut launch.variables, &[("DATABASE_URL", database_url)]);
    let (mut process, begun) = (Process::start(launch), Instant::now());
    assert_eq!(process.ended(Duration::from_mins(1)).await, Some(1));
    let log = process.log();
    let last = log.lines().last().unwrap_or_default();
    assert!(
        last.contains("DATABASE_URL") && last.contains(cause),
        "{log}"
    );
    begun.elapsed()
}

async fn exhausted() -> Outcome {
    let fleet = Fleet::start();
    let server = fleet.server(&[("DATABASE_POOL_SIZE", "4")]).await;
    let mut worker = fleet.worker_with_engine(&["20"], &[]).await;
    let load = Load::start(&[&server], 20.0).await;
    load.goes_on(20).await;
    let holder = fleet.postgres_client().await;
    holder
        .batch_execute("BEGIN; LOCK TABLE route_requests")
        .await
        .unwrap();
    let locked = Instant::now();
    while locked.elapsed() < Duration::from_secs(6) {
        let healthy = server.answers("/healthz", 200, PATIENCE).await;
        assert!(healthy < Duration::from_secs(1), "{healthy:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    holder.batch_execute("COMMIT").await.unwrap();
    let unlocked = Instant::now();
    load.goes_on(1).await;
    let healed = unlocked.elapsed();
    assert!(healed < HEALING_LIMIT, "{healed:?}");
    load.goes_on(20).await;
    let report = load.settle(&fleet, PATIENCE).await.all_complete();
    let (recovery, answer) = (
        report.history.settled_after(unlocked),
        report.history.p99_answer(locked, unlocked),
    );
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    assert!(report.history.count_refused() > 0, "the lock was not met");
    assert!(
        answer < Duration::from_secs(5),
        "p99 of the answers: {answer:?}"
    );
    assert!(worker.is_running());
    Outcome::recovered(
        recovery,
        format!(
            "/healthz unaffected, answers within {answer:.1?} (p99), served again after {healed:.1?}; {report}"
        ),
    )
}

async fn migrated() -> Outcome {
    let fleet = Fleet::start();
    take_back(&fleet, "2026-11-24-000203_create_route_progress_and_notes");
    let server = fleet.server(&[]).await;
    let _worker = fleet.worker_with_engine(&["20"], &[]).await;
    let load = Load::start(&[&server], 10.0).await;
    load.goes_on(20).await;
    let holder = fleet.postgres_client().await;
    holder
        .batch_execute("BEGIN; UPDATE users SET updated_at = now()")
        .await
        .unwrap();
    let mut launch = fleet.server_launch(&[]);
    launch.arguments = vec!["migrate".to_owned()];
    let (mut migration, begun) = (Process::start(launch), Instant::now());
    migration
        .logs("a table is locked, trying again", PATIENCE)
        .await;
    // Its foreign keys lock the table of users against writes.
    User::sign_up(&server.url(), "meanwhile").await;
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(
        migration.ended(PATIENCE).await,
        Some(0),
        "{}",
        migration.log()
    );
    let took = begun.elapsed();
    assert_eq!(fleet.sql("SELECT count(*) FROM route_notes"), "0");
    load.goes_on(20).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    Outcome::recovered(
        took,
        format!("it gave way to the lock and tried again, nobody noticed; {report}"),
    )
}

/// Undoes a migration, as if this release brought it.
fn take_back(fleet: &Fleet, migration: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(migration);
    fleet.sql(&std::fs::read_to_string(folder.join("down.sql")).unwrap());
    let version = migration.split('_').next().unwrap().replace('-', "");
    fleet.sql(&format!(
        "DELETE FROM __diesel_schema_migrations WHERE version = '{version}'"
    ));
}
