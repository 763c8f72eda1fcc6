//! `pois` as readers see them.

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Float4, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use super::Connection;
use super::prepared::Prepared;

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

const COLUMNS: &str = "id, name, kind, ST_X(location::geometry) AS lon, ST_Y(location::geometry) AS lat, osm_tags, narrative, \
    popularity_score, ARRAY(SELECT theme_id FROM poi_interest_themes WHERE poi_id = pois.id ORDER BY theme_id) AS theme_ids";

/// A box in degrees: west, south, east, north.
pub type BoundingBox = [f64; 4];

impl Place {
    /// The place, also one that is gone: walks have visited it.
    pub async fn find(connection: &mut Connection, id: i64) -> QueryResult<Option<Self>> {
        Prepared(
            diesel::sql_query(format!("SELECT {COLUMNS} FROM pois WHERE id = $1"))
                .bind::<BigInt, _>(id),
        )
        .get_result(connection)
        .await
        .optional()
    }

    /// The most popular places in a box, of one theme or of any.
    pub async fn most_popular(
        connection: &mut Connection,
        [west, south, east, north]: BoundingBox,
        theme_id: Option<Uuid>,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        Prepared(diesel::sql_query(format!(
            "SELECT {COLUMNS} FROM pois \
             WHERE location && ST_MakeEnvelope($1, $2, $3, $4, 4326)::geography \
               AND location::geometry && ST_MakeEnvelope($1, $2, $3, $4, 4326) AND removed_at IS NULL \
               AND ($5 IS NULL OR EXISTS (SELECT FROM poi_interest_themes WHERE poi_id = pois.id AND theme_id = $5)) \
             ORDER BY popularity_score DESC NULLS LAST, id LIMIT $6"
        ))
        .bind::<Double, _>(west)
        .bind::<Double, _>(south)
        .bind::<Double, _>(east)
        .bind::<Double, _>(north)
        .bind::<Nullable<SqlUuid>, _>(theme_id)
        .bind::<BigInt, _>(limit))
        .load(connection)
        .await
    }
}
