//! The migrations: there, back, and there again, and what keeps what they made.

mod backup;
mod beside;
mod city;
mod roles;
mod search_path;

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use wildside_test_support::{PostgresServer, postgres_client};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

async fn harness(url: &str) -> AsyncMigrationHarness<AsyncPgConnection> {
    AsyncMigrationHarness::new(AsyncPgConnection::establish(url).await.unwrap())
}

async fn migrate(url: &str) {
    let mut harness = harness(url).await;
    harness.run_pending_migrations(MIGRATIONS).unwrap();
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
    harness(&url)
        .await
        .revert_all_migrations(MIGRATIONS)
        .unwrap();
    let nothing = schema(&url);
    let roles = "SELECT count(*) FROM pg_roles WHERE rolname = 'martin_ro'";
    assert_eq!(server.sql("city", roles), "0");

    migrate(&url).await;
    let everything = schema(&url);
    harness(&url)
        .await
        .revert_all_migrations(MIGRATIONS)
        .unwrap();
    assert_eq!(schema(&url), nothing);
    migrate(&url).await;
    assert_eq!(schema(&url), everything);
}
