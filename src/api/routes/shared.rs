//! Sharing a walk by a link that its user can take back.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::directions::tell;
use super::made::RouteDetails;
use super::saved::require_own;
use super::show::name_language;
use super::view::{ATTRIBUTION, Fitting, GeoJsonLine, StopView, bounds};
use crate::api::PREFIX;
use crate::api::conditional::{OWN, Tagged};
use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, LanguageHeader, LanguageQuery, Named, PathId, Spoken};
use crate::api::state::AppState;
use crate::api::users::change::lock;
use crate::db::routes::shared_routes::SharedRoute;
use crate::db::routes::{Route, RouteStop};

/// Link to a walk.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "token": "5b0b2b46-9f6a-4d4e-8d2c-0d8e6f1f7c55",
    "url": "/api/v1/shared/5b0b2b46-9f6a-4d4e-8d2c-0d8e6f1f7c55",
    "created_at": "2026-12-08T10:00:00Z"
}))]
pub struct ShareView {
    /// Secret of the link: whoever knows it sees the walk.
    token: Uuid,
    url: String,
    created_at: DateTime<Utc>,
}

impl From<SharedRoute> for ShareView {
    fn from(SharedRoute { token, created_at }: SharedRoute) -> Self {
        Self {
            token,
            url: format!("{PREFIX}/shared/{token}"),
            created_at,
        }
    }
}

/// A walk as those with its link see it: nothing of who shares it, nor of what was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "By the harbour",
    "path": {"type": "LineString", "coordinates": [[7.4246, 43.7384], [7.4251, 43.7389]]},
    "distance_metres": 3120.5,
    "duration_seconds": 3540,
    "pois": [],
    "details": {
        "legs": [{"path_start": 0, "distance_metres": 3120.5, "duration_seconds": 3540, "steps": []}],
        "stairs_metres": 0.0,
        "light": {"lit_metres": 3000.0, "unlit_metres": 20.5, "unknown_metres": 100.0},
        "repeated_metres": 0.0
    },
    "bounds": [7.4246, 43.7384, 7.4251, 43.7389],
    "attribution": "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright"
}))]
pub struct SharedRouteView {
    name: Option<String>,
    path: GeoJsonLine,
    distance_metres: f64,
    duration_seconds: i32,
    /// The stops in order.
    pois: Vec<StopView>,
    #[schema(value_type = RouteDetails)]
    details: Value,
    /// West, south, east, north.
    #[schema(value_type = Vec<f64>, min_items = 4, max_items = 4)]
    bounds: [f64; 4],
    attribution: &'static str,
}

impl SharedRouteView {
    fn new(mut route: Route, stops: Vec<RouteStop>) -> Self {
        // How well it fits tells what was asked for; what is open does not.
        let fitting = Fitting {
            openings: Fitting::taken_from(&mut route.details).openings,
            ..Fitting::default()
        };
        let stops = stops.into_iter();
        Self {
            name: route.name,
            bounds: bounds(&route.path),
            path: route.path.as_slice().into(),
            distance_metres: route.distance_metres,
            duration_seconds: route.duration_seconds,
            pois: stops.map(|stop| StopView::new(stop, &fitting)).collect(),
            details: route.details,
            attribution: ATTRIBUTION,
        }
    }
}

/// Share a walk by a link.
///
/// Whoever has the link sees the walk, until it is taken back. Asked for again, it is the same one.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 200, description = "The link", body = ShareView),
))]
#[post("/routes/{route_id}/share")]
pub async fn share_route(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<Json<ShareView>, ApiError> {
    let mut connection = state.db.get().await?;
    let share = connection.transaction(async |connection| {
        // Whoever forgets walks has the user locked as well: a walk that is seen here stays.
        lock(connection, user.id, None).await?;
        require_own(connection, id, user.id).await?;
        Ok::<_, ApiError>(SharedRoute::ensure(connection, user.id, id).await?)
    });
    Ok(Json(share.await?.into()))
}

/// Take the link to a walk back.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 204, description = "Nobody sees the walk by a link any more"),
))]
#[delete("/routes/{route_id}/share")]
pub async fn withdraw_share(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let mut connection = state.db.get().await?;
    require_own(&mut connection, id, user.id).await?;
    SharedRoute::withdraw(&mut connection, user.id, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A walk that somebody shares.
#[utoipa::path(tag = "routes", params(("token" = Uuid, Path), LanguageQuery, LanguageHeader), responses(
    (status = 200, description = "The walk", body = SharedRouteView,
        headers(("Content-Language" = String, description = "Language of the instructions"))),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/shared/{token}")]
pub async fn shared_route(
    state: Data<AppState>,
    req: HttpRequest,
    PathId(token): PathId<Uuid>,
    Spoken(language): Spoken,
    Named(names): Named,
) -> Result<HttpResponse, ApiError> {
    let found = state.strangers.ask(async |connection| {
        let Some(route) = SharedRoute::follow(connection, token).await? else {
            return Ok(None);
        };
        let stops = RouteStop::of_route(connection, route.id, &names).await?;
        Ok(Some((route, stops)))
    });
    let (mut route, stops) = found.await?.ok_or(ApiError::NotFound("shared walk"))?;
    tell(&mut route.details, language);
    let mut answer = Tagged::json(&SharedRouteView::new(route, stops))?.answer(&req, OWN);
    name_language(&mut answer, language);
    Ok(answer)
}
