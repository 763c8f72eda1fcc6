//! The schema's history, embedded in the binary.

use anyhow::{Context, anyhow};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Connection;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Session-level advisory lock that lets one replica migrate while the others wait for it.
const MIGRATION_LOCK: i64 = 0x57_49_4c_44;

/// Applies the pending migrations and returns their names.
///
/// Runs on a runtime of its own, because the harness blocks its thread: call it before the actix `System` starts.
///
/// # Errors
/// The database can't be reached, or a migration fails; it is rolled back then.
pub fn migrate(url: &str) -> anyhow::Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let url = url.to_owned();
    runtime.block_on(async { tokio::spawn(run(url)).await? })
}

async fn run(url: String) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::establish(&url)
        .await
        .context("can't connect to the database")?;
    // Old replicas keep serving meanwhile: rather fail than queue all their queries behind a table lock.
    connection
        .batch_execute(&format!(
            "SELECT pg_advisory_lock({MIGRATION_LOCK}); SET lock_timeout = '5s'"
        ))
        .await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = harness
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| anyhow!("a migration failed: {error}"))?;
    Ok(applied.iter().map(ToString::to_string).collect())
}
