//! Walks that nobody can see: no request of anybody leads to them.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::Connection;
use crate::db::schema::routes;

/// Deletes those of the walks that nobody can see, in a transaction of the caller; answers how many.
///
/// First they are locked: whoever asks for one of them meanwhile either is seen or waits until it is gone.
pub async fn delete(connection: &mut Connection, ids: &[Uuid]) -> QueryResult<usize> {
    let locked = lock(connection, ids).await?;
    if locked.is_empty() {
        return Ok(0);
    }
    diesel::sql_query(
        "DELETE FROM routes WHERE id = ANY ($1) \
             AND NOT EXISTS (SELECT FROM route_requests WHERE route_id = routes.id)",
    )
    .bind::<Array<SqlUuid>, _>(locked)
    .execute(connection)
    .await
}

/// Locks those of the walks that nobody has locked, until the end of the caller's transaction: nobody asks for one
/// meanwhile.
pub(in crate::db) async fn lock(
    connection: &mut Connection,
    ids: &[Uuid],
) -> QueryResult<Vec<Uuid>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    routes::table
        .filter(routes::id.eq_any(ids))
        .order(routes::id)
        .select(routes::id)
        .for_update()
        .skip_locked()
        .load(connection)
        .await
}

/// Ids of the first walk and of the last in the order of a [`sweep`], of which later walks come last.
pub async fn ends(connection: &mut Connection) -> QueryResult<Option<(Uuid, Uuid)>> {
    let ids = routes::table.select(routes::id);
    let first = ids.order(routes::id.asc()).first(connection).await;
    let last = ids.order(routes::id.desc()).first(connection).await;
    Ok(first.optional()?.zip(last.optional()?))
}

/// A look at some walks in the order of their ids.
#[derive(Debug)]
pub struct Sweep {
    /// Place from which the next look goes on; `None` at the end.
    pub next: Option<Uuid>,
    pub deleted: usize,
}

#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bool)]
    unseen: bool,
}

/// Deletes those of the `limit` walks after `after` that are older than `days` and that nobody can see.
pub async fn sweep(
    connection: &mut Connection,
    after: Uuid,
    days: i32,
    limit: i64,
) -> QueryResult<Sweep> {
    let seen: Vec<Seen> = diesel::sql_query(
        "SELECT id, created_at < now() - make_interval(days => $2) \
                    AND NOT EXISTS (SELECT FROM route_requests WHERE route_id = routes.id) AS unseen \
         FROM routes WHERE id > $1 ORDER BY id LIMIT $3",
    )
    .bind::<SqlUuid, _>(after)
    .bind::<Integer, _>(days)
    .bind::<BigInt, _>(limit)
    .load(connection)
    .await?;
    let unseen: Vec<Uuid> = seen
        .iter()
        .filter(|walk| walk.unseen)
        .map(|walk| walk.id)
        .collect();
    let deleted = connection
        .transaction(async |connection| delete(connection, &unseen).await)
        .await?;
    Ok(Sweep {
        next: seen.last().map(|walk| walk.id),
        deleted,
    })
}
