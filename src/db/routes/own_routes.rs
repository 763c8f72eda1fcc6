//! `route_names`, and removal of a walk from the list of one user.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::unseen_routes;
use crate::db::Connection;
use crate::db::schema::route_names;

/// Gives the walk a name of the user's, or with `None` takes it away.
pub async fn rename(
    connection: &mut Connection,
    user_id: Uuid,
    route_id: Uuid,
    name: Option<&str>,
) -> QueryResult<usize> {
    let Some(name) = name else {
        return diesel::delete(route_names::table.find((user_id, route_id)))
            .execute(connection)
            .await;
    };
    diesel::insert_into(route_names::table)
        .values((
            route_names::user_id.eq(user_id),
            route_names::route_id.eq(route_id),
            route_names::name.eq(name),
        ))
        .on_conflict((route_names::user_id, route_names::route_id))
        .do_update()
        .set(route_names::name.eq(name))
        .execute(connection)
        .await
}

/// Removes up to `limit` of the user's requests that ended in the walk, and with the last of them all that the user has left
/// on it; a walk that nobody else sees is deleted. Answers how many requests went: fewer than `limit` were the last.
///
/// The caller has locked the user in the same transaction, as whoever writes about a walk does.
pub async fn remove(
    connection: &mut Connection,
    user_id: Uuid,
    route_id: Uuid,
    limit: i64,
) -> QueryResult<usize> {
    // Repetitions first: as long as a first request is left, the walk is in the list.
    let requests = diesel::sql_query(
        "DELETE FROM route_requests WHERE id = ANY (ARRAY( \
             SELECT id FROM route_requests WHERE route_id = $2 AND user_id = $1 \
             ORDER BY repeated DESC, created_at DESC LIMIT $3))",
    )
    .bind::<SqlUuid, _>(user_id)
    .bind::<SqlUuid, _>(route_id)
    .bind::<BigInt, _>(limit)
    .execute(connection)
    .await?;
    if requests as i64 == limit {
        return Ok(requests);
    }
    for table in [
        "shared_routes",
        "route_names",
        "saved_routes",
        "route_progress",
        "route_notes",
    ] {
        diesel::sql_query(format!(
            "DELETE FROM {table} WHERE user_id = $1 AND route_id = $2"
        ))
        .bind::<SqlUuid, _>(user_id)
        .bind::<SqlUuid, _>(route_id)
        .execute(connection)
        .await?;
    }
    if unseen_routes::delete(connection, &[route_id]).await? == 0 {
        disown(connection, user_id, route_id).await?;
    }
    Ok(requests)
}

/// Takes the user's name from a walk that others see, and of its time all but the day.
async fn disown(connection: &mut Connection, user_id: Uuid, route_id: Uuid) -> QueryResult<usize> {
    diesel::sql_query(
        "UPDATE routes SET user_id = NULL, created_at = date_trunc('day', created_at, 'UTC') \
         WHERE id = $2 AND user_id = $1",
    )
    .bind::<SqlUuid, _>(user_id)
    .bind::<SqlUuid, _>(route_id)
    .execute(connection)
    .await
}
