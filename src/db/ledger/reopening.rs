//! Reopening of requests that failed.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::Connection;

#[derive(QueryableByName)]
struct Reopened {
    #[diesel(sql_type = Bool)]
    open: bool,
}

/// Opens a failed request anew, as if it had just been accepted. `true` if it is open now, also if it was before; `false` if it
/// is complete or gone, or if nobody waits for it any more.
///
/// # Errors
/// Those of the database.
pub async fn reopen(connection: &mut Connection, request_id: Uuid) -> QueryResult<bool> {
    let reopened: Reopened = diesel::sql_query(
        "WITH reopened AS ( \
             UPDATE route_requests \
             SET status = 'pending', stage = NULL, progress = NULL, error_code = NULL, error_message = NULL, updated_at = now() \
             WHERE id = $1 AND status = 'failed' AND user_id IS NOT NULL \
             RETURNING id) \
         SELECT EXISTS (SELECT FROM reopened) \
             OR EXISTS (SELECT FROM route_requests WHERE id = $1 AND status NOT IN ('complete', 'failed')) AS open",
    )
    .bind::<SqlUuid, _>(request_id)
    .get_result(connection)
    .await?;
    Ok(reopened.open)
}
