//! The schema's history, embedded in the binary.

use std::time::Duration;

use anyhow::{Context, anyhow};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
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
    runtime.block_on(run(url))
}

async fn run(url: &str) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::establish(url)
        .await
        .context("can't connect to the database")?;
    connection
        .batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))
        .await?;
    limit_waiting(&mut connection).await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let pending = harness
        .pending_migrations(MIGRATIONS)
        .map_err(|error| anyhow!("can't read which migrations were applied: {error}"))?;
    let mut applied = Vec::new();
    for migration in &pending {
        if migration.metadata().run_in_transaction() {
            apply(&mut harness, migration.as_ref())?;
        } else {
            harness = apply_beside(harness, migration.as_ref()).await?;
        }
        applied.push(migration.name().version().to_string());
    }
    Ok(applied)
}

/// Applies a migration that builds an index while others go on writing. It waits for them without being in anybody's way, and
/// a build that broke off has left an index that is in the way of the next.
async fn apply_beside(
    harness: AsyncMigrationHarness<Connection>,
    migration: &dyn Migration<Pg>,
) -> anyhow::Result<AsyncMigrationHarness<Connection>> {
    let mut connection = harness.into_inner();
    connection.batch_execute("SET lock_timeout = 0").await?;
    for index in broken_indexes(&mut connection).await? {
        tracing::warn!(index, "an index that was left half built is dropped");
        let drop = format!("DROP INDEX CONCURRENTLY {index}");
        connection.batch_execute(&drop).await?;
    }
    let mut harness = AsyncMigrationHarness::new(connection);
    apply(&mut harness, migration)?;
    let mut connection = harness.into_inner();
    limit_waiting(&mut connection).await?;
    Ok(AsyncMigrationHarness::new(connection))
}

/// Names of the indexes of our tables that no query can use.
async fn broken_indexes(connection: &mut Connection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Index {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let broken: Vec<Index> = diesel::sql_query(
        "SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
         WHERE NOT indisvalid AND relnamespace = current_schema::regnamespace",
    )
    .load(connection)
    .await?;
    Ok(broken.into_iter().map(|index| index.name).collect())
}

async fn limit_waiting(connection: &mut Connection) -> QueryResult<()> {
    let limit = format!("SET lock_timeout = {}", LOCK_TIMEOUT.as_millis());
    connection.batch_execute(&limit).await
}

/// The versions of the migrations that this binary brings.
pub(super) fn versions() -> QueryResult<Vec<String>> {
    let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS
        .migrations()
        .map_err(diesel::result::Error::QueryBuilderError)?;
    let versions = all.iter().map(|migration| migration.name().version());
    Ok(versions.map(|version| version.to_string()).collect())
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
