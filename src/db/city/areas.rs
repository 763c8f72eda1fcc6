//! `areas`: the extracts that are loaded.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer, Text};
use diesel_async::RunQueryDsl;
use geo::{BoundingRect, Intersects, MultiPolygon, Rect, coord};
use serde::{Deserialize, Serialize};
use wildside_engine::{Point, bounding_box};

use crate::db::Connection;
use crate::db::prepared::Prepared;
use crate::db::schema::areas;

/// A loaded extract and what it covers.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Area {
    #[diesel(embed)]
    pub state: AreaState,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    boundary: Boundary,
}

/// Version of an area's data. Whatever changes its places, streets or boundary gives it a new generation.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Queryable,
    QueryableByName,
    Selectable,
    Serialize,
    Deserialize,
)]
#[diesel(table_name = areas, check_for_backend(Pg))]
pub struct AreaState {
    #[diesel(sql_type = Integer)]
    pub id: i32,
    #[diesel(sql_type = BigInt)]
    pub generation: i64,
}

impl AreaState {
    /// Those of all areas, by id.
    pub async fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        areas::table
            .order(areas::id)
            .select(Self::as_select())
            .load(connection)
            .await
    }
}

impl Area {
    /// All areas, by id.
    pub async fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        diesel::sql_query(
            "SELECT id, generation, name, ST_AsGeoJSON(boundary) AS boundary FROM areas ORDER BY id",
        )
        .load(connection)
        .await
    }

    /// Test for a position inside or on the boundary.
    pub fn covers(&self, position: Point) -> bool {
        self.boundary.polygons.intersects(&coordinate(position))
    }

    /// Test for an area whose box comes within a distance of the position.
    pub fn is_within(&self, metres: f64, position: Point) -> bool {
        let (south_west, north_east) = bounding_box([position], metres);
        let around = Rect::new(coordinate(south_west), coordinate(north_east));
        self.boundary.rect.intersects(&around)
    }

    /// West, south, east and north of the box around the area.
    pub fn bbox(&self) -> [f64; 4] {
        let (low, high) = (self.boundary.rect.min(), self.boundary.rect.max());
        [low.x, low.y, high.x, high.y]
    }
}

fn coordinate(position: Point) -> geo::Coord {
    coord! { x: position.lon, y: position.lat }
}

/// Ground that an area covers, and the box around it.
#[derive(Debug, Clone, PartialEq, FromSqlRow)]
struct Boundary {
    polygons: MultiPolygon,
    rect: Rect,
}

impl FromSql<Text, Pg> for Boundary {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let geometry: geojson::Geometry = serde_json::from_slice(bytes.as_bytes())?;
        let polygons = MultiPolygon::try_from(geometry)?;
        let rect = polygons.bounding_rect().ok_or("an area covers nothing")?;
        Ok(Self { polygons, rect })
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
