//! Progress: stops of a walk that have been visited.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, put};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::saved::require_own;
use crate::api::error::{ApiError, ErrorBody, Fault};
use crate::api::extract::{Body, CurrentUser, Fields, FromFields, PathId};
use crate::api::fault::FaultCode;
use crate::api::idempotency::{self, ClientKey, Written};
use crate::api::state::AppState;
use crate::api::users::change::{check_revision, lock};
use crate::db::routes::walker::{RouteProgress, stop_ids};

/// Visited stops.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(example = json!({"visited_poi_ids": [24_094_959_931_i64], "revision": 1, "updated_at": "2026-11-25T10:40:00Z"}))]
pub struct ProgressView {
    visited_poi_ids: Vec<i64>,
    /// Grows with each change; 0 before the first.
    revision: i32,
    updated_at: Option<DateTime<Utc>>,
}

impl From<RouteProgress> for ProgressView {
    fn from(progress: RouteProgress) -> Self {
        Self {
            visited_poi_ids: progress.visited_poi_ids,
            revision: progress.revision,
            updated_at: Some(progress.updated_at),
        }
    }
}

/// Visited stops, all of them.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"visited_poi_ids": [24_094_959_931_i64], "expected_revision": 1}))]
pub struct ProgressBody {
    /// Stops of this walk.
    visited_poi_ids: Vec<i64>,
    /// Refused if the progress has changed since this revision.
    expected_revision: Option<i32>,
}

impl FromFields for ProgressBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let visited_poi_ids = fields.required("visited_poi_ids", |fields, key| {
            fields.big_integers(key, 100)
        });
        let expected_revision = fields.integer("expected_revision", 0..=i32::MAX);
        Some(Self {
            visited_poi_ids: visited_poi_ids?,
            expected_revision,
        })
    }
}

/// Which stops have I visited?
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 200, description = "The visited stops", body = ProgressView),
))]
#[get("/routes/{route_id}/progress")]
pub async fn show_progress(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<Json<ProgressView>, ApiError> {
    let mut connection = state.db.get().await?;
    require_own(&mut connection, id, user.id).await?;
    let progress = RouteProgress::find(&mut connection, user.id, id).await?;
    Ok(Json(progress.map(ProgressView::from).unwrap_or_default()))
}

/// Note which stops I have visited.
#[utoipa::path(tag = "routes", request_body = ProgressBody, security(("session" = [])),
    params(("route_id" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)), responses(
    (status = 200, description = "The visited stops", body = ProgressView),
    (status = 409, description = "`revision_mismatch`, or the idempotency key came with another body before", body = ErrorBody),
))]
#[put("/routes/{route_id}/progress")]
pub async fn put_progress(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
    key: ClientKey,
    body: Body<ProgressBody>,
) -> Result<HttpResponse, ApiError> {
    let key = key.of(user.id, "PUT /routes/progress", body.digest);
    let ProgressBody {
        visited_poi_ids,
        expected_revision,
    } = body.value;
    let written = idempotency::once(&state.db, key.as_ref(), async |connection| {
        // Before the first progress there is no row of it to be locked.
        lock(connection, user.id, None).await?;
        require_own(connection, id, user.id).await?;
        check_stops(&visited_poi_ids, &stop_ids(connection, id).await?)?;
        let current = RouteProgress::find(connection, user.id, id).await?;
        let revision = current.map_or(0, |progress| progress.revision);
        check_revision(expected_revision, revision)?;
        let progress = RouteProgress::put(connection, user.id, id, &visited_poi_ids).await?;
        Written::new(StatusCode::OK, &ProgressView::from(progress))
    });
    Ok(written.await?.respond())
}

fn check_stops(visited: &[i64], stops: &[i64]) -> Result<(), ApiError> {
    let strange = visited
        .iter()
        .enumerate()
        .filter(|(_, poi_id)| !stops.contains(poi_id));
    let faults: Vec<Fault> = strange
        .map(|(index, _)| {
            Fault::new(
                format!("visited_poi_ids[{index}]"),
                FaultCode::UnknownStop,
                "is not a stop of this walk",
            )
        })
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ApiError::Invalid(faults))
    }
}
