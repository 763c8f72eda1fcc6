//! Keeping a walk.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete, put};
use diesel_async::AsyncConnection;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, PathId};
use crate::api::state::AppState;
use crate::api::users::change::lock;
use crate::db::Connection;
use crate::db::routes::Route;
use crate::db::routes::saved_routes;
use crate::walks::route_cache::CacheKey;

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
    connection
        .transaction(async |connection| {
            // Whoever forgets walks has the user locked as well: a walk that is seen here stays.
            lock(connection, user.id, None).await?;
            require_own(connection, id, user.id).await?;
            saved_routes::save(connection, user.id, id).await?;
            Ok::<_, ApiError>(())
        })
        .await?;
    settle(&state, &mut connection, id).await?;
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
    if saved_routes::forget(&mut connection, user.id, id).await? == 1 {
        settle(&state, &mut connection, id).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Pins the walk in the cache if anybody has saved it, and else lets it expire.
///
/// Others who save or forget it meanwhile come here as well. It is looked whether the cache
/// was told what is so, until it was: who tells it last has looked after all the others.
async fn settle(state: &AppState, connection: &mut Connection, id: Uuid) -> Result<(), ApiError> {
    /// Of so many who come in between, none was the last.
    const MOST_TURNS: usize = 10;
    let keys = saved_routes::cache_keys(connection, id).await?;
    let keys: Vec<CacheKey> = keys.into_iter().map(CacheKey::stored).collect();
    let until = saved_routes::same_until(connection, id).await?;
    let mut is_saved = saved_routes::has_savers(connection, id).await?;
    for _ in 0..MOST_TURNS {
        let heard = if is_saved {
            state.cache.pin(&keys, id, until).await
        } else {
            state.cache.unpin(&keys).await
        };
        let told = is_saved;
        is_saved = saved_routes::has_savers(connection, id).await?;
        if !heard || is_saved == told {
            break;
        }
    }
    Ok(())
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
