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
        let around = boxes(bounding_box([position], metres));
        let rects = &self.boundary.rects;
        around
            .iter()
            .any(|part| rects.iter().any(|rect| rect.intersects(part)))
    }

    /// West, south, east and north of the box around the area. Where it crosses the antimeridian its west is greater than its
    /// east (RFC 7946, 5.2).
    pub fn bbox(&self) -> [f64; 4] {
        let rects = &self.boundary.rects;
        let south = rects.iter().map(|rect| rect.min().y).fold(90.0, f64::min);
        let north = rects.iter().map(|rect| rect.max().y).fold(-90.0, f64::max);
        let west = |rects: &[Rect]| rects.iter().map(|rect| rect.min().x).fold(180.0, f64::min);
        let east = |rects: &[Rect]| rects.iter().map(|rect| rect.max().x).fold(-180.0, f64::max);
        if west(rects) > -180.0 || east(rects) < 180.0 {
            return [west(rects), south, east(rects), north];
        }
        let (eastern, western): (Vec<Rect>, Vec<Rect>) =
            rects.iter().partition(|rect| rect.center().x > 0.0);
        [west(&eastern), south, east(&western), north]
    }
}

/// A box as one in degrees, or two where it crosses the antimeridian.
fn boxes((south_west, north_east): (Point, Point)) -> Vec<Rect> {
    let (low, high) = (coordinate(south_west), coordinate(north_east));
    if low.x <= high.x {
        return vec![Rect::new(low, high)];
    }
    vec![
        Rect::new(low, coord! { x: 180.0, y: high.y }),
        Rect::new(coord! { x: -180.0, y: low.y }, high),
    ]
}

fn coordinate(position: Point) -> geo::Coord {
    coord! { x: position.lon, y: position.lat }
}

/// Ground that an area covers, and the boxes around its parts.
#[derive(Debug, Clone, PartialEq, FromSqlRow)]
struct Boundary {
    polygons: MultiPolygon,
    rects: Vec<Rect>,
}

impl FromSql<Text, Pg> for Boundary {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let geometry: geojson::Geometry = serde_json::from_slice(bytes.as_bytes())?;
        let polygons = MultiPolygon::try_from(geometry)?;
        let rects: Vec<Rect> = polygons
            .iter()
            .filter_map(BoundingRect::bounding_rect)
            .collect();
        if rects.is_empty() {
            return Err("an area covers nothing".into());
        }
        Ok(Self { polygons, rects })
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
    // The index orders by degrees, which are not the same length in both directions: the nearest few are measured. It is
    // asked on both sides of the antimeridian.
    let query = diesel::sql_query(
        "SELECT min(ST_Distance(geom::geography, ST_MakePoint($1, $2)::geography)) AS metres \
         FROM (VALUES ($1), ($1 - 360 * sign($1))) AS side (lon), LATERAL ( \
             SELECT geom FROM walk_edges, ST_SetSRID(ST_MakePoint(lon, $2), 4326) AS here \
             WHERE geom && ST_Expand(here, 0.02 / greatest(cos(radians($2)), 0.01), 0.02) \
             ORDER BY geom <-> here LIMIT 8) AS near",
    )
    .bind::<Double, _>(position.lon)
    .bind::<Double, _>(position.lat);
    let nearest: Nearest = Prepared(query).get_result(connection).await?;
    Ok(nearest.metres)
}
