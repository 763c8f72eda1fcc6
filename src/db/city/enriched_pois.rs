//! `pois` and `poi_interest_themes`, as enrichment writes them.

use diesel::sql_types::{Array, BigInt, Double, Float4, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use wildside_engine::Point;

use crate::db::Connection;

/// A place as Overpass and the catalogue tell it.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrichedPoi {
    pub id: i64,
    pub location: Point,
    pub osm_tags: Value,
    pub kind: String,
    pub name: String,
    pub narrative: Option<String>,
    pub prominence: f32,
    pub popularity: f32,
    pub themes: Vec<(Uuid, f32)>,
}

#[derive(QueryableByName)]
struct Changes {
    #[diesel(sql_type = BigInt)]
    changes: i64,
}

/// Inserts or updates places of which no id comes twice, and answers how many were not so before. In two statements:
/// belongs into a transaction.
pub async fn upsert(connection: &mut Connection, pois: &[EnrichedPoi]) -> QueryResult<i64> {
    let of_pois = upsert_pois(connection, pois).await?;
    Ok(of_pois + replace_themes(connection, pois).await?)
}

async fn upsert_pois(connection: &mut Connection, pois: &[EnrichedPoi]) -> QueryResult<i64> {
    let changed: Changes = diesel::sql_query(include_str!("upsert_enriched_pois.sql"))
        .bind::<Array<BigInt>, _>(ids(pois))
        .bind::<Array<Double>, _>(column(pois, |poi| poi.location.lon))
        .bind::<Array<Double>, _>(column(pois, |poi| poi.location.lat))
        .bind::<Array<Jsonb>, _>(column(pois, |poi| poi.osm_tags.clone()))
        .bind::<Array<Text>, _>(column(pois, |poi| poi.kind.clone()))
        .bind::<Array<Text>, _>(column(pois, |poi| poi.name.clone()))
        .bind::<Array<Nullable<Text>>, _>(column(pois, |poi| poi.narrative.clone()))
        .bind::<Array<Float4>, _>(column(pois, |poi| poi.prominence))
        .bind::<Array<Float4>, _>(column(pois, |poi| poi.popularity))
        .get_result(connection)
        .await?;
    Ok(changed.changes)
}

async fn replace_themes(connection: &mut Connection, pois: &[EnrichedPoi]) -> QueryResult<i64> {
    let links = || {
        pois.iter().flat_map(|poi| {
            poi.themes
                .iter()
                .map(|(theme, weight)| (poi.id, *theme, *weight))
        })
    };
    let changed: Changes = diesel::sql_query(include_str!("replace_enriched_themes.sql"))
        .bind::<Array<BigInt>, _>(ids(pois))
        .bind::<Array<BigInt>, _>(links().map(|(poi, ..)| poi).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(links().map(|(_, theme, _)| theme).collect::<Vec<_>>())
        .bind::<Array<Float4>, _>(links().map(|(.., weight)| weight).collect::<Vec<_>>())
        .get_result(connection)
        .await?;
    Ok(changed.changes)
}

/// Takes away the places of a theme in a box that only enrichment knew and that a whole answer no longer has. Those that
/// a stored walk visits are kept for it.
pub async fn retire_missing(
    connection: &mut Connection,
    corners: (Point, Point),
    theme_id: Uuid,
    seen: &[EnrichedPoi],
) -> QueryResult<i64> {
    let changed: Changes = diesel::sql_query(include_str!("retire_enriched_pois.sql"))
        .bind::<Double, _>(corners.0.lon)
        .bind::<Double, _>(corners.0.lat)
        .bind::<Double, _>(corners.1.lon)
        .bind::<Double, _>(corners.1.lat)
        .bind::<SqlUuid, _>(theme_id)
        .bind::<Array<BigInt>, _>(ids(seen))
        .get_result(connection)
        .await?;
    Ok(changed.changes)
}

fn ids(pois: &[EnrichedPoi]) -> Vec<i64> {
    column(pois, |poi| poi.id)
}

fn column<T>(pois: &[EnrichedPoi], value: impl Fn(&EnrichedPoi) -> T) -> Vec<T> {
    pois.iter().map(value).collect()
}
