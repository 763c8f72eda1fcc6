//! The walks of a user, in the order in which the user first asked for them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    BigInt, Bool, Double, Integer, Jsonb, Nullable, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use super::Connection;
use super::prepared::Prepared;

/// A walk in a list.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct MyRoute {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub requested_at: DateTime<Utc>,
    #[diesel(sql_type = Double)]
    pub distance_metres: f64,
    #[diesel(sql_type = Integer)]
    pub duration_seconds: i32,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub generation_params: Option<Value>,
    #[diesel(sql_type = Bool)]
    pub saved: bool,
}

impl MyRoute {
    /// Up to `limit` walks, newest first, beyond the one at `from`; `backwards`: oldest first.
    pub async fn page(
        connection: &mut Connection,
        user_id: Uuid,
        saved_only: bool,
        from: Option<(DateTime<Utc>, Uuid)>,
        backwards: bool,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let (beyond, order) = if backwards {
            (">", "ASC")
        } else {
            ("<", "DESC")
        };
        let (at, id) = from.unzip();
        Prepared(diesel::sql_query(format!(
            "SELECT id, requested_at, distance_metres, duration_seconds, saved, \
                    (SELECT params FROM route_requests WHERE route_id = routes.id AND user_id IS NOT DISTINCT FROM $1 \
                     ORDER BY route_requests.created_at DESC LIMIT 1) AS generation_params \
             FROM ( \
                 SELECT route_id AS id, min(created_at) AS requested_at, \
                        EXISTS (SELECT FROM saved_routes s WHERE s.user_id = $1 AND s.route_id = q.route_id) AS saved \
                 FROM route_requests q WHERE user_id = $1 AND route_id IS NOT NULL GROUP BY route_id) AS mine \
             JOIN routes USING (id) \
             WHERE (saved OR NOT $2) AND ($3 IS NULL OR (requested_at, id) {beyond} ($3, $4)) \
             ORDER BY requested_at {order}, id {order} LIMIT $5"
        ))
        .bind::<SqlUuid, _>(user_id)
        .bind::<Bool, _>(saved_only)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<BigInt, _>(limit))
        .load(connection)
        .await
    }
}
