//! The area and its places, which other tables refer to: they are brought up to date row by row.

use std::pin::pin;

use bytes::Bytes;
use chrono::DateTime;
use futures::SinkExt;
use serde_json::json;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, GenericClient, Transaction};

use super::corners::Corners;
use super::rows::{HEADER, Rows, TRAILER};
use super::{Load, LoadError, encode};
use crate::area::Polygon;
use crate::extract::{Place, Scan};

/// Count of the places that changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) written: u64,
    pub(crate) removed: u64,
    pub(crate) retired: u64,
}

/// Places whose rows are made at a time.
const PLACES_IN_BATCH: usize = 1000;

/// Brings the places of the area up to date.
pub(crate) async fn places(
    transaction: &Transaction<'_>,
    area: i32,
    places: &[Place],
) -> Result<Places, Error> {
    let staging = include_str!("sql/stage_places.sql");
    transaction.batch_execute(staging).await?;
    let batches = || places.chunks(PLACES_IN_BATCH);
    copy(transaction, "staged_pois", batches().map(encode::places)).await?;
    copy(transaction, "staged_themes", batches().map(encode::themes)).await?;
    let index = "ANALYZE staged_pois; CREATE INDEX ON staged_pois (id)";
    transaction.batch_execute(index).await?;
    let run = async |sql: &str| transaction.execute(sql, &[&area]).await;
    let written = run(include_str!("sql/upsert_pois.sql")).await?;
    let themes = include_str!("sql/replace_themes.sql");
    transaction.batch_execute(themes).await?;
    run(include_str!("sql/hand_over_pois.sql")).await?;
    let retired = run(include_str!("sql/retire_pois.sql")).await?;
    let removed = run(include_str!("sql/delete_pois.sql")).await?;
    let analyze = "ANALYZE pois, poi_interest_themes";
    transaction.batch_execute(analyze).await?;
    Ok(Places {
        written,
        removed,
        retired,
    })
}

/// Boundary of the area: the polygon given, or else a hull of its streets.
pub(crate) async fn boundary(
    client: &impl GenericClient,
    area: Option<&Polygon>,
    corners: Corners,
) -> Result<String, Error> {
    if let Some(area) = area {
        return Ok(area.to_wkt());
    }
    let (lons, lats, away) = corners.thinned();
    let hull = include_str!("sql/hull.sql");
    let row = client.query_one(hull, &[&lons, &lats, &away]).await?;
    Ok(row.get(0))
}

/// The number of the area, which a new one has from now on.
pub(crate) async fn area_id(client: &impl GenericClient, name: &str) -> Result<i32, Error> {
    let known = "SELECT id FROM areas WHERE name = $1";
    if let Some(row) = client.query_opt(known, &[&name]).await? {
        return Ok(row.get(0));
    }
    let next = "SELECT nextval(pg_get_serial_sequence('areas', 'id'))::integer";
    Ok(client.query_one(next, &[]).await?.get(0))
}

/// Creates or renews the row of the area; gives its generation.
pub(crate) async fn area(
    transaction: &Transaction<'_>,
    load: &Load,
    area: i32,
    boundary: &str,
    scan: &Scan,
    edges: u64,
) -> Result<i64, LoadError> {
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
    let counts = json!({ "places": scan.places.len(), "edges": edges, "report": scan.report });
    let values: [&(dyn ToSql + Sync); 8] = [
        &area,
        &load.name,
        &boundary,
        &load.digest,
        &timestamp,
        &counts,
        &load.source,
        &scan.scale.quantiles(),
    ];
    let row = transaction
        .query_one(include_str!("sql/upsert_area.sql"), &values)
        .await?;
    Ok(row.get(0))
}

async fn copy(
    transaction: &Transaction<'_>,
    table: &str,
    batches: impl Iterator<Item = Rows>,
) -> Result<(), Error> {
    let copy = format!("COPY {table} FROM STDIN (FORMAT binary)");
    let mut sink = pin!(transaction.copy_in::<_, Bytes>(&copy).await?);
    sink.send(HEADER.into()).await?;
    for rows in batches {
        sink.send(rows.0.into()).await?;
    }
    sink.send(TRAILER.into()).await?;
    sink.finish().await?;
    Ok(())
}
