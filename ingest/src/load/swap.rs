//! The staged data takes the place of the old.

use chrono::DateTime;
use serde_json::Value;
use tokio_postgres::Transaction;
use tokio_postgres::types::ToSql;

use super::{Load, LoadError};
use crate::extract::Scan;

/// What a load changed.
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

/// Moves the staged rows into the tables, as one area.
pub(crate) async fn swap(
    transaction: &Transaction<'_>,
    load: &Load,
    scan: &Scan,
    counts: &Value,
) -> Result<Change, LoadError> {
    let (area, generation) = area(transaction, load, scan, counts).await?;
    let run = async |sql: &str| transaction.execute(sql, &[&area]).await;
    transaction
        .batch_execute("ANALYZE staged_pois; CREATE INDEX ON staged_pois (id)")
        .await?;
    run(include_str!("sql/delete_edges.sql")).await?;
    run(include_str!("sql/delete_nodes.sql")).await?;
    run(include_str!("sql/insert_edges.sql")).await?;
    run(include_str!("sql/insert_nodes.sql")).await?;
    // Several statements take no parameters; the id is a number of our own.
    for sql in [
        include_str!("sql/replace_base.sql"),
        include_str!("sql/insert_sea.sql"),
    ] {
        let sql = sql.replace("{area}", &area.to_string());
        transaction.batch_execute(&sql).await?;
    }
    let places_written = run(include_str!("sql/upsert_pois.sql")).await?;
    transaction
        .batch_execute(include_str!("sql/replace_themes.sql"))
        .await?;
    run(include_str!("sql/hand_over_pois.sql")).await?;
    let places_retired = run(include_str!("sql/retire_pois.sql")).await?;
    let places_removed = run(include_str!("sql/delete_pois.sql")).await?;
    Ok(Change {
        generation,
        places_written,
        places_removed,
        places_retired,
    })
}

/// Creates or renews the row of the area; gives its id and generation.
async fn area(
    transaction: &Transaction<'_>,
    load: &Load,
    scan: &Scan,
    counts: &Value,
) -> Result<(i32, i64), LoadError> {
    let boundary: String = match &load.area {
        Some(area) => area.to_wkt(),
        None => transaction
            .query_one(include_str!("sql/hull.sql"), &[])
            .await?
            .get(0),
    };
    let elsewhere = "SELECT 1 FROM areas WHERE name = $1 AND NOT ST_Intersects(boundary, ST_GeomFromText($2, 4326))";
    if transaction
        .query_opt(elsewhere, &[&load.name, &boundary])
        .await?
        .is_some()
    {
        return Err(LoadError::NameTaken(load.name.clone()));
    }
    let timestamp = scan
        .timestamp
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let values: [&(dyn ToSql + Sync); 7] = [
        &load.name,
        &boundary,
        &load.digest,
        &timestamp,
        counts,
        &load.source,
        &scan.scale.quantiles(),
    ];
    let row = transaction
        .query_one(include_str!("sql/upsert_area.sql"), &values)
        .await?;
    Ok((row.get(0), row.get(1)))
}
