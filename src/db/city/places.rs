//! `pois` as readers see them.

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Double, Float4, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use wildside_engine::Point;
use wildside_engine::geo::Square;

use super::names::{NameLanguage, name_sql};
use crate::db::Connection;
use crate::db::prepared::Prepared;

/// A place with everything that is known of it.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Place {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Double)]
    pub lon: f64,
    #[diesel(sql_type = Double)]
    pub lat: f64,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub osm_tags: Option<Value>,
    #[diesel(sql_type = Nullable<Text>)]
    pub narrative: Option<String>,
    #[diesel(sql_type = Nullable<Float4>)]
    pub popularity_score: Option<f32>,
    #[diesel(sql_type = Array<SqlUuid>)]
    pub theme_ids: Vec<Uuid>,
}

const COLUMNS: &str = "id, kind, ST_X(location::geometry) AS lon, ST_Y(location::geometry) AS lat, osm_tags, narrative, \
    popularity_score, ARRAY(SELECT theme_id FROM poi_interest_themes WHERE poi_id = pois.id ORDER BY theme_id) AS theme_ids";

/// A box in degrees: west, south, east, north. It crosses the antimeridian where its west is greater than its east.
pub type BoundingBox = [f64; 4];

impl Place {
    /// The place, also one that is gone: walks have visited it.
    pub async fn find(
        connection: &mut Connection,
        id: i64,
        language: &NameLanguage,
    ) -> QueryResult<Option<Self>> {
        let name = name_sql("$2");
        Prepared(
            diesel::sql_query(format!(
                "SELECT {name} AS name, {COLUMNS} FROM pois WHERE id = $1"
            ))
            .bind::<BigInt, _>(id)
            .bind::<Array<Text>, _>(language.keys()),
        )
        .get_result(connection)
        .await
        .optional()
    }

    /// The most popular places in a box, of one theme or of any. In a box with thousands of places, these are chosen among
    /// the most popular of each square of a grid, so that no box costs more than another.
    pub async fn most_popular(
        connection: &mut Connection,
        bbox: BoundingBox,
        theme_id: Option<Uuid>,
        limit: i64,
        language: &NameLanguage,
    ) -> QueryResult<Vec<Self>> {
        let [west, south, east, north] = bbox;
        if west <= east {
            return Self::most_popular_between(connection, bbox, theme_id, limit, language).await;
        }
        let mut places = Vec::new();
        for part in [[west, south, 180.0, north], [-180.0, south, east, north]] {
            places.extend(
                Self::most_popular_between(connection, part, theme_id, limit, language).await?,
            );
        }
        let score = |place: &Self| place.popularity_score.unwrap_or(-1.0);
        places.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.id.cmp(&b.id)));
        places.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(places)
    }

    async fn most_popular_between(
        connection: &mut Connection,
        bbox: BoundingBox,
        theme_id: Option<Uuid>,
        limit: i64,
        language: &NameLanguage,
    ) -> QueryResult<Vec<Self>> {
        let [west, south, east, north] = bbox;
        let Squares { cells, regions } = Squares::covering(bbox);
        let squares = (cells.len() + regions.len()).max(1);
        let of_each = limit.max(CANDIDATES / squares as i64);
        let query = diesel::sql_query(include_str!("places_in_box.sql"))
            .bind::<Double, _>(west)
            .bind::<Double, _>(south)
            .bind::<Double, _>(east)
            .bind::<Double, _>(north)
            .bind::<Nullable<SqlUuid>, _>(theme_id)
            .bind::<BigInt, _>(limit)
            .bind::<Array<Integer>, _>(cells)
            .bind::<Array<Integer>, _>(regions)
            .bind::<BigInt, _>(of_each)
            .bind::<Array<Text>, _>(language.keys());
        Prepared(query).load(connection).await
    }
}

/// Places of a crowd that are looked at, or as many of each square as are wanted.
const CANDIDATES: i64 = 4096;
/// Cells into which a box is divided at most; a larger one is divided into regions.
const MOST_CELLS: usize = 256;

/// Ids of the squares that a box touches, of the finer grid if they are not too many.
#[derive(Debug, Default)]
struct Squares {
    cells: Vec<i32>,
    regions: Vec<i32>,
}

/// A square as `poi_cell` numbers it.
type PlaceCell = Square<15>;
/// A square as `poi_region` numbers it. The largest box touches thirty of them at 60° north, and some hundred at most.
type PlaceRegion = Square<9>;

impl Squares {
    fn covering([west, south, east, north]: BoundingBox) -> Self {
        let corners = (Point::new(west, south), Point::new(east, north));
        if PlaceCell::count(corners.0, corners.1) <= MOST_CELLS {
            let cells = PlaceCell::covering(corners.0, corners.1);
            return Self {
                cells: cells.into_iter().map(PlaceCell::id).collect(),
                ..Self::default()
            };
        }
        let regions = PlaceRegion::covering(corners.0, corners.1);
        Self {
            regions: regions.into_iter().map(PlaceRegion::id).collect(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_box_has_more_than_some_hundred_squares() {
        for south in -90..=88 {
            for (west, width) in [(-180.0, 2.0), (7.4, 0.05), (7.4, 0.2), (178.0, 2.0)] {
                let south = f64::from(south);
                let Squares { cells, regions } =
                    Squares::covering([west, south, west + width, south + width]);
                let both = (cells.len(), regions.len());
                assert!(both.0 <= 256 && both.1 <= 256, "{both:?} at {south}");
                assert!((both.0 == 0) != (both.1 == 0), "{both:?} at {south}");
            }
        }
    }
}
