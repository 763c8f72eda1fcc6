//! Indexes that are built while others write.

use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::FileBasedMigrations;
use wildside_test_support::PostgresServer;

const INDEX: &str =
    "SELECT indisvalid FROM pg_index WHERE indexrelid = 'route_requests_trace_idx'::regclass";

/// As a build leaves it that was broken off: there, and of no use.
const HALF_BUILT: &str = "
    CREATE INDEX route_requests_trace_idx ON route_requests (trace_id);
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'route_requests_trace_idx'::regclass";

/// Migrates to a version that builds an index beside those who write.
async fn migrate(url: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let version = folder
        .path()
        .join("2999-12-31-000000_find_requests_by_trace");
    std::fs::create_dir(&version).unwrap();
    let build = "CREATE INDEX CONCURRENTLY route_requests_trace_idx ON route_requests (trace_id)";
    std::fs::write(version.join("up.sql"), build).unwrap();
    std::fs::write(version.join("metadata.toml"), "run_in_transaction = false").unwrap();
    let versions = FileBasedMigrations::from_path(folder.path()).unwrap();
    let connection = AsyncPgConnection::establish(url).await.unwrap();
    wildside_migrations::apply_versions(Box::new(connection), &versions)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_was_left_half_built_is_built_anew() {
    let server = PostgresServer::start();
    let url = server.create_migrated("city");
    server.sql("city", HALF_BUILT);
    assert_eq!(server.sql("city", INDEX), "f");
    assert_eq!(migrate(&url).await, ["29991231000000"]);
    assert_eq!(server.sql("city", INDEX), "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_open_for_longer_is_waited_for() {
    let server = PostgresServer::start();
    let url = server.create_migrated("city");
    server.sql("city", HALF_BUILT);
    let (begun, other) = (Instant::now(), url.clone());
    let writer = std::thread::spawn(move || {
        let hold = "BEGIN; UPDATE route_requests SET stage = stage; SELECT pg_sleep(3); COMMIT";
        wildside_test_support::postgres_client("psql")
            .args(["-X", "-d", &other, "-c", hold])
            .output()
    });
    let locked = "SELECT count(*) FROM pg_locks WHERE relation = 'route_requests'::regclass";
    while server.sql("city", locked) == "0" {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody writes");
    }
    migrate(&url).await;
    assert_eq!(server.sql("city", INDEX), "t");
    assert!(writer.join().unwrap().unwrap().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_somebody_else_is_building_is_left_alone() {
    const PHASE: &str = "SELECT count(*) FROM pg_stat_progress_create_index \
         WHERE index_relid <> 0 AND phase = 'waiting for writers before build'";
    const THEIRS: &str = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('theirs')";
    let server = PostgresServer::start();
    let url = server.create_migrated("city");
    let mut writer = AsyncPgConnection::establish(&url).await.unwrap();
    let hold = "BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE";
    writer.batch_execute(hold).await.unwrap();
    let mut builder = AsyncPgConnection::establish(&url).await.unwrap();
    let building = tokio::spawn(async move {
        let build = "CREATE INDEX CONCURRENTLY theirs ON users (display_name)";
        builder.batch_execute(build).await
    });
    let begun = Instant::now();
    while server.sql("city", PHASE) == "0" {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody builds");
    }
    migrate(&url).await;
    assert_eq!(server.sql("city", THEIRS), "f");
    writer.batch_execute("COMMIT").await.unwrap();
    building.await.unwrap().unwrap();
    assert_eq!(server.sql("city", THEIRS), "t");
}
