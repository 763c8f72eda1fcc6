//! The migrations: there, back, and there again, and what keeps what they made.

mod backup;
mod baseline;
mod beside;
mod city;
mod functions;
mod roles;
mod search_path;

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::MigrationHarness;
use wildside_migrations::VERSIONS;
use wildside_test_support::{PostgresServer, postgres_client};

async fn revert(url: &str) {
    let connection = AsyncPgConnection::establish(url).await.unwrap();
    let mut harness = AsyncMigrationHarness::new(connection);
    harness.revert_all_migrations(VERSIONS).unwrap();
}

/// Everything in the database but its extensions, which a way back leaves, as statements.
fn schema(url: &str) -> String {
    let dump = postgres_client("pg_dump")
        .args(["--schema-only", "--no-comments", url])
        .output()
        .unwrap();
    assert!(dump.status.success(), "{dump:?}");
    let text = String::from_utf8(dump.stdout).unwrap();
    let tells = |line: &&str| {
        !["--", "CREATE EXTENSION", "\\"]
            .iter()
            .any(|start| line.starts_with(start))
            && !line.is_empty()
    };
    text.lines().filter(tells).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_migration_has_a_way_back_and_leads_to_the_same_again() {
    // A cluster of its own: there is no role martin_ro at first, and there is one the second time.
    let server = PostgresServer::start();
    let url = server.create_database("city");
    // That table stays, empty.
    revert(&url).await;
    let nothing = schema(&url);
    let roles = "SELECT count(*) FROM pg_roles WHERE rolname = 'martin_ro'";
    assert_eq!(server.sql("city", roles), "0");

    city::migrate(&url).await.unwrap();
    let everything = schema(&url);
    revert(&url).await;
    assert_eq!(schema(&url), nothing);
    city::migrate(&url).await.unwrap();
    assert_eq!(schema(&url), everything);
}
