//! Indexes that are built while others write.

use std::time::{Duration, Instant};

use wildside_test_support::PostgresServer;

const INDEX: &str =
    "SELECT indisvalid FROM pg_index WHERE indexrelid = 'route_requests_walk_idx'::regclass";

/// As a build leaves it that was broken off: there, and of no use.
const HALF_BUILT: &str = "
    DELETE FROM __diesel_schema_migrations WHERE version >= '20261201200004' AND version < '20261201200010';
    DROP INDEX route_requests_list_idx, route_requests_expendable_idx, saved_routes_list_idx;
    ALTER TABLE saved_routes DROP COLUMN requested_at;
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'route_requests_walk_idx'::regclass";

#[test]
fn an_index_that_was_left_half_built_is_built_anew() {
    let server = PostgresServer::start();
    let url = server.create_migrated("city");
    server.sql("city", HALF_BUILT);
    assert_eq!(server.sql("city", INDEX), "f");
    let applied = wildside::db::migrate(&url, Duration::from_mins(1)).unwrap();
    assert_eq!(applied.len(), 6, "{applied:?}");
    assert_eq!(server.sql("city", INDEX), "t");
}

#[test]
fn a_transaction_that_is_open_for_longer_is_waited_for() {
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
    wildside::db::migrate(&url, Duration::from_mins(1)).unwrap();
    assert_eq!(server.sql("city", INDEX), "t");
    assert!(writer.join().unwrap().unwrap().status.success());
}
