//! For maintainers: what the actors and the queues are doing.

pub mod requests;
pub mod view;

use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;

use self::view::EnrichmentStatus;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::extract::Admin;
use crate::api::state::AppState;
use crate::db::maintenance::maintenance_runs::MaintenanceRun;
use crate::db::schema::enrichments;
use crate::jobs::{Retried, RetryError, retry};
use crate::presence::{self, ActorView, ProcessView};
use crate::queue::{InspectError, JobRecord, JobState, QUEUES, QueueRecord};

/// Jobs of each state and queue that are shown.
const SHOWN: usize = 100;

impl From<RetryError> for ApiError {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::Inspect(error) => error.into(),
            RetryError::Database(error) => error.into(),
        }
    }
}

impl From<InspectError> for ApiError {
    fn from(error: InspectError) -> Self {
        tracing::warn!(%error, "queues not inspected");
        Self::unavailable("the queues can't be looked at")
    }
}

/// Every actor of this process.
///
/// One that does not answer within a second is shown as silent.
#[utoipa::path(tag = "admin", security(("session" = [])), responses(
    (status = 200, description = "The actors", body = Vec<ActorView>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/admin/actors")]
pub async fn actors(state: Data<AppState>, _admin: Admin) -> HttpResponse {
    let reports = state.observability.actors.observe_all().await;
    let reports: Vec<ActorView> = reports.into_iter().map(ActorView::from).collect();
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-store"))
        .json(reports)
}

/// All servers and workers, each with its actors.
///
/// Each says what it does every two seconds; one of which nothing is heard any more is shown as silent for an hour.
#[utoipa::path(tag = "admin", security(("session" = [])), responses(
    (status = 200, description = "The processes", body = Vec<ProcessView>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/admin/processes")]
pub async fn processes(
    state: Data<AppState>,
    _admin: Admin,
) -> Result<Json<Vec<ProcessView>>, ApiError> {
    let processes = presence::processes(&state.redis).await;
    Ok(Json(processes.map_err(InspectError::from)?))
}

/// Running, waiting, delayed and dead jobs of all queues.
#[utoipa::path(tag = "admin", security(("session" = [])), responses(
    (status = 200, description = "At most 100 of each state and queue", body = Vec<JobRecord>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/admin/jobs")]
pub async fn jobs(state: Data<AppState>, _admin: Admin) -> Result<Json<Vec<JobRecord>>, ApiError> {
    let mut jobs = Vec::new();
    for queue in QUEUES {
        jobs.extend(state.inspector.list(queue, SHOWN).await?);
    }
    Ok(Json(jobs))
}

/// All queues: what waits, what is dead, what is paused.
#[utoipa::path(tag = "admin", security(("session" = [])), responses(
    (status = 200, description = "The queues", body = Vec<QueueRecord>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/admin/queues")]
pub async fn queues(
    state: Data<AppState>,
    _admin: Admin,
) -> Result<Json<Vec<QueueRecord>>, ApiError> {
    Ok(Json(state.inspector.queues().await?))
}

/// Pause a queue.
///
/// No worker takes more of its jobs for an hour; what runs is finished. Again: an hour from now.
#[utoipa::path(tag = "admin", security(("session" = [])), params(("queue" = String, Path)), responses(
    (status = 204, description = "Paused"),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[put("/admin/queues/{queue}/pause")]
pub async fn pause_queue(
    state: Data<AppState>,
    _admin: Admin,
    queue: Path<String>,
) -> Result<HttpResponse, ApiError> {
    state.inspector.pause(known(&queue)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// End the pause of a queue.
#[utoipa::path(tag = "admin", security(("session" = [])), params(("queue" = String, Path)), responses(
    (status = 204, description = "It goes on"),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[delete("/admin/queues/{queue}/pause")]
pub async fn resume_queue(
    state: Data<AppState>,
    _admin: Admin,
    queue: Path<String>,
) -> Result<HttpResponse, ApiError> {
    state.inspector.resume(known(&queue)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn known(name: &str) -> Result<&'static str, ApiError> {
    let queue = QUEUES.into_iter().find(|queue| *queue == name);
    queue.ok_or(ApiError::NotFound("queue"))
}

/// Queue a dead job again.
///
/// Its request is open again then, and its user is told when the walk is complete after all.
#[utoipa::path(tag = "admin", security(("session" = [])), params(("job_id" = String, Path)), responses(
    (status = 204, description = "Queued"),
    (status = 403, description = "Not an admin", body = ErrorBody),
    (status = 409, description = "There is nothing left for it to do", body = ErrorBody),
))]
#[post("/admin/jobs/{job_id}/retry")]
pub async fn retry_job(
    state: Data<AppState>,
    _admin: Admin,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let job = dead_job(&state, &id).await?;
    let mut connection = state.db.get().await?;
    match retry(&job, &state.inspector, &mut connection).await? {
        Retried::Pointless => Err(ApiError::Conflict(
            "there is nothing left for this job to do: forget it",
            Vec::new(),
        )),
        retried => done(retried == Retried::Queued),
    }
}

/// Forget a dead job.
#[utoipa::path(tag = "admin", security(("session" = [])), params(("job_id" = String, Path)), responses(
    (status = 204, description = "Forgotten"),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[delete("/admin/jobs/{job_id}")]
pub async fn purge_job(
    state: Data<AppState>,
    _admin: Admin,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let job = dead_job(&state, &id).await?;
    done(state.inspector.forget(&job).await?)
}

async fn dead_job(state: &AppState, id: &str) -> Result<JobRecord, ApiError> {
    let job = state.inspector.find(id).await?;
    job.filter(|job| job.state == JobState::Dead)
        .ok_or(ApiError::NotFound("dead job"))
}

/// Of those who retry or forget one job at once, one does.
fn done(done: bool) -> Result<HttpResponse, ApiError> {
    if done {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ApiError::NotFound("dead job"))
    }
}

/// Enrichments: squares in which Overpass was asked for places, and their outcome.
#[derive(Debug, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = enrichments, check_for_backend(diesel::pg::Pg))]
#[schema(example = json!({
    "square": 74_213,
    "theme_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "status": "complete",
    "not_before": "2026-12-25T10:00:00Z",
    "requested_at": "2026-11-25T10:00:00Z",
    "finished_at": "2026-11-25T10:00:07Z",
    "places": 41,
    "changes": 12,
    "rejected": 0,
    "remark": null,
    "error_code": null,
    "trace_id": "0b2f6c1e-8d44-4f6e-9a56-2f3f6f1f7c55"
}))]
pub struct Enrichment {
    /// Square of the web-mercator grid.
    square: i32,
    theme_id: uuid::Uuid,
    #[schema(value_type = EnrichmentStatus)]
    status: String,
    not_before: DateTime<Utc>,
    requested_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    places: Option<i32>,
    changes: Option<i32>,
    rejected: Option<i32>,
    remark: Option<String>,
    error_code: Option<String>,
    trace_id: uuid::Uuid,
}

