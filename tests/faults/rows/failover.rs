//! PostgreSQL that does not write for a while, speaks another language, or has a pooler or another replica before it.

use std::path::Path;
use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::time::sleep;
use wildside_test_support::PgBouncer;

use crate::rows::postgres::{heals, refuses, take_back};
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, set, until};
use crate::stage::scene::{PATIENCE, REFUSED, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 45,
        fault: "PostgreSQL read-only for a while",
        done: "default_transaction_read_only on and off again, new sessions and those of the pools in between",
        quick: true,
        play: || read_only().boxed_local(),
    },
    Row {
        number: 46,
        fault: "failover to a standby that is promoted late",
        done: "the server ended and back as a standby, promoted after 4 s",
        quick: false,
        play: || promoted_late().boxed_local(),
    },
    Row {
        number: 47,
        fault: "a pooler that lends sessions for single transactions, which nobody has told of",
        done: "PgBouncer before the database, pool_mode = transaction and session",
        quick: false,
        play: || pooled().boxed_local(),
    },
    Row {
        number: 48,
        fault: "PostgreSQL that speaks German",
        done: "lc_messages = de_DE; a wrong password, a locked table, sessions ended, read-only",
        quick: false,
        play: || in_german().boxed_local(),
    },
    Row {
        number: 49,
        fault: "a migration that hangs",
        done: "another session holds the lock of the migrations for ever",
        quick: false,
        play: || held_up().boxed_local(),
    },
];

/// Time for which the database does not write.
const WITHOUT_WRITES: Duration = Duration::from_secs(4);

async fn read_only() -> Outcome {
    let mut scene = Scene::start(1, &["20"], 10.0).await;
    scene.goes_on(20).await;
    // What a session begins with stays with it, also when it is no longer so for others.
    scene
        .fleet
        .sql("ALTER DATABASE fleet SET default_transaction_read_only = on");
    end_sessions(&scene);
    refuses_writes_and_reads_on(&scene).await;
    scene
        .fleet
        .sql("BEGIN READ WRITE; ALTER DATABASE fleet RESET default_transaction_read_only; COMMIT");
    let back = Instant::now();
    let healed = heals(&scene).await;
    scene.goes_on(50).await;
    let refused = scene.server().count(REFUSED).await;
    scene.goes_on(50).await;
    assert_eq!(
        scene.server().count(REFUSED).await,
        refused,
        "a session was kept"
    );
    let report = scene.settle().await.all_complete();
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(back),
        format!(
            "503 with Retry-After meanwhile, reads went on, served again after {healed:.1?}; {report}"
        ),
    )
}

/// Ends every session but one's own.
fn end_sessions(scene: &Scene) {
    scene.fleet.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = 'fleet' AND pid <> pg_backend_pid()",
    );
}

/// Sees requests refused and profiles read for a while. What is neither 202 nor 503 with `Retry-After` fails the row.
async fn refuses_writes_and_reads_on(scene: &Scene) {
    let begun = Instant::now();
    let before = scene.load.history.count_refused();
    until("requests are refused", PATIENCE, async || {
        scene.load.history.count_refused() > before
    })
    .await;
    let (reader, url) = (scene.load.user(0), scene.server().url());
    // One session after the other may have been ended.
    reader.get(&url, "/api/v1/users/me").await.unwrap();
    while begun.elapsed() < WITHOUT_WRITES {
        let answer = reader.get(&url, "/api/v1/users/me/routes").await.unwrap();
        assert!(matches!(answer.status.as_u16(), 200 | 503), "{answer:?}");
        sleep(Duration::from_millis(100)).await;
    }
    let answer = reader.get(&url, "/api/v1/users/me").await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn promoted_late() -> Outcome {
    let mut scene = Scene::start(1, &["20"], 10.0).await;
    scene.goes_on(20).await;
    let data = scene.fleet.sql("SHOW data_directory");
    let signal = Path::new(&data).join("standby.signal");
    std::fs::write(&signal, "").unwrap();
    scene.fleet.postgres.restart();
    assert_eq!(scene.fleet.sql("SELECT pg_is_in_recovery()"), "t");
    refuses_writes_and_reads_on(&scene).await;
    scene.fleet.sql("SELECT pg_promote()");
    let promoted = Instant::now();
    let healed = heals(&scene).await;
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete();
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(promoted),
        format!(
            "503 with Retry-After while nothing could be written, served again after {healed:.1?}; {report}"
        ),
    )
}

