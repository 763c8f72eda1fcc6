//! Recent requests of all users, for maintainers.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::Connection;
use crate::db::ledger::route_requests::RouteRequest;

/// Requests that are looked through at most: nobody looks for the trace of one that is months old in a hurry.
const LOOKED_THROUGH: i64 = 50_000;
const MOST: i64 = 100;

/// The newest requests; with an id, those alone that it names: as their own id, their trace, or their user. Ids are in the
/// order of time, so that the newest need no index of their own.
///
/// # Errors
/// Those of the database.
pub async fn list(connection: &mut Connection, of: Option<Uuid>) -> QueryResult<Vec<RouteRequest>> {
    diesel::sql_query(
        "SELECT * FROM ( \
             SELECT * FROM (SELECT * FROM route_requests ORDER BY id DESC LIMIT $2) AS recent \
             WHERE $1 IS NULL OR $1 IN (trace_id, user_id) \
             UNION \
             SELECT * FROM route_requests WHERE id = $1) AS found \
         ORDER BY id DESC LIMIT $3",
    )
    .bind::<Nullable<SqlUuid>, _>(of)
    .bind::<BigInt, _>(if of.is_some() { LOOKED_THROUGH } else { MOST })
    .bind::<BigInt, _>(MOST)
    .load(connection)
    .await
}
