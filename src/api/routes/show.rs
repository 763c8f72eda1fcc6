//! Getting a walk.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use uuid::Uuid;

use super::view::RouteView;
use crate::api::conditional::{OWN, Tagged};
use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, PathId};
use crate::api::state::AppState;
use crate::db::Connection;
use crate::db::routes::saved_routes;
use crate::db::routes::{Route, RouteStop};

/// A walk with everything about it.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 200, description = "The walk", body = RouteView),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/routes/{route_id}")]
pub async fn show_route(
    state: Data<AppState>,
    user: CurrentUser,
    req: HttpRequest,
    PathId(id): PathId<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let mut connection = state.db.get().await?;
    let (route, stops) = load(&mut connection, id, user.id).await?;
    let saved = saved_routes::is_saved(&mut connection, user.id, id).await?;
    Ok(Tagged::json(&RouteView::new(route, stops, saved))?.answer(&req, OWN))
}

/// A walk that the user may see, and its stops.
///
/// # Errors
/// `not_found`, also for a walk that none of the user's requests ended in.
pub async fn load(
    connection: &mut Connection,
    id: Uuid,
    user_id: Uuid,
) -> Result<(Route, Vec<RouteStop>), ApiError> {
    let route = Route::find_for_user(connection, id, user_id)
        .await?
        .ok_or(ApiError::NotFound("route"))?;
    let stops = RouteStop::of_route(connection, id).await?;
    Ok((route, stops))
}
