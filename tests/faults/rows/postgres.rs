//! PostgreSQL restarted, away, busy and changed.

use std::path::Path;
use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::join;
use tokio::time::sleep;
use wildside_test_support::free_port;

use crate::stage::client::User;
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Launch, Process, set};
use crate::stage::scene::{PATIENCE, REFUSED, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 12,
        fault: "PostgreSQL restarted",
        done: "ended as by pg_ctl -m immediate and started again, at once and after 4 s",
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

/// After an outage the next request is served by then.
const HEALING_LIMIT: Duration = Duration::from_secs(2);
const RUN_AGAIN: &str = r#"job_retries_total{queue="route_generation",reason="unavailable"}"#;

async fn restarted() -> Outcome {
    let mut scene = Scene::start(1, &["200"], 10.0).await;
    scene.goes_on(20).await;
    scene.fleet.postgres.restart();
    let (restarted, healed) = (Instant::now(), heals(&scene).await);
    scene.goes_on(20).await;

    scene.fleet.postgres.kill();
    // Longer than anybody waits for a connection.
    sleep(Duration::from_secs(4)).await;
    scene.fleet.postgres.restart();
    let (back, healed_again) = (Instant::now(), heals(&scene).await);
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete();
    assert!(scene.all_run());
    let (server, worker) = (scene.server(), scene.worker());
    server.logs("no database connection", PATIENCE).await;
    assert!(server.count(REFUSED).await > 0);
    worker.logs("job will run again", PATIENCE).await;
    assert!(worker.count(RUN_AGAIN).await > 0);
    let recovery = report.recovery(restarted);
    Outcome::recovered(
        recovery.max(report.recovery(back)),
        format!("the next request was served after {healed:.1?}, and {healed_again:.1?}; {report}"),
    )
}

/// Waits until a request is accepted; says how long it took.
pub async fn heals(scene: &Scene) -> Duration {
    let begun = Instant::now();
    scene.goes_on(1).await;
    let healed = begun.elapsed();
    assert!(healed < HEALING_LIMIT, "{healed:?}");
    healed
}

async fn away_at_the_start() -> Outcome {
    let scene = Scene::start(1, &["20"], 5.0).await;
    let fleet = &scene.fleet;
    let url = fleet.database_url();
    let (address, _) = url.rsplit_once('/').unwrap();
    let guess = url.replacen("wildside:", "wildside:guess", 1);
    for (wrong, cause) in [
        (format!("{address}/nowhere"), "does not exist"),
        (guess, "password authentication failed"),
    ] {
        for launch in [fleet.server_launch(&[]), fleet.worker_launch(&[])] {
            let (took, _) = refuses(launch, &wrong, cause).await;
            assert!(took < Duration::from_secs(5), "{took:?}");
        }
    }
    let nobody = fleet.database_url_at(free_port());
    let waiting = join!(
        refuses(fleet.server_launch(&[]), &nobody, "for 30 s"),
        refuses(fleet.worker_launch(&[]), &nobody, "for 30 s"),
    );
    for (waited, log) in [&waiting.0, &waiting.1] {
        assert!((30..45).contains(&waited.as_secs()), "{waited:?}");
        assert!(log.contains("waiting for the database"), "{log}");
    }
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::seen(format!(
        "gave up after {:.0?}, at once where waiting is of no use; {report}",
        waiting.0.0
    ))
}

/// Starts a process that must end with 1 and name the cause in the last line; says how long it took, and its log.
pub async fn refuses(mut launch: Launch, database_url: &str, cause: &str) -> (Duration, String) {
    set(&mut launch.variables, &[("DATABASE_URL", database_url)]);
    let (mut process, begun) = (Process::start(launch), Instant::now());
    assert_eq!(process.ended(Duration::from_mins(1)).await, Some(1));
    let (took, log) = (begun.elapsed(), process.log());
    let last = log.lines().last().unwrap_or_default();
    assert!(
        last.contains("DATABASE_URL") && last.contains(cause),
        "{log}"
    );
    (took, log)
}

async fn exhausted() -> Outcome {
    let fleet = Fleet::start();
    let servers = vec![fleet.server(&[("DATABASE_POOL_SIZE", "4")]).await];
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    let mut scene = Scene::of(fleet, servers, workers, 20.0).await;
    scene.goes_on(20).await;
    let holder = scene.fleet.postgres_client().await;
    holder
        .batch_execute("BEGIN; LOCK TABLE route_requests")
        .await
        .unwrap();
    let locked = Instant::now();
    while locked.elapsed() < Duration::from_secs(6) {
        let healthy = scene.server().answers("/healthz", 200, PATIENCE).await;
        assert!(healthy < Duration::from_secs(1), "{healthy:?}");
        sleep(Duration::from_millis(100)).await;
    }
    holder.batch_execute("COMMIT").await.unwrap();
    let (unlocked, healed) = (Instant::now(), heals(&scene).await);
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete();
    let answer = report.history.p99_answer(locked, unlocked);
    assert!(
        answer < Duration::from_secs(5),
        "p99 of the answers: {answer:?}"
    );
    // The pool had no connection for some, and those who had one did not get the lock.
    for line in ["no database connection", "lost the database"] {
        scene.server().logs(line, PATIENCE).await;
    }
    let refused = report.history.count_refused() as u64;
    assert!(refused > 0, "the lock was not met");
    assert!(scene.server().count(REFUSED).await >= refused);
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(unlocked),
        format!(
            "/healthz unaffected, answers within {answer:.1?} (p99), served again after {healed:.1?}; {report}"
        ),
    )
}

async fn migrated() -> Outcome {
    let fleet = Fleet::start();
    // Neither is ready while the schema is older than it is.
    let servers = fleet.servers(1).await;
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    take_back(&fleet, "2026-12-02-000900_create_progress_and_notes");
    let scene = Scene::of(fleet, servers, workers, 10.0).await;
    scene.goes_on(20).await;
    let holder = scene.fleet.postgres_client().await;
    holder
        .batch_execute("BEGIN; UPDATE users SET updated_at = now()")
        .await
        .unwrap();
    let mut launch = scene.fleet.server_launch(&[]);
    launch.arguments = vec!["migrate".to_owned()];
    let (mut migration, begun) = (Process::start(launch), Instant::now());
    migration
        .logs("a table is locked, trying again", PATIENCE)
        .await;
    // Its foreign keys lock the table of users against writes.
    User::sign_up(&scene.server().url(), "meanwhile").await;
    holder.batch_execute("COMMIT").await.unwrap();
    let code = migration.ended(PATIENCE).await;
    assert_eq!(code, Some(0), "{}", migration.log());
    let took = begun.elapsed();
    assert_eq!(scene.fleet.sql("SELECT count(*) FROM route_notes"), "0");
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    let (_, metrics) = scene.server().text("/metrics").await.unwrap();
    assert!(!metrics.contains(r#"status="5"#), "{metrics}");
    Outcome::recovered(
        took,
        format!("it gave way to the lock and tried again, nobody noticed; {report}"),
    )
}

/// Undoes a migration, as if this release brought it.
pub fn take_back(fleet: &Fleet, migration: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations/versions")
        .join(migration);
    fleet.sql(&std::fs::read_to_string(folder.join("down.sql")).unwrap());
    let version = migration.split('_').next().unwrap().replace('-', "");
    fleet.sql(&format!(
        "DELETE FROM __diesel_schema_migrations WHERE version = '{version}'"
    ));
}
