//! `areas`: the extracts that are loaded.

use diesel::QueryResult;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Double, Integer, Text};
use diesel_async::RunQueryDsl;
use wildside_engine::Point;

use super::Connection;
use super::prepared::Prepared;

/// A loaded extract and the box around it.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Area {
    #[diesel(sql_type = Integer)]
    pub id: i32,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    pub generation: i64,
    #[diesel(sql_type = Double)]
    pub west: f64,
    #[diesel(sql_type = Double)]
    pub south: f64,
    #[diesel(sql_type = Double)]
    pub east: f64,
    #[diesel(sql_type = Double)]
    pub north: f64,
}

impl Area {
    /// All loaded extracts.
    pub async fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        diesel::sql_query(
            "SELECT id, name, generation, ST_XMin(boundary) AS west, ST_YMin(boundary) AS south, \
                    ST_XMax(boundary) AS east, ST_YMax(boundary) AS north \
             FROM areas ORDER BY id",
        )
        .load(connection)
        .await
    }
}

/// A state of the data that a walk may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct AreaState {
    #[diesel(sql_type = Integer)]
    pub id: i32,
    #[diesel(sql_type = BigInt)]
    pub generation: i64,
    /// Whether the start itself is inside.
    #[diesel(sql_type = Bool)]
    pub covers_start: bool,
}

impl AreaState {
    /// The areas that come within `reach_metres` of `start`, by id.
    pub async fn within_reach(
        connection: &mut Connection,
        start: Point,
        reach_metres: f64,
    ) -> QueryResult<Vec<Self>> {
        let query = diesel::sql_query(
            "SELECT id, generation, ST_Covers(boundary, position) AS covers_start \
             FROM areas, ST_SetSRID(ST_MakePoint($1, $2), 4326) AS position \
             WHERE boundary && ST_Expand(position, $3 / 111320 / greatest(cos(radians($2)), 0.01), $3 / 111320) \
             ORDER BY id",
        )
        .bind::<Double, _>(start.lon)
        .bind::<Double, _>(start.lat)
        .bind::<Double, _>(reach_metres);
        Prepared(query).load(connection).await
    }
}

/// Metres from a position to the nearest way that a pedestrian may use, if there is one within about two kilometres.
pub async fn metres_to_walkable_way(
    connection: &mut Connection,
    position: Point,
) -> QueryResult<Option<f64>> {
    #[derive(QueryableByName)]
    struct Nearest {
        #[diesel(sql_type = diesel::sql_types::Nullable<Double>)]
        metres: Option<f64>,
    }
    // The index orders by degrees, which are not the same length in both directions: the nearest few are measured.
    let query = diesel::sql_query(
        "SELECT min(ST_Distance(geom::geography, here::geography)) AS metres FROM ( \
             SELECT geom, here FROM walk_edges, ST_SetSRID(ST_MakePoint($1, $2), 4326) AS here \
             WHERE geom && ST_Expand(here, 0.02 / greatest(cos(radians($2)), 0.01), 0.02) \
             ORDER BY geom <-> here LIMIT 8) AS near",
    )
    .bind::<Double, _>(position.lon)
    .bind::<Double, _>(position.lat);
    let nearest: Nearest = Prepared(query).get_result(connection).await?;
    Ok(nearest.metres)
}
