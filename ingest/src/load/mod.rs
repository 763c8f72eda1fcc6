//! From a file into PostGIS. What is read goes into tables of its own, and changes hands in one short transaction at the
//! end: a load that fails or is killed leaves the old data whole.

mod corners;
mod encode;
mod ewkb;
mod incoming;
mod rows;
mod update;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;
use tokio_postgres::Client;
use wildside_dial::{Condemned, ConnectError, Target, dial, refuse_shared};

use self::encode::Encoder;
use self::incoming::{Senders, Strategy};
use crate::area::Polygon;
use crate::extract::{self, ExtractError, Progress, Scan};

/// Arguments of a load.
#[derive(Debug, Clone)]
pub struct Load {
    /// The file.
    pub file: PathBuf,
    /// Name of the area; one name, one place.
    pub name: String,
    /// Source of the data, for people.
    pub source: String,
    /// Only what is inside is loaded; `None`: all of the file.
    pub area: Option<Polygon>,
    /// True if the area may lose more than half of its streets.
    pub allow_shrink: bool,
    /// True if the data may be older than what the area has.
    pub allow_older: bool,
    /// Digest of the file and all that decides what is made of it; the same digest changes nothing.
    pub digest: String,
}

/// Outcome of a load.
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

/// Counts of what was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// Report of the reading.
    pub scan: Scan,
    /// Count of the edges.
    pub edges: u64,
    /// Changes in the database.
    pub change: Change,
}

/// Changes by a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Generation of the area from now on.
    pub generation: i64,
    /// Places that are new, or differ from what was known.
    pub places_written: u64,
    /// Places that are gone.
    pub places_removed: u64,
    /// Places that are gone from the map and kept for the walks that visited them.
    pub places_retired: u64,
}

/// Error of a load: nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is at fault.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// The database can't be reached, or refuses.
    #[error("can't connect to the database: {}", .0.with_remedy())]
    Connect(#[from] ConnectError),
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
    /// The area has newer data.
    #[error(
        "`{name}` has the data of {loaded} already, and the file is of {file}; to go back to it, add --allow-older"
    )]
    Older {
        /// The area.
        name: String,
        /// Time of its data.
        loaded: DateTime<Utc>,
        /// Time of the file's data.
        file: DateTime<Utc>,
    },
    /// The database failed on the way; nothing was changed.
    #[error("the database failed, nothing was changed: {0}")]
    Database(String),
}

impl From<tokio_postgres::Error> for LoadError {
    fn from(error: tokio_postgres::Error) -> Self {
        let cause = error.as_db_error().map(ToString::to_string);
        Self::Database(cause.unwrap_or_else(|| error.to_string()))
    }
}

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
    if !is_alone(&client).await? {
        begin("waiting for another load to end");
        let lock = "SELECT pg_advisory_lock(hashtext('wildside-ingest'))";
        client.execute(lock, &[]).await?;
    }
    if let Some(generation) = unchanged(&client, &load).await? {
        return Ok(Outcome::Unchanged { generation });
    }
    refuse_older(&client, &load, extract::timestamp(&load.file)?).await?;
    let loaded = replace(&mut client, url, &load, progress).await;
    if loaded.is_err() {
        // The next load would do it too, but these tables may be large.
        let _ = incoming::discard(&client).await;
    }
    Ok(Outcome::Loaded(Box::new(loaded?)))
}

/// Takes the lock of all loads, if nobody holds it: two loads at the same time would undo each other. It is held until the
/// connection ends.
async fn is_alone(client: &Client) -> Result<bool, LoadError> {
    let query = "SELECT pg_try_advisory_lock(hashtext('wildside-ingest'))";
    Ok(client.query_one(query, &[]).await?.get(0))
}

