//! The schema's history, embedded in the binary.

use std::time::Duration;

use anyhow::{Context, anyhow};
use diesel::migration::Migration;
use diesel::pg::Pg;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Connection;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Session-level advisory lock that lets one replica migrate while the others wait for it.
const MIGRATION_LOCK: i64 = 0x57_49_4c_44;
/// Old replicas keep serving meanwhile: shorter than what their statements wait for a lock, as they do behind ours.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);
/// Tries of a migration, and the pause between them: half a minute.
const TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_secs(1);

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
    connection
        .batch_execute(&format!(
            "SELECT pg_advisory_lock({MIGRATION_LOCK}); SET lock_timeout = {}",
            LOCK_TIMEOUT.as_millis()
        ))
        .await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let pending = harness
        .pending_migrations(MIGRATIONS)
        .map_err(|error| anyhow!("can't read which migrations were applied: {error}"))?;
    let mut applied = Vec::new();
    for migration in &pending {
        apply(&mut harness, migration.as_ref())?;
        applied.push(migration.name().version().to_string());
    }
    Ok(applied)
}

/// Applies one migration. Where it would have to wait for a lock it steps back, so that whoever waits behind it gets
/// on, and tries again.
fn apply(
    harness: &mut AsyncMigrationHarness<Connection>,
    migration: &dyn Migration<Pg>,
) -> anyhow::Result<()> {
    for attempt in 1.. {
        match harness.run_migration(migration) {
            Err(error) if attempt < TRIES && error.to_string().contains("lock timeout") => {
                tracing::warn!(migration = %migration.name(), attempt, "a table is locked, trying again");
                std::thread::sleep(PAUSE);
            }
            outcome => {
                outcome.map_err(|error| anyhow!("a migration failed: {error}"))?;
                break;
            }
        }
    }
    Ok(())
}
