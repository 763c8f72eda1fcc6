//! From a file into PostGIS: one transaction, so that a load that fails or is killed leaves the old data whole.
//!
//! Everything is copied into temporary tables first, and changes hands in a few statements at the end.

mod copy;
mod ewkb;
mod swap;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio_postgres::{Client, NoTls, Transaction};

use crate::area::Polygon;
use crate::extract::{self, Batch, ExtractError, Progress, Scan};

pub use swap::Change;

/// What is to be loaded.
#[derive(Debug, Clone)]
pub struct Load {
    /// The file.
    pub file: PathBuf,
    /// What the area is called; one name, one place.
    pub name: String,
    /// Where the data came from, for people.
    pub source: String,
    /// Only what is inside is loaded; `None`: all of the file.
    pub area: Option<Polygon>,
    /// Whether the area may lose more than half of its streets.
    pub allow_shrink: bool,
    /// Digest of the file and all that decides what is made of it; the same digest changes nothing.
    pub digest: String,
}

/// What a load did.
#[derive(Debug)]
pub enum Outcome {
    /// The area holds just this already.
    Unchanged {
        /// Its generation.
        generation: i64,
    },
    /// The area is as in the file now.
    Loaded(Box<Loaded>),
}

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// What the file held.
    pub scan: Scan,
    /// How many edges.
    pub edges: u64,
    /// What changed in the database.
    pub change: Change,
}

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is at fault.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// The database can't be reached within ten seconds, or refuses.
    #[error("can't connect to the database of DATABASE_URL: {0}")]
    Connect(String),
    /// The tables are not there, or not the newest.
    #[error("the database is not migrated: run `wildside migrate` first ({0} is missing)")]
    NotMigrated(&'static str),
    /// The name belongs to a place elsewhere.
    #[error(
        "an area called `{0}` is loaded already and lies elsewhere; choose another name with --name"
    )]
    NameTaken(String),
    /// The file has so much less than the area holds that it is probably only a part.
    #[error(
        "`{name}` has {old} street edges and would be left with {new}; if that is right, add --allow-shrink"
    )]
    Shrunk {
        /// The area.
        name: String,
        /// Edges it has.
        old: i64,
        /// Edges in the file.
        new: i64,
    },
    /// The database failed on the way; nothing was changed.
    #[error("the database failed, nothing was changed: {}", describe(.0))]
    Database(#[from] tokio_postgres::Error),
}