/// The latest enrichments.
#[utoipa::path(tag = "admin", security(("session" = [])), responses(
    (status = 200, description = "At most 100, newest first", body = Vec<Enrichment>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/admin/enrichment")]
pub async fn enrichment(
    state: Data<AppState>,
    _admin: Admin,
) -> Result<Json<Vec<Enrichment>>, ApiError> {
    let rows = enrichments::table
        .order(enrichments::requested_at.desc())
        .limit(100)
        .select(Enrichment::as_select())
        .load(&mut *state.db.get().await?)
        .await?;
    Ok(Json(rows))
}

/// The periodic chores, each with the result of its last run.
#[utoipa::path(tag = "admin", security(("session" = [])), responses(
    (status = 200, description = "Every chore that ever ran, by name", body = Vec<MaintenanceRun>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/admin/maintenance")]
pub async fn maintenance(
    state: Data<AppState>,
    _admin: Admin,
) -> Result<Json<Vec<MaintenanceRun>>, ApiError> {
    let runs = MaintenanceRun::all(&mut *state.db.get().await?).await?;
    Ok(Json(runs))
}

/// A page that shows all of it, live.
#[utoipa::path(tag = "admin", responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
#[get("/admin")]
pub async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
        ))
        .body(include_str!("page.html"))
}

/// Its script.
#[utoipa::path(tag = "admin", responses((status = 200, description = "The script", body = String, content_type = "text/javascript")))]
#[get("/admin/page.js")]
pub async fn page_script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .body(include_str!("page.js"))
}

/// Its style.
#[utoipa::path(tag = "admin", responses((status = 200, description = "The style", body = String, content_type = "text/css")))]
#[get("/admin/page.css")]
pub async fn page_style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(include_str!("page.css"))
}
