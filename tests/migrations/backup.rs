//! Backups: what `pg_dump` saved, `pg_restore` brings back, all of it.

use tempfile::TempDir;
use wildside_test_support::{PostgresServer, postgres_client};

use crate::city;
use crate::schema;

/// Runs a client program to its end; what it said when it failed.
fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = postgres_client(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(())
    } else {
        Err(said)
    }
}

/// The rows of all tables, as a digest of each.
fn rows(server: &PostgresServer, database: &str) -> String {
    let tables = server.sql(
        database,
        "SELECT format('SELECT %L, count(*), md5(string_agg(t::text, '''' ORDER BY t::text)) FROM %s AS t', oid::regclass, oid::regclass)
         FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname",
    );
    tables
        .lines()
        .map(|query| server.sql(database, query) + "\n")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_restored_whole_or_not_at_all() {
    let server = PostgresServer::start();
    let city = server.create_migrated("city");
    city::fill(&server, "city").await;
    let folder = TempDir::new().unwrap();
    let dump = folder.path().join("dump");
    let dump = dump.to_str().unwrap();
    run("pg_dump", &["-Fc", "-f", dump, &city]).unwrap();

    let copy = server.create_database("copy");
    run(
        "pg_restore",
        &["--exit-on-error", "--single-transaction", "-d", &copy, dump],
    )
    .unwrap();

    assert_eq!(schema(&copy), schema(&city));
    assert_eq!(rows(&server, "copy"), rows(&server, "city"));
}
