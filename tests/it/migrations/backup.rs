//! Backups: what `pg_dump` saved, `pg_restore` brings back, all of it.

use tempfile::TempDir;
use wildside_test_support::{PostgresServer, postgres_client};

use crate::migrations::roles::url_of_walker;
use crate::migrations::{city, schema};

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

/// Schema and data of a database but for who owns it.
fn assert_same(one: (&PostgresServer, &str), other: (&PostgresServer, &str)) {
    let without_owners = |(server, database): (&PostgresServer, &str)| {
        let schema = schema(&server.url(database));
        let lines = schema.lines().filter(|line| !line.contains(" OWNER TO "));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without_owners(one), without_owners(other));
    assert_eq!(rows(one.0, one.1), rows(other.0, other.1));
}

/// A city that belongs to a role without privileges, and the file to which it was dumped.
async fn dumped_city(server: &PostgresServer, folder: &TempDir) -> String {
    server.create_database("city");
    server.sql(
        "city",
        "CREATE EXTENSION postgis; CREATE ROLE martin_ro NOLOGIN",
    );
    let walker = url_of_walker(server);
    server.sql("postgres", "ALTER DATABASE city OWNER TO walker");
    city::migrate(&walker).await.unwrap();
    city::fill(server, "city").await;
    let dump = folder.path().join("dump").to_str().unwrap().to_owned();
    run("pg_dump", &["-Fc", "-f", &dump, &server.url("city")]).unwrap();
    dump
}

const UNDEFINED_OBJECT: &str = "42704";
const WHOLE: [&str; 2] = ["--exit-on-error", "--single-transaction"];

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_restored_whole_with_its_owner() {
    let (server, folder) = (PostgresServer::start(), TempDir::new().unwrap());
    let dump = dumped_city(&server, &folder).await;
    for other in [None, Some(PostgresServer::start())] {
        let target = other.as_ref().unwrap_or(&server);
        if other.is_some() {
            let roles = "CREATE ROLE walker LOGIN PASSWORD 'secret'; CREATE ROLE martin_ro NOLOGIN";
            target.sql("postgres", roles);
        }
        let copy = target.create_database("copy");
        run("pg_restore", &[&WHOLE[..], &["-d", &copy, &dump]].concat()).unwrap();
        assert_eq!(schema(&copy), schema(&server.url("city")));
        assert_eq!(rows(target, "copy"), rows(&server, "city"));
        let tile = format!(
            "SET ROLE martin_ro; SELECT length(route_tile(12, 2132, 1493, '{}')) > 100",
            city::ticket()
        );
        assert_eq!(target.sql("copy", &tile), "t");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_gives_the_rights_that_a_restore_left_out() {
    let (server, folder) = (PostgresServer::start(), TempDir::new().unwrap());
    let dump = dumped_city(&server, &folder).await;
    // Another cluster: it has neither role.
    let other = PostgresServer::start();
    other.expect_error(UNDEFINED_OBJECT);
    let lossy = other.create_database("lossy");
    let refused = run("pg_restore", &["--no-owner", "-d", &lossy, &dump]).unwrap_err();
    assert!(
        refused.contains(r#"role "martin_ro" does not exist"#),
        "{refused}"
    );
    let bare = other.create_database("bare");
    let bare_arguments = ["--no-owner", "--no-privileges", "-d", &bare, &dump];
    run("pg_restore", &[&WHOLE[..], &bare_arguments].concat()).unwrap();

    for database in ["lossy", "bare"] {
        assert_eq!(
            city::migrate(&other.url(database)).await.unwrap(),
            Vec::<String>::new()
        );
        assert_same((&other, database), (&server, "city"));
    }
}
