//! Status of a request for a walk.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use wildside_actors::Status;

use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, PathId};
use crate::api::state::AppState;
use crate::db::ledger::route_requests::RouteRequest;

/// State of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "request_id": "01939c2e-7f1b-7c3a-9c1e-0242ac120002",
    "status": "in_progress",
    "progress": 0.3,
    "stage": "computing",
    "created_at": "2026-11-25T10:00:00Z",
    "updated_at": "2026-11-25T10:00:01Z"
}))]
pub struct RequestStatus {
    request_id: Uuid,
    status: RequestState,
    /// The walk, once complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, required = false)]
    route_id: Option<Uuid>,
    /// The cause, once failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = RequestError, required = false)]
    error: Option<RequestError>,
    /// From 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f32, required = false, minimum = 0, maximum = 1)]
    progress: Option<f32>,
    /// Stage of the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = RequestStage, required = false)]
    stage: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// State of a request. It only ever moves on, to one of the last two; a failed one may be complete later, if a maintainer has it
/// tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "pending")]
pub enum RequestState {
    Pending,
    InProgress,
    Complete,
    Failed,
}

impl From<Status> for RequestState {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::InProgress => Self::InProgress,
            Status::Complete => Self::Complete,
            Status::Failed => Self::Failed,
        }
    }
}

/// Stage of a worker's work for a request; one that takes but a moment is not told.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case", example = "computing")]
pub enum RequestStage {
    Loading,
    Computing,
    Storing,
}

/// Cause of a failed request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "nothing_to_see", "message": "There is nothing to see within reach."}))]
pub struct RequestError {
    #[schema(value_type = RequestErrorCode)]
    code: String,
    /// For a person.
    message: String,
}

/// Every machine code of a [`RequestError`].
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case", example = "nothing_to_see")]
pub enum RequestErrorCode {
    BudgetTooSmall,
    Busy,
    CannotInclude,
    CutOff,
    DeadlineExceeded,
    EndUnreachable,
    EnginePanicked,
    EngineStopped,
    InternalError,
    InvalidRequest,
    InvalidResult,
    NoWalkableWayNearby,
    NothingToSee,
    OutOfReach,
    Postponed,
    TimedOut,
    Unavailable,
}

impl From<RouteRequest> for RequestStatus {
    fn from(row: RouteRequest) -> Self {
        let message = row.error_message.unwrap_or_default();
        Self {
            request_id: row.id,
            status: row.status.into(),
            route_id: row.route_id,
            error: row.error_code.map(|code| RequestError { code, message }),
            progress: row.progress,
            stage: row.stage,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// How does my request fare?
#[utoipa::path(tag = "routes", security(("session" = [])), params(("request_id" = Uuid, Path)), responses(
    (status = 200, description = "Where it stands", body = RequestStatus,
        headers(("Retry-After" = u32, description = "Seconds after which to ask again; absent once it is final"))),
))]
#[get("/routes/status/{request_id}")]
pub async fn request_status(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let row = RouteRequest::find_for_user(&mut *state.db.get().await?, id, user.id).await?;
    let row = row.ok_or(ApiError::NotFound("request"))?;
    let mut response = HttpResponse::Ok();
    response.insert_header(("Cache-Control", "no-store"));
    if !row.status.is_final() {
        response.insert_header(("Retry-After", "1"));
    }
    Ok(response.json(RequestStatus::from(row)))
}
