//! Accounts that were deleted: gone for everybody at once, and removed bit by bit.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::Connection;
use crate::db::routes::unseen_routes;
use crate::db::schema::users;

/// Grace period: requests under way when the account was deleted have ended by then, and write nothing any more.
const SETTLED: &str = "users.deleted_at < now() - interval '1 minute'";

/// Deletes the account, and says whether there was one. The statement is short, whatever the account has: no name,
/// password, preference or login session is left, and the name is free for others. [`remove_batch`] removes the rest.
pub async fn mark(connection: &mut Connection, id: Uuid) -> QueryResult<bool> {
    let marked = diesel::sql_query(include_str!("mark_deleted_account.sql"))
        .bind::<SqlUuid, _>(id)
        .execute(connection)
        .await?;
    Ok(marked == 1)
}

/// Deleted accounts of which something is left, the first first.
pub async fn waiting(connection: &mut Connection, limit: i64) -> QueryResult<Vec<Uuid>> {
    users::table
        .filter(users::deleted_at.is_not_null())
        .order(users::deleted_at)
        .limit(limit)
        .select(users::id)
        .load(connection)
        .await
}

/// Removes up to `limit` rows of one kind, and answers how many. 0: none is left.
///
/// Walks that nobody else can see go with their requests; others lose what tells who walked and when.
pub async fn remove_batch(connection: &mut Connection, id: Uuid, limit: i64) -> QueryResult<usize> {
    let requests = connection
        .transaction(async |connection| take_requests(connection, id, limit).await)
        .await?;
    if requests > 0 {
        return Ok(requests);
    }
    let walks = connection
        .transaction(async |connection| let_go_of_walks(connection, id, limit).await)
        .await?;
    if walks > 0 {
        return Ok(walks);
    }
    for table in [
        "shared_routes",
        "route_names",
        "saved_routes",
        "route_progress",
        "route_notes",
        "idempotency_keys",
    ] {
        let removed = diesel::sql_query(format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY( \
                 SELECT ctid FROM {table} WHERE user_id = $1 LIMIT $2 FOR UPDATE SKIP LOCKED))"
        ))
        .bind::<SqlUuid, _>(id)
        .bind::<BigInt, _>(limit)
        .execute(connection)
        .await?;
        if removed > 0 {
            return Ok(removed);
        }
    }
    Ok(0)
}

/// Removes the account itself, once there is nothing else and nothing can come any more; says whether it is gone.
pub async fn finish(connection: &mut Connection, id: Uuid) -> QueryResult<bool> {
    let removed = diesel::sql_query(format!(
        "DELETE FROM users WHERE id = $1 AND {SETTLED} \
             AND NOT EXISTS (SELECT FROM route_requests WHERE user_id = $1) \
             AND NOT EXISTS (SELECT FROM routes WHERE user_id = $1)"
    ))
    .bind::<SqlUuid, _>(id)
    .execute(connection)
    .await?;
    Ok(removed == 1)
}

#[derive(QueryableByName)]
struct Answered {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    route_id: Option<Uuid>,
}

async fn take_requests(connection: &mut Connection, id: Uuid, limit: i64) -> QueryResult<usize> {
    let taken: Vec<Answered> = diesel::sql_query(
        "DELETE FROM route_requests WHERE id = ANY (ARRAY( \
             SELECT id FROM route_requests WHERE user_id = $1 \
             ORDER BY created_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)) \
         RETURNING route_id",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(limit)
    .load(connection)
    .await?;
    let mut routes: Vec<Uuid> = taken
        .iter()
        .filter_map(|request| request.route_id)
        .collect();
    routes.sort_unstable();
    routes.dedup();
    unseen_routes::delete(connection, &routes).await?;
    Ok(taken.len())
}

/// The account asked for these first, and others did so after it: they have no owner any more and no time but the day.
async fn let_go_of_walks(connection: &mut Connection, id: Uuid, limit: i64) -> QueryResult<usize> {
    let walks: Vec<Answered> = diesel::sql_query(
        "UPDATE routes SET user_id = NULL, created_at = date_trunc('day', created_at, 'UTC') \
         WHERE id = ANY (ARRAY(SELECT id FROM routes WHERE user_id = $1 LIMIT $2 FOR UPDATE SKIP LOCKED)) \
         RETURNING id AS route_id",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(limit)
    .load(connection)
    .await?;
    let ids: Vec<Uuid> = walks.iter().filter_map(|walk| walk.route_id).collect();
    unseen_routes::delete(connection, &ids).await?;
    Ok(ids.len())
}
