//! Keeping a walk.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete, put};
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, PathId};
use crate::cache::CacheKey;
use crate::db::Connection;
use crate::db::routes::Route;
use crate::db::saved_routes;
use crate::state::AppState;

/// Save a walk.
///
/// It stays in the list of saved walks, and in the cache for everybody.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 204, description = "Saved"),
))]
#[put("/routes/{route_id}/saved")]
pub async fn save_route(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let mut connection = state.db.get().await?;
    require_own(&mut connection, id, user.id).await?;
    saved_routes::save(&mut connection, user.id, id).await?;
    for key in saved_routes::cache_keys(&mut connection, id).await? {
        state.cache.pin(&CacheKey::stored(key), id).await;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Save a walk no longer.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 204, description = "Not saved any more"),
))]
#[delete("/routes/{route_id}/saved")]
pub async fn forget_route(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let mut connection = state.db.get().await?;
    require_own(&mut connection, id, user.id).await?;
    let forgotten = saved_routes::forget(&mut connection, user.id, id).await?;
    if forgotten == 1 && !saved_routes::has_savers(&mut connection, id).await? {
        for key in saved_routes::cache_keys(&mut connection, id).await? {
            state.cache.unpin(&CacheKey::stored(key)).await;
        }
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Refuses a walk that none of the user's requests ended in, as if it did not exist.
///
/// # Errors
/// `not_found`.
pub async fn require_own(
    connection: &mut Connection,
    id: Uuid,
    user_id: Uuid,
) -> Result<(), ApiError> {
    let own = Route::belongs_to(connection, id, user_id).await?;
    if own {
        Ok(())
    } else {
        Err(ApiError::NotFound("route"))
    }
}
