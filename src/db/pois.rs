//! `pois`: places that may become stops.

use diesel::sql_types::{Array, BigInt, Double, Float4, Nullable, Text, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use wildside_engine::places::{ThemeId, catalogue};
use wildside_engine::{Poi, Point};

use super::prepared::Prepared;
use super::{Connection, schema};
use crate::route_params::RouteParams;

/// As many places as the engine may have to look at. Where there are more, each theme sends its best.
const MAX_CANDIDATES: i64 = 1000;

/// A place within reach, with the themes for which it was chosen.
#[derive(Debug, QueryableByName)]
struct Candidate {
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
    #[diesel(sql_type = Array<SqlUuid>)]
    themes: Vec<Uuid>,
    #[diesel(sql_type = Array<Float4>)]
    weights: Vec<f32>,
}

/// The places that a walk may visit: within reach, of the themes asked for, still there.
///
/// Each theme ranks its places by weight, by how well their popularity suits the bias, and by nearness; the places
/// are taken rank by rank, so that a theme with many does not push out one with few.
pub async fn candidates(
    connection: &mut Connection,
    params: &RouteParams,
) -> QueryResult<Vec<Poi>> {
    let (start, end) = (params.start(), params.end());
    let query = diesel::sql_query(include_str!("candidates.sql"))
        .bind::<Double, _>(start.lon)
        .bind::<Double, _>(start.lat)
        .bind::<Nullable<Double>, _>(end.map(|end| end.lon))
        .bind::<Nullable<Double>, _>(end.map(|end| end.lat))
        .bind::<Double, _>(params.reach_metres())
        .bind::<Array<SqlUuid>, _>(params.themes())
        .bind::<Double, _>(params.popularity_bias())
        .bind::<BigInt, _>(MAX_CANDIDATES);
    let rows: Vec<Candidate> = Prepared(query).load(connection).await?;
    Ok(rows.into_iter().filter_map(Candidate::into_poi).collect())
}

/// How many places there are.
pub async fn count(connection: &mut Connection) -> QueryResult<i64> {
    use diesel::{ExpressionMethods, QueryDsl};
    schema::pois::table
        .filter(schema::pois::removed_at.is_null())
        .count()
        .get_result(connection)
        .await
}

impl Candidate {
    /// `None` if its kind is unknown to this release.
    fn into_poi(self) -> Option<Poi> {
        let Some(kind) = catalogue().kind_by_name(&self.kind) else {
            tracing::warn!(
                poi.id = self.id,
                kind = self.kind,
                "place of an unknown kind left out"
            );
            return None;
        };
        let themes = self.themes.into_iter().map(ThemeId);
        Some(Poi {
            id: self.id,
            location: Point::new(self.lon, self.lat),
            kind,
            themes: themes.zip(self.weights).collect(),
            popularity: self.popularity,
        })
    }
}