fn describe(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// Batches that may wait for the database.
const WAITING_BATCHES: usize = 16;

/// Loads a file into the database at `url`.
///
/// `progress` is told what begins.
///
/// # Errors
/// [`LoadError`]; nothing is changed then.
pub async fn load(
    url: &str,
    load: Load,
    progress: impl Fn(Progress) + Send + Sync + Clone + 'static,
) -> Result<Outcome, LoadError> {
    let begin = |name| progress(Progress::Stage { name, bytes: 0 });
    let mut client = connect(url).await?;
    require_migrations(&client).await?;
    if let Some(generation) = unchanged(&client, &load).await? {
        return Ok(Outcome::Unchanged { generation });
    }
    let transaction = client.transaction().await?;
    if !is_alone(&transaction).await? {
        begin("waiting for another load to end");
        transaction
            .execute(
                "SELECT pg_advisory_xact_lock(hashtext('wildside-ingest'))",
                &[],
            )
            .await?;
    }
    if let Some(generation) = unchanged(&transaction, &load).await? {
        return Ok(Outcome::Unchanged { generation });
    }
    copy::create_staging(&transaction).await?;
    let (scan, edges) = stream(&transaction, &load, progress.clone()).await?;
    refuse_shrinking(&transaction, &load, edges).await?;
    begin("copying places");
    copy::places(&transaction, &scan.places).await?;
    begin("replacing the old data");
    let counts = json!({ "places": scan.places.len(), "edges": edges, "report": scan.report });
    let change = swap::swap(&transaction, &load, &scan, &counts).await?;
    begin("updating statistics");
    transaction
        .batch_execute("ANALYZE pois, poi_interest_themes, walk_nodes, walk_edges, base_lines, base_areas, base_labels")
        .await?;
    transaction.commit().await?;
    Ok(Outcome::Loaded(Box::new(Loaded {
        scan,
        edges,
        change,
    })))
}

/// Takes the lock of all loads, if nobody holds it: two loads of one area at the same time would undo each other.
async fn is_alone(transaction: &Transaction<'_>) -> Result<bool, LoadError> {
    let query = "SELECT pg_try_advisory_xact_lock(hashtext('wildside-ingest'))";
    Ok(transaction.query_one(query, &[]).await?.get(0))
}

/// Reads the file on threads of its own and copies the edges as they come.
async fn stream(
    transaction: &Transaction<'_>,
    load: &Load,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<(Scan, u64), LoadError> {
    let (sender, mut receiver) = mpsc::channel::<Batch>(WAITING_BATCHES);
    let (file, area) = (load.file.clone(), load.area.clone());
    let reading = tokio::task::spawn_blocking(move || {
        // A closed channel means that the copy has failed, and says why itself.
        let send = |batch| drop(sender.blocking_send(batch));
        read(&file, area.as_ref(), &send, &progress)
    });
    let first = copy::base(transaction, &mut receiver).await?;
    let edges = copy::edges(transaction, first, &mut receiver).await?;
    let scan = reading
        .await
        .unwrap_or_else(|fault| std::panic::resume_unwind(fault.into_panic()))?;
    Ok((scan, edges))
}

fn read(
    file: &Path,
    area: Option<&Polygon>,
    send: &(dyn Fn(Batch) + Sync),
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Scan, ExtractError> {
    extract::scan(file, area, send, progress)
}

/// Sees whether a load into the database at `url` could begin.
///
/// # Errors
/// [`LoadError`]: it can't be reached, or is not migrated.
pub async fn check(url: &str) -> Result<(), LoadError> {
    require_migrations(&connect(url).await?).await
}

/// A connection to the database at `url`.
///
/// # Errors
/// [`LoadError::Connect`] after ten seconds at the latest.
pub async fn connect(url: &str) -> Result<Client, LoadError> {
    let connecting = tokio_postgres::connect(url, NoTls);
    let (client, connection) = tokio::time::timeout(Duration::from_secs(10), connecting)
        .await
        .map_err(|_| LoadError::Connect("no answer within 10 s".to_owned()))?
        .map_err(|fault| LoadError::Connect(describe_connect(&fault)))?;
    // Ends with the client; a fault of the connection is met by the next query.
    tokio::spawn(connection);
    Ok(client)
}

/// The cause, not only that there was one.
fn describe_connect(error: &tokio_postgres::Error) -> String {
    use std::error::Error;
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

async fn require_migrations(client: &Client) -> Result<(), LoadError> {
    const NEEDED: [&str; 5] = [
        "base_labels.name",
        "areas.popularity_quantiles",
        "pois.narrative_source",
        "walk_edges.geom",
        "interest_themes.name",
    ];
    let query = "SELECT 1 FROM information_schema.columns \
                 WHERE table_schema = ANY (current_schemas(false)) AND table_name || '.' || column_name = $1";
    for needed in NEEDED {
        if client.query_opt(query, &[&needed]).await?.is_none() {
            return Err(LoadError::NotMigrated(needed));
        }
    }
    Ok(())
}

/// A file cut at the end of a block looks whole; that most of the area is gone gives it away.
async fn refuse_shrinking(
    transaction: &Transaction<'_>,
    load: &Load,
    edges: u64,
) -> Result<(), LoadError> {
    let query =
        "SELECT count(*) FROM walk_edges JOIN areas ON areas.id = area_id WHERE areas.name = $1";
    let old: i64 = transaction.query_one(query, &[&load.name]).await?.get(0);
    let new = i64::try_from(edges).unwrap_or(i64::MAX);
    if load.allow_shrink || new * 2 >= old {
        return Ok(());
    }
    Err(LoadError::Shrunk {
        name: load.name.clone(),
        old,
        new,
    })
}

/// The area's generation, if it was loaded with the same digest.
async fn unchanged(
    client: &impl tokio_postgres::GenericClient,
    load: &Load,
) -> Result<Option<i64>, LoadError> {
    let query = "SELECT generation FROM areas WHERE name = $1 AND source_digest = $2";
    let row = client.query_opt(query, &[&load.name, &load.digest]).await?;
    Ok(row.map(|row| row.get(0)))
}
