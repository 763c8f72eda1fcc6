//! The walks of a user, in the order in which the user first asked for them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    BigInt, Bool, Double, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::Connection;
use crate::db::prepared::Prepared;

/// The walks of user $1, each by the request that was its first. Whatever says so is in the indexes, so that a page takes as
/// long as its rows, however many walks there are.
const FIRST_REQUESTS: &str = "SELECT route_id AS id, created_at AS requested_at FROM route_requests AS request \
     WHERE user_id = $1 AND route_id IS NOT NULL AND NOT repeated AND NOT EXISTS ( \
         SELECT FROM route_requests AS earlier \
         WHERE earlier.route_id = request.route_id AND earlier.user_id = $1 \
           AND (earlier.created_at, earlier.id) < (request.created_at, request.id))";
/// Those that the user has saved.
const SAVED: &str = "SELECT route_id AS id, coalesce(requested_at, saved_at) AS requested_at FROM saved_routes \
     WHERE user_id = $1";
/// No page is longer. The planner knows this number, as it does not a parameter, and so goes by the index.
const MOST_ROWS: i64 = 101;
/// Id of no route: beside a time without end it does not count.
const NO_ROUTE: Uuid = Uuid::nil();

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
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
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
        let (beyond, order, begin) = if backwards {
            (">", "ASC", "-infinity")
        } else {
            ("<", "DESC", "infinity")
        };
        let (at, id) = from.unzip();
        let walks = if saved_only { SAVED } else { FIRST_REQUESTS };
        Prepared(diesel::sql_query(format!(
            "SELECT id, requested_at, distance_metres, duration_seconds, \
                    (SELECT params FROM route_requests WHERE route_id = routes.id AND user_id = $1 \
                     ORDER BY route_requests.created_at DESC LIMIT 1) AS generation_params, \
                    (SELECT true FROM saved_routes WHERE user_id = $1 AND route_id = id) IS NOT NULL AS saved, \
                    (SELECT name FROM route_names WHERE user_id = $1 AND route_id = id) AS name \
             FROM (SELECT * FROM ({walks}) AS mine \
                   WHERE (requested_at, id) {beyond} (coalesce($2, '{begin}'), coalesce($3, '{NO_ROUTE}')) \
                   ORDER BY requested_at {order}, id {order} LIMIT {MOST_ROWS}) AS page JOIN routes USING (id) \
             ORDER BY requested_at {order}, id {order} LIMIT $4"
        ))
        .bind::<SqlUuid, _>(user_id)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<BigInt, _>(limit))
        .load(connection)
        .await
    }
}
