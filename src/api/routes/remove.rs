//! Deleting a walk.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use diesel_async::AsyncConnection;
use uuid::Uuid;

use super::saved::require_own;
use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, PathId};
use crate::api::state::AppState;
use crate::api::users::change::lock;
use crate::db::Connection;
use crate::db::routes::own_routes;

/// Requests that are deleted in one transaction.
const BATCH: i64 = 2_000;
/// Transactions of one request.
const MOST_BATCHES: usize = 10;

/// Delete a walk.
///
/// It goes from the user's list with its name, link, progress and notes. For others who asked for just the same it stays.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 204, description = "Deleted"),
))]
#[delete("/routes/{route_id}")]
pub async fn delete_route(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let mut connection = state.db.get().await?;
    require_own(&mut connection, id, user.id).await?;
    let mut removed = 0;
    for _ in 0..MOST_BATCHES {
        let batch = remove_batch(&mut connection, user.id, id).await?;
        removed += batch;
        if removed == 0 {
            // Somebody with the same login was quicker.
            return Err(ApiError::NotFound("route"));
        }
        if batch < BATCH as usize {
            return Ok(HttpResponse::NoContent().finish());
        }
    }
    Err(ApiError::unavailable(
        "the walk was asked for so often that it is not all deleted yet",
    ))
}

async fn remove_batch(
    connection: &mut Connection,
    user_id: Uuid,
    route_id: Uuid,
) -> Result<usize, ApiError> {
    connection
        .transaction(async |connection| {
            lock(connection, user_id, None).await?;
            Ok(own_routes::remove(connection, user_id, route_id, BATCH).await?)
        })
        .await
}