async fn pooled() -> Outcome {
    if !PgBouncer::is_installed() {
        return Outcome::NotRun("needs PgBouncer");
    }
    let fleet = Fleet::start();
    let pooler = PgBouncer::start(&fleet.database_url(), "transaction");
    let mut migration = fleet.server_launch(&[]);
    migration.arguments = vec!["migrate".to_owned()];
    for launch in [
        migration,
        fleet.server_launch(&[]),
        fleet.worker_launch(&[]),
    ] {
        let (took, log) = refuses(launch, &pooler.url(), "pool_mode=transaction").await;
        assert!(took < Duration::from_secs(10), "{took:?}: {log}");
    }
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    assert_eq!(fleet.sql(locks), "0", "a lock stayed on a pooled session");
    drop(pooler);
    let pooler = PgBouncer::start(&fleet.database_url(), "session");
    let url = pooler.url();
    let servers = vec![fleet.server(&[("DATABASE_URL", &url)]).await];
    let workers = vec![
        fleet
            .worker_with_engine("20", &[("DATABASE_URL", &url)])
            .await,
    ];
    let scene = Scene::of(fleet, servers, workers, 10.0).await;
    scene.goes_on(50).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::seen(format!(
        "refused at the start, with what mends it; in session mode {report}"
    ))
}

async fn in_german() -> Outcome {
    let mut fleet = Fleet::start();
    if !fleet.postgres.speak("de_DE") {
        return Outcome::NotRun("needs localedef, and PostgreSQL's messages in German");
    }
    let guess = fleet
        .database_url()
        .replacen("wildside:", "wildside:guess", 1);
    let (took, _) = refuses(
        fleet.server_launch(&[]),
        &guess,
        "Passwort-Authentifizierung",
    )
    .await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    let servers = fleet.servers(1).await;
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    take_back(&fleet, "2026-12-02-000900_create_progress_and_notes");
    let mut scene = Scene::of(fleet, servers, workers, 10.0).await;
    scene.goes_on(20).await;
    migrates_behind_a_lock(&scene).await;

    let holder = scene.fleet.postgres_client().await;
    holder
        .batch_execute("BEGIN; LOCK TABLE route_requests")
        .await
        .unwrap();
    scene.server().logs("55P03", PATIENCE).await;
    end_sessions(&scene);
    let ended = Instant::now();
    heals(&scene).await;
    scene
        .fleet
        .sql("ALTER DATABASE fleet SET default_transaction_read_only = on");
    end_sessions(&scene);
    scene.server().logs("25006", PATIENCE).await;
    scene
        .fleet
        .sql("BEGIN READ WRITE; ALTER DATABASE fleet RESET default_transaction_read_only; COMMIT");
    heals(&scene).await;
    let report = scene.settle().await.all_complete();
    assert!(scene.all_run());
    assert!(
        scene.fleet.postgres.log().contains("FEHLER"),
        "it speaks no German"
    );
    Outcome::recovered(
        report.recovery_within(PATIENCE, ended),
        format!("the codes were understood; {report}"),
    )
}

async fn migrates_behind_a_lock(scene: &Scene) {
    let holder = scene.fleet.postgres_client().await;
    holder
        .batch_execute("BEGIN; UPDATE users SET updated_at = now()")
        .await
        .unwrap();
    let mut launch = scene.fleet.server_launch(&[]);
    launch.arguments = vec!["migrate".to_owned()];
    let mut migration = Process::start(launch);
    migration
        .logs("a table is locked, trying again", PATIENCE)
        .await;
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(
        migration.ended(PATIENCE).await,
        Some(0),
        "{}",
        migration.log()
    );
}

async fn held_up() -> Outcome {
    let fleet = Fleet::start();
    let holder = fleet.postgres_client().await;
    holder
        .batch_execute("SET application_name = 'yesterday'; SELECT pg_advisory_lock(1464421444)")
        .await
        .unwrap();
    let mut launch = fleet.server_launch(&[]);
    launch.arguments = ["migrate", "--wait", "1"].map(str::to_owned).to_vec();
    set(&mut launch.variables, &[("REDIS_URL", "")]);
    let (mut migration, begun) = (Process::start(launch.clone()), Instant::now());
    assert_eq!(migration.ended(PATIENCE).await, Some(1));
    let (took, log) = (begun.elapsed(), migration.log());
    let last = log.lines().last().unwrap_or_default();
    assert!(
        last.contains("yesterday") && last.contains("pg_terminate_backend("),
        "{log}"
    );

    launch.arguments.truncate(1);
    let mut migration = Process::start(launch);
    migration.logs("somebody else migrates", PATIENCE).await;
    drop(holder);
    assert_eq!(
        migration.ended(PATIENCE).await,
        Some(0),
        "{}",
        migration.log()
    );
    Outcome::seen(format!(
        "gave up after {took:.0?} and said who has the lock; went on once it was free"
    ))
}
