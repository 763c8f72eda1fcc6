//! Schema of the database: its versions, its functions, and how both are applied.
//!
//! One function does it for everybody, whether `wildside migrate` or the template of the tests: [`apply`].

mod baseline;
mod functions;
mod pending;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::DerefMut;

use anyhow::anyhow;
use diesel::QueryResult;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use include_dir::{Dir, include_dir};

pub use baseline::BEFORE_BASELINE;

/// Versions of the schema, each with its way back.
pub const VERSIONS: EmbeddedMigrations = embed_migrations!("versions");

/// Statement that puts the schemas of the extensions on the search path of a session.
pub const ADD_EXTENSIONS_TO_PATH: &str = include_str!("../sql/add_extensions_to_path.sql");

static VERSION_FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/versions");
static FUNCTION_FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/functions");
static SQL_FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sql");

/// Applies the pending versions and returns them, then makes the functions and gives the rights. Makes before what all of
/// these need.
///
/// The connection is its own for the time, and ends with it. Its runtime must have several threads, because Diesel blocks
/// the one it runs on. Errors of the connection should begin with their SQLSTATE: a version that finds a table locked is
/// tried again.
///
/// # Errors
/// A statement fails, or the database has an unfinished schema of before the baseline. Nothing is left of a version
/// that failed.
pub async fn apply<C>(connection: C) -> anyhow::Result<Vec<String>>
where
    C: DerefMut<Target = AsyncPgConnection> + Send + 'static,
{
    apply_versions(connection, &VERSIONS).await
}

/// Applies other versions than those that are embedded, as [`apply`] does.
///
/// # Errors
/// As those of [`apply`], or the versions can't be read.
pub async fn apply_versions<C>(
    mut connection: C,
    versions: &dyn MigrationSource<Pg>,
) -> anyhow::Result<Vec<String>>
where
    C: DerefMut<Target = AsyncPgConnection> + Send + 'static,
{
    pending::limit_waiting(&mut connection).await?;
    let needs = include_str!("../sql/make_what_schema_needs.sql");
    connection.batch_execute(needs).await?;
    connection.batch_execute(ADD_EXTENSIONS_TO_PATH).await?;
    baseline::adopt(&mut connection).await?;
    let (mut connection, applied) = pending::apply(connection, versions).await?;
    if is_ahead(&mut connection, versions).await? {
        tracing::warn!("the schema is of a newer release: its functions are left as they are");
    } else {
        functions::replace(&mut connection).await?;
    }
    Ok(applied)
}

/// Names of the versions that are embedded, in order.
///
/// # Errors
/// Their files have no valid names.
pub fn versions() -> QueryResult<Vec<String>> {
    names(&VERSIONS)
}

/// Digest of all that [`apply`] runs.
pub fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    for folder in [&VERSION_FILES, &FUNCTION_FILES, &SQL_FILES] {
        hash(folder, &mut hasher);
    }
    hasher.finish()
}

fn hash(folder: &Dir<'_>, hasher: &mut impl Hasher) {
    for file in folder.files() {
        (file.path(), file.contents()).hash(hasher);
    }
    for folder in folder.dirs() {
        hash(folder, hasher);
    }
}

/// Test for a database that a newer release has migrated.
async fn is_ahead(
    connection: &mut AsyncPgConnection,
    versions: &dyn MigrationSource<Pg>,
) -> anyhow::Result<bool> {
    let newest = diesel::dsl::sql::<Nullable<Text>>(
        "max(version COLLATE \"C\") FROM __diesel_schema_migrations",
    );
    let newest: Option<String> = diesel::select(newest).get_result(connection).await?;
    let known = names(versions).map_err(|error| anyhow!("can't read the versions: {error}"))?;
    Ok(newest > known.into_iter().max())
}

fn names(versions: &dyn MigrationSource<Pg>) -> QueryResult<Vec<String>> {
    let all: Vec<Box<dyn Migration<Pg>>> = versions
        .migrations()
        .map_err(diesel::result::Error::QueryBuilderError)?;
    let names = all.iter().map(|migration| migration.name().version());
    Ok(names.map(|version| version.to_string()).collect())
}