async fn replace(
    client: &mut Client,
    url: &str,
    load: &Load,
    progress: impl Fn(Progress) + Send + Sync + Clone + 'static,
) -> Result<Loaded, LoadError> {
    let begin = |name| progress(Progress::Stage { name, bytes: 0 });
    client
        .batch_execute(include_str!("sql/settings.sql"))
        .await?;
    let area = update::area_id(client, &load.name).await?;
    incoming::create(client).await?;
    let (fillings, senders) = incoming::open(url).await?;
    let reading = read(load, area, senders, progress.clone());
    let (filled, read) = tokio::join!(incoming::fill(fillings), reading);
    let ((scan, encoder), (filled, edges)) = (read?, filled?);
    refuse_older(client, load, scan.timestamp).await?;
    refuse_shrinking(client, load, edges).await?;

    begin("replacing the old data");
    let strategy = Strategy::choose(client, area, edges).await?;
    let mut transaction = client.transaction().await?;
    // Enrichment waits here, rather than where it would hold up what this transaction needs later.
    transaction
        .batch_execute("LOCK TABLE areas IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    let (tell, told) = oneshot::channel();
    let tables = incoming::prepare(filled, area, strategy, async { told.await.ok() });
    let update = async {
        let corners = encoder.into_corners();
        let boundary = update::boundary(&transaction, load.area.as_ref(), corners).await?;
        let generation = update::area(&transaction, load, area, &boundary, &scan, edges).await?;
        let _ = tell.send(boundary);
        let places = update::places(&transaction, area, &scan.places).await?;
        Ok((generation, places))
    };
    let tables = async { tables.await.map_err(LoadError::from) };
    let ((), (generation, places)) = tokio::try_join!(tables, update)?;
    let waiting = || begin("waiting for somebody who reads the old data");
    incoming::take_over(&mut transaction, area, strategy, waiting).await?;
    transaction.commit().await?;
    Ok(Loaded {
        scan,
        edges,
        change: Change {
            generation,
            places_written: places.written,
            places_removed: places.removed,
            places_retired: places.retired,
        },
    })
}

/// Reads the file on threads of its own, which hand over rows as they go.
async fn read(
    load: &Load,
    area: i32,
    senders: Senders,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<(Scan, Encoder), ExtractError> {
    let (file, polygon) = (load.file.clone(), load.area.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let encoder = Encoder::new(area);
        let send = |batch| {
            for (table, rows) in encoder.encode(&batch) {
                senders.send(table, rows);
            }
        };
        let scan = extract::scan(&file, polygon.as_ref(), &send, &progress)?;
        Ok((scan, encoder))
    });
    reading
        .await
        .unwrap_or_else(|fault| std::panic::resume_unwind(fault.into_panic()))
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
/// [`LoadError::Connect`], after some seconds for each host at the latest.
pub async fn connect(url: &str) -> Result<Client, LoadError> {
    // Carried until the client is dropped; a fault of the connection is met by the next query.
    let target = Target::parse(url)?;
    // Temporary tables, locks and settings of a load belong to its session.
    refuse_shared(&target).await?;
    let client = dial(&target, &Condemned::default()).await?.client;
    client
        .batch_execute(include_str!(
            "../../../migrations/sql/add_extensions_to_path.sql"
        ))
        .await?;
    Ok(client)
}

async fn require_migrations(client: &Client) -> Result<(), LoadError> {
    const NEEDED: [&str; 7] = [
        "base_overviews.name",
        "areas.popularity_quantiles",
        "pois.narrative_source",
        "walk_edges.price_percent",
        "walk_edges.hours",
        "walk_edges.one_way",
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

/// Refuses a file whose data, as far as `seconds` since 1970 tell it, is older than that of the area.
async fn refuse_older(client: &Client, load: &Load, seconds: Option<i64>) -> Result<(), LoadError> {
    let query =
        "SELECT source_timestamp FROM areas WHERE name = $1 AND source_timestamp IS NOT NULL";
    let loaded = client.query_opt(query, &[&load.name]).await?;
    let loaded: Option<DateTime<Utc>> = loaded.map(|row| row.get(0));
    match (
        loaded,
        seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
    ) {
        (Some(loaded), Some(file)) if file < loaded && !load.allow_older => Err(LoadError::Older {
            name: load.name.clone(),
            loaded,
            file,
        }),
        _ => Ok(()),
    }
}

/// A file cut at the end of a block looks whole; that most of the area is gone gives it away.
async fn refuse_shrinking(client: &Client, load: &Load, edges: u64) -> Result<(), LoadError> {
    let query =
        "SELECT count(*) FROM walk_edges JOIN areas ON areas.id = area_id WHERE areas.name = $1";
    let old: i64 = client.query_one(query, &[&load.name]).await?.get(0);
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
async fn unchanged(client: &Client, load: &Load) -> Result<Option<i64>, LoadError> {
    let query = "SELECT generation FROM areas WHERE name = $1 AND source_digest = $2";
    let row = client.query_opt(query, &[&load.name, &load.digest]).await?;
    Ok(row.map(|row| row.get(0)))
}
