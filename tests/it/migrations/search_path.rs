//! Functions that others call find what they need whatever the search path, wherever the extensions are.

use std::thread::sleep;
use std::time::{Duration, Instant};

use wildside_test_support::{PostgresServer, TestDatabase};

use crate::migrations::city;

/// Functions of ours that an index, default, check, generated column or other function has hold of, that run with the
/// rights of their owner, or that the tile server may call, and that look names up by the search path of the moment.
const LOST: &str = "
    SELECT p.oid::regprocedure
    FROM pg_proc p
    JOIN pg_language l ON l.oid = prolang
    WHERE lanname NOT IN ('c', 'internal')
      AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
      AND (prosecdef
           OR EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_proc'::regclass AND refobjid = p.oid)
           OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 'martin_ro'::regrole))
      AND prosqlbody IS NULL
      AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%')
    ORDER BY 1";

#[test]
fn what_others_call_has_a_search_path_or_needs_none() {
    let database = TestDatabase::create();
    assert_eq!(database.sql(LOST), "");
    database.sql(
        "CREATE FUNCTION lost(t timestamptz) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
         CREATE INDEX ON users (lost(created_at))",
    );
    assert_eq!(database.sql(LOST), "lost(timestamp with time zone)");
}

/// Every way to build an index or statistics anew, and every tile, with a search path that leads nowhere.
async fn works_without_a_path(server: &PostgresServer, home: &str) {
    let nowhere = |sql: &str| server.sql("city", &format!("SET search_path = ''; {sql}"));
    city::fill(server, "city").await;
    nowhere("ANALYZE");
    nowhere(&format!("REINDEX TABLE {home}.pois"));
    for (function, query) in [
        ("base_tile", String::new()),
        ("poi_tile", String::new()),
        ("route_tile", format!(", '{}'", city::ticket())),
    ] {
        // All of Monaco is in it.
        let tile = nowhere(&format!(
            "SELECT length({home}.{function}(12, 2132, 1493{query}))"
        ));
        assert!(tile.parse::<u32>().unwrap() > 100, "{function}: {tile}");
    }
    let access = format!(
        "SELECT {home}.route_access(0, 0, 0, '{}') IS NOT NULL",
        city::ticket()
    );
    assert_eq!(nowhere(&access), "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_and_tiles_need_no_search_path() {
    let server = PostgresServer::start();
    server.create_migrated("city");
    works_without_a_path(&server, "public").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extensions_may_have_a_schema_of_their_own() {
    let server = PostgresServer::start();
    let url = server.create_database("city");
    server.sql(
        "city",
        "CREATE SCHEMA extensions;
         CREATE EXTENSION postgis SCHEMA extensions;
         CREATE EXTENSION pgcrypto SCHEMA extensions;
         CREATE EXTENSION btree_gist SCHEMA extensions;",
    );
    city::migrate(&url).await.unwrap();
    assert_eq!(server.sql("city", LOST), "");
    works_without_a_path(&server, "public").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_may_have_a_schema_of_their_own() {
    let server = PostgresServer::start();
    let url = server.create_database("city");
    server.sql(
        "city",
        "CREATE SCHEMA app;
         CREATE EXTENSION postgis;
         ALTER DATABASE city SET search_path = app, public;",
    );
    city::migrate(&url).await.unwrap();
    assert_eq!(server.sql("city", LOST), "");
    works_without_a_path(&server, "app").await;
}

#[test]
fn statistics_of_places_are_made_unasked() {
    let settings = ["autovacuum=on", "autovacuum_naptime=1s"];
    let server = PostgresServer::start_in(&std::env::temp_dir(), &settings);
    server.create_migrated("city");
    server.sql(
        "city",
        "INSERT INTO pois (id, location, kind)
         SELECT i * 10 + 1, ST_MakePoint(24 + i * 0.001, 60)::geography, 'cafe' FROM generate_series(1, 1000) AS i",
    );
    let made = "SELECT autoanalyze_count > 0 FROM pg_stat_user_tables WHERE relname = 'pois'";
    let begun = Instant::now();
    while server.sql("city", made) != "t" {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "never analyzed: {}",
            server.log()
        );
        sleep(Duration::from_millis(100));
    }
}
