//! Requests for walks as maintainers see them: where each stands, since when, and under which trace.

use actix_web::get;
use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::error::{ApiError, ErrorBody};
use crate::api::extract::{Admin, PathId};
use crate::api::routes::made::GenerationParams;
use crate::api::routes::status::RequestState;
use crate::api::state::AppState;
use crate::db::ledger::recent_requests;
use crate::db::ledger::route_requests::RouteRequest;

/// A request in the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "request_id": "01939c2e-7f1b-7c3a-9c1e-0242ac120002",
    "trace_id": "0b2f6c1e-8d44-4f6e-9a56-2f3f6f1f7c55",
    "user_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "status": "failed",
    "stage": null,
    "attempt": 3,
    "route_id": null,
    "error_code": "engine_panicked",
    "error_message": "Something went wrong on our side.",
    "created_at": "2026-11-25T10:00:00Z",
    "updated_at": "2026-11-25T10:00:01Z",
    "params": {
        "start_location": {"type": "Point", "coordinates": [7.4246, 43.7384]},
        "duration_minutes": 60,
        "interest_theme_ids": [],
        "popularity_bias": 0.5,
        "accessibility": {"avoid_stairs": false, "prefer_well_lit": false}
    }
}))]
pub struct RequestRecord {
    request_id: Uuid,
    trace_id: Uuid,
    /// Nobody once the account is gone.
    user_id: Option<Uuid>,
    status: RequestState,
    /// Stage of a worker, if it lasts.
    stage: Option<String>,
    /// Number of claims by workers so far.
    attempt: i32,
    route_id: Option<Uuid>,
    error_code: Option<String>,
    error_message: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// The wish, to be asked again: the same one gives the same walk.
    #[schema(value_type = GenerationParams)]
    params: Value,
}

impl From<RouteRequest> for RequestRecord {
    fn from(row: RouteRequest) -> Self {
        Self {
            request_id: row.id,
            trace_id: row.trace_id,
            user_id: row.user_id,
            status: row.status.into(),
            stage: row.stage,
            attempt: row.attempt,
            route_id: row.route_id,
            error_code: row.error_code,
            error_message: row.error_message,
            created_at: row.created_at,
            updated_at: row.updated_at,
            params: row.params,
        }
    }
}

/// The newest requests of all users.
#[utoipa::path(tag = "admin", security(("session" = [])), responses(
    (status = 200, description = "At most 100, newest first", body = Vec<RequestRecord>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/admin/requests")]
pub async fn list_requests(
    state: Data<AppState>,
    _admin: Admin,
) -> Result<Json<Vec<RequestRecord>>, ApiError> {
    list(&state, None).await
}

/// The requests that an id names: as their own id, their trace, or their user.
#[utoipa::path(tag = "admin", security(("session" = [])), params(("id" = Uuid, Path)), responses(
    (status = 200, description = "At most 100, newest first; none if there are none of late", body = Vec<RequestRecord>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/admin/requests/{id}")]
pub async fn find_requests(
    state: Data<AppState>,
    _admin: Admin,
    PathId(id): PathId<Uuid>,
) -> Result<Json<Vec<RequestRecord>>, ApiError> {
    list(&state, Some(id)).await
}

async fn list(state: &AppState, of: Option<Uuid>) -> Result<Json<Vec<RequestRecord>>, ApiError> {
    let rows = recent_requests::list(&mut *state.db.get().await?, of).await?;
    Ok(Json(rows.into_iter().map(RequestRecord::from).collect()))
}
