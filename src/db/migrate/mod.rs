//! The schema's history, embedded in the binary.

mod lock;
mod setup;

use std::error::Error;
use std::time::Duration;

use anyhow::anyhow;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::connection::LOCK_NOT_AVAILABLE;
use crate::db::connection::refuse_shared;
use crate::db::{ConnectError, Connection, Session};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Old replicas keep serving meanwhile: shorter than what their statements wait for a lock, as they do behind ours.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);
/// Tries of a migration, and the pause between them: half a minute.
const TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_secs(1);

/// Applies the pending migrations and returns their names. Makes before what they need, and gives again what rights a
/// restored backup lacks. Another replica that is at it is waited for, as long as `patience`.
///
/// Runs on a runtime of its own, because the harness blocks its thread: call it before the actix `System` starts.
///
/// # Errors
/// The database can't be reached, another replica takes too long, or a migration fails; it is rolled back then.
pub fn migrate(url: &str, patience: Duration) -> anyhow::Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(run(url, patience))
}

async fn run(url: &str, patience: Duration) -> anyhow::Result<Vec<String>> {
    let mut session = enter(url)
        .await
        .map_err(|cause| anyhow!("DATABASE_URL: {}", cause.with_remedy()))?;
    lock::take(&mut session, patience).await?;
    limit_waiting(&mut session).await?;
    setup::prepare(&mut session).await?;
    let (mut session, applied) = apply_pending(session).await?;
    setup::grant(&mut session).await?;
    Ok(applied)
}

async fn apply_pending(session: Session) -> anyhow::Result<(Session, Vec<String>)> {
    let mut harness = AsyncMigrationHarness::new(session);
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
    Ok((harness.into_inner(), applied))
}

/// A session that is kept for as long as it takes.
async fn enter(url: &str) -> Result<Session, ConnectError> {
    let mut session = Session::open_without_limits(url).await?;
    refuse_shared(url, &mut session).await?;
    Ok(session)
}

/// Applies a migration that builds an index while others go on writing. It waits for them without being in anybody's way, and
/// a build that broke off has left an index that is in the way of the next.
async fn apply_beside(
    harness: AsyncMigrationHarness<Session>,
    migration: &dyn Migration<Pg>,
) -> anyhow::Result<AsyncMigrationHarness<Session>> {
    let mut session = harness.into_inner();
    session.batch_execute("SET lock_timeout = 0").await?;
    for index in broken_indexes(&mut session).await? {
        tracing::warn!(index, "an index that was left half built is dropped");
        let drop = format!("DROP INDEX CONCURRENTLY {index}");
        session.batch_execute(&drop).await?;
    }
    let mut harness = AsyncMigrationHarness::new(session);
    apply(&mut harness, migration)?;
    let mut session = harness.into_inner();
    limit_waiting(&mut session).await?;
    Ok(AsyncMigrationHarness::new(session))
}

/// Names of the indexes of our tables that no query can use, but for those that somebody is building just now.
async fn broken_indexes(connection: &mut Connection) -> QueryResult<Vec<String>> {
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
    harness: &mut AsyncMigrationHarness<Session>,
    migration: &dyn Migration<Pg>,
) -> anyhow::Result<()> {
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
