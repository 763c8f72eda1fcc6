//! `pois`: places that may become stops.

use std::sync::Arc;

use diesel::sql_types::{Array, BigInt, Double, Float4, Nullable, Text, Uuid as SqlUuid};
use diesel::{ExpressionMethods, QueryDsl, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use wildside_engine::hours::Hours;
use wildside_engine::places::{KindId, ThemeId, catalogue};
use wildside_engine::{Poi, Point};

use crate::db::prepared::Prepared;
use crate::db::{Connection, schema};

/// One theme of a place.
#[derive(Debug, QueryableByName)]
struct ThemeOfPlace {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Double)]
    lon: f64,
    #[diesel(sql_type = Double)]
    lat: f64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Float4)]
    popularity: f32,
    #[diesel(sql_type = Nullable<Text>)]
    opening_hours: Option<String>,
    #[diesel(sql_type = SqlUuid)]
    theme_id: Uuid,
    #[diesel(sql_type = Float4)]
    weight: f32,
}

/// All places within so many metres, by id.
pub async fn near(connection: &mut Connection, here: Point, metres: f64) -> QueryResult<Vec<Poi>> {
    let query = diesel::sql_query(include_str!("places_near.sql"))
        .bind::<Double, _>(here.lon)
        .bind::<Double, _>(here.lat)
        .bind::<Double, _>(metres);
    let rows: Vec<ThemeOfPlace> = Prepared(query).load(connection).await?;
    let places = rows.chunk_by(|one, next| one.id == next.id);
    Ok(places.filter_map(to_poi).collect())
}

/// The place of these rows; `None` if its kind is unknown to this release.
fn to_poi(themes: &[ThemeOfPlace]) -> Option<Poi> {
    let place = themes.first()?;
    let Some(kind) = catalogue().kind_by_name(&place.kind) else {
        tracing::warn!(
            poi.id = place.id,
            kind = place.kind,
            "place of an unknown kind left out"
        );
        return None;
    };
    Some(Poi {
        id: place.id,
        location: Point::new(place.lon, place.lat),
        kind,
        themes: themes
            .iter()
            .map(|theme| (ThemeId(theme.theme_id), theme.weight))
            .collect(),
        popularity: place.popularity,
        hours: hours(kind, place.opening_hours.as_deref()),
    })
}

/// Hours of a place that is entered, if they can be read.
fn hours(kind: KindId, text: Option<&str>) -> Option<Arc<Hours>> {
    let is_entered = catalogue().kind(kind).is_some_and(|kind| kind.entered);
    let hours = text.filter(|_| is_entered).and_then(Hours::parse);
    hours.map(Arc::new)
}

/// Position of a place.
#[derive(Debug, QueryableByName)]
pub struct Position {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Double)]
    pub lon: f64,
    #[diesel(sql_type = Double)]
    pub lat: f64,
}

/// Positions of those of the places that are there.
pub async fn positions(connection: &mut Connection, ids: &[i64]) -> QueryResult<Vec<Position>> {
    Prepared(
        diesel::sql_query(
            "SELECT id, ST_X(location::geometry) AS lon, ST_Y(location::geometry) AS lat \
             FROM pois WHERE id = ANY($1) AND removed_at IS NULL",
        )
        .bind::<Array<BigInt>, _>(ids),
    )
    .load(connection)
    .await
}

/// Count of all places.
pub async fn count(connection: &mut Connection) -> QueryResult<i64> {
    schema::pois::table
        .filter(schema::pois::removed_at.is_null())
        .count()
        .get_result(connection)
        .await
}
