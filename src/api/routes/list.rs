//! The user's own walks.

use actix_web::get;
use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::made::GenerationParams;
use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, Fields, FromFields, Params};
use crate::api::page::{Page, PageParams};
use crate::api::state::AppState;
use crate::db::routes::my_routes::MyRoute;

/// A walk in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01939c2e-8a40-7d11-b3c4-0242ac120002",
    "requested_at": "2026-11-25T10:00:00Z",
    "distance_metres": 3120.5,
    "duration_seconds": 3540,
    "generation_params": {
        "start_location": {"type": "Point", "coordinates": [7.4246, 43.7384]},
        "duration_minutes": 60,
        "interest_theme_ids": [],
        "popularity_bias": 0.5,
        "accessibility": {"avoid_stairs": false, "prefer_well_lit": false}
    },
    "saved": true,
    "name": "By the harbour"
}))]
pub struct RouteSummary {
    id: Uuid,
    /// Time at which the user first asked for it.
    requested_at: DateTime<Utc>,
    distance_metres: f64,
    duration_seconds: i32,
    #[schema(value_type = GenerationParams)]
    generation_params: Value,
    saved: bool,
    /// As the user calls it.
    name: Option<String>,
}

impl From<MyRoute> for RouteSummary {
    fn from(route: MyRoute) -> Self {
        Self {
            id: route.id,
            requested_at: route.requested_at,
            distance_metres: route.distance_metres,
            duration_seconds: route.duration_seconds,
            generation_params: route.generation_params.unwrap_or_default(),
            saved: route.saved,
            name: route.name,
        }
    }
}

/// Filter of walks.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SavedFilter {
    /// Only those that the user has saved.
    #[param(default = false, required = false)]
    saved: bool,
}

/// Page and filter together.
#[derive(Debug)]
pub struct ListParams(PageParams, SavedFilter);

impl FromFields for ListParams {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let saved = fields.boolean("saved").unwrap_or_default();
        Some(Self(
            PageParams::from_fields(fields)?,
            SavedFilter { saved },
        ))
    }
}

/// My walks, newest first.
#[utoipa::path(tag = "routes", security(("session" = [])), params(PageParams, SavedFilter), responses(
    (status = 200, description = "A page of walks", body = Page<RouteSummary>),
))]
#[get("/users/me/routes")]
pub async fn my_routes(
    state: Data<AppState>,
    user: CurrentUser,
    Params(ListParams(page, SavedFilter { saved })): Params<ListParams>,
) -> Result<Json<Page<RouteSummary>>, ApiError> {
    let from = page.cursor.map(|cursor| (cursor.at, cursor.id));
    let mut connection = state.db.get().await?;
    let rows = MyRoute::page(
        &mut connection,
        user.id,
        saved,
        from,
        page.backwards(),
        page.rows(),
    )
    .await?;
    let filter = if saved { "&saved=true" } else { "" };
    Ok(Json(page.page(rows, "/users/me/routes", filter, |row| {
        (row.requested_at, row.id)
    })))
}
