//! Versions that a database lacks, applied beside those who go on using it.

use std::error::Error;
use std::ops::DerefMut;
use std::time::Duration;

use anyhow::anyhow;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::MigrationHarness;

/// Old replicas keep serving meanwhile: shorter than what their statements wait for a lock, as they do behind ours.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// Tries of a migration, and the pause between them: half a minute.
const TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_secs(1);

/// Applies what is pending of `versions`; gives the connection back, and their names.
pub(crate) async fn apply<C>(
    connection: C,
    versions: &dyn MigrationSource<Pg>,
) -> anyhow::Result<(C, Vec<String>)>
where
    C: DerefMut<Target = AsyncPgConnection> + Send + 'static,
{
    let unreadable = |error| anyhow!("can't read which migrations were applied: {error}");
    let mut harness = AsyncMigrationHarness::new(connection);
    let known = harness.applied_migrations().map_err(unreadable)?;
    let mut pending = versions.migrations().map_err(unreadable)?;
    pending.retain(|migration| !known.contains(&migration.name().version()));
    pending.sort_by_cached_key(|migration| migration.name().to_string());
    let mut applied = Vec::new();
    for migration in &pending {
        if migration.metadata().run_in_transaction() {
            apply_one(&mut harness, migration.as_ref())?;
        } else {
            harness = apply_beside(harness, migration.as_ref()).await?;
        }
        applied.push(migration.name().version().to_string());
    }
    Ok((harness.into_inner(), applied))
}

/// Applies a migration that builds an index while others go on writing. It waits for them without being in anybody's way, and
/// a build that broke off has left an index that is in the way of the next.
async fn apply_beside<C>(
    harness: AsyncMigrationHarness<C>,
    migration: &dyn Migration<Pg>,
) -> anyhow::Result<AsyncMigrationHarness<C>>
where
    C: DerefMut<Target = AsyncPgConnection> + Send + 'static,
{
    let mut connection = harness.into_inner();
    connection.batch_execute("SET lock_timeout = 0").await?;
    for index in broken_indexes(&mut connection).await? {
        tracing::warn!(index, "an index that was left half built is dropped");
        let drop = format!("DROP INDEX CONCURRENTLY {index}");
        connection.batch_execute(&drop).await?;
    }
    let mut harness = AsyncMigrationHarness::new(connection);
    apply_one(&mut harness, migration)?;
    let mut connection = harness.into_inner();
    limit_waiting(&mut connection).await?;
    Ok(AsyncMigrationHarness::new(connection))
}

/// Names of the indexes of our tables that no query can use, but for those that somebody is building just now.
async fn broken_indexes(connection: &mut AsyncPgConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Index {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let broken: Vec<Index> = diesel::sql_query(
        "SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
         WHERE NOT indisvalid AND relnamespace = current_schema::regnamespace \
           AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = indexrelid)",
    )
    .load(connection)
    .await?;
    Ok(broken.into_iter().map(|index| index.name).collect())
}

/// Limits how long a statement waits for a lock, and whoever comes after waits behind it.
pub(crate) async fn limit_waiting(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    let limit = format!("SET lock_timeout = {}", LOCK_TIMEOUT.as_millis());
    connection.batch_execute(&limit).await
}

/// Applies one migration. Where it would have to wait for a lock it steps back, so that whoever waits behind it gets
/// on, and tries again.
fn apply_one<C>(
    harness: &mut AsyncMigrationHarness<C>,
    migration: &dyn Migration<Pg>,
) -> anyhow::Result<()>
where
    C: DerefMut<Target = AsyncPgConnection> + Send + 'static,
{
    for attempt in 1.. {
        match harness.run_migration(migration) {
            Err(error) if attempt < TRIES && is_locked(&*error) => {
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

/// The harness tells why a migration failed as a text alone, which has the code of the server's error in it.
fn is_locked(error: &dyn Error) -> bool {
    error.to_string().contains(LOCK_NOT_AVAILABLE)
}
