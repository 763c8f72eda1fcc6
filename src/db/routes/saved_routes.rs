//! `saved_routes`: the walks that users want to keep.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::Connection;
use crate::db::schema::{route_requests, routes, saved_routes};

/// Test that the user has saved the route.
pub async fn is_saved(
    connection: &mut Connection,
    user_id: Uuid,
    route_id: Uuid,
) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        saved_routes::table.find((user_id, route_id)),
    ))
    .get_result(connection)
    .await
}

/// Saves the route for the user, once.
pub async fn save(
    connection: &mut Connection,
    user_id: Uuid,
    route_id: Uuid,
) -> QueryResult<usize> {
    diesel::sql_query(
        "INSERT INTO saved_routes (user_id, route_id, requested_at) \
         SELECT $1, $2, min(created_at) FROM route_requests WHERE route_id = $2 AND user_id = $1 \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(user_id)
    .bind::<SqlUuid, _>(route_id)
    .execute(connection)
    .await
}

/// Takes that back.
pub async fn forget(
    connection: &mut Connection,
    user_id: Uuid,
    route_id: Uuid,
) -> QueryResult<usize> {
    diesel::delete(saved_routes::table.find((user_id, route_id)))
        .execute(connection)
        .await
}

/// Test that anybody has saved the route.
pub async fn has_savers(connection: &mut Connection, route_id: Uuid) -> QueryResult<bool> {
    let savers = saved_routes::table.filter(saved_routes::route_id.eq(route_id));
    diesel::select(diesel::dsl::exists(savers))
        .get_result(connection)
        .await
}

/// Those of the routes that anybody has saved.
pub async fn saved_of(connection: &mut Connection, route_ids: &[Uuid]) -> QueryResult<Vec<Uuid>> {
    saved_routes::table
        .filter(saved_routes::route_id.eq_any(route_ids))
        .select(saved_routes::route_id)
        .distinct()
        .load(connection)
        .await
}

/// Time until which the route answers requests that name no departure; `None`: as long as its data are current.
pub async fn same_until(
    connection: &mut Connection,
    route_id: Uuid,
) -> QueryResult<Option<DateTime<Utc>>> {
    let until = sql::<Nullable<Timestamptz>>("(details ->> 'same_until')::timestamptz");
    let until = routes::table.find(route_id).select(until);
    Ok(until.first(connection).await.optional()?.flatten())
}

/// The cache keys of the requests that the route answered.
pub async fn cache_keys(connection: &mut Connection, route_id: Uuid) -> QueryResult<Vec<String>> {
    route_requests::table
        .filter(route_requests::route_id.eq(route_id))
        .select(route_requests::cache_key)
        .distinct()
        .limit(20)
        .load(connection)
        .await
}
