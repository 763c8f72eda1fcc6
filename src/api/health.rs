//! Is the process alive, and may it get requests?

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use diesel_async::SimpleAsyncConnection;
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::api::extract::values;
use crate::state::AppState;

/// A dependency that takes longer is as good as away.
const TIME_BUDGET: Duration = Duration::from_secs(1);

/// The process is alive.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
pub struct Alive {
    #[schema(schema_with = alive_schema)]
    status: &'static str,
}

fn alive_schema() -> Object {
    values::words_schema(&["ok"])
}

/// Whether the process may get requests, check by check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "status": "not_ready",
    "checks": [
        {"name": "postgresql", "ok": true},
        {"name": "redis", "ok": false, "error": "no answer within 1 s"},
        {"name": "accepting", "ok": true}
    ]
}))]
pub struct Ready {
    #[schema(schema_with = ready_schema)]
    status: &'static str,
    checks: Vec<Check>,
}

fn ready_schema() -> Object {
    values::words_schema(&["ready", "not_ready"])
}

/// One thing that must be well.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "redis", "ok": false, "error": "no answer within 1 s"}))]
pub struct Check {
    name: &'static str,
    ok: bool,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// Is the process alive?
#[utoipa::path(tag = "operations", responses((status = 200, description = "It is", body = Alive)))]
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    alive()
}

/// Is the process alive?
#[utoipa::path(tag = "operations", responses((status = 200, description = "It is", body = Alive)))]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    alive()
}

fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-store"))
        .json(Alive { status: "ok" })
}

/// May it get requests?
///
/// Asks PostgreSQL and Redis, each for at most a second.
#[utoipa::path(tag = "operations", responses(
    (status = 200, description = "It may", body = Ready),
    (status = 503, description = "It may not, and which check failed", body = Ready),
))]
#[get("/health/ready")]
pub async fn ready(state: Data<AppState>) -> HttpResponse {
    let (postgresql, redis) = tokio::join!(
        within_budget(ask_postgresql(&state)),
        within_budget(ask_redis(&state))
    );
    let draining = state
        .draining
        .has_begun()
        .then_some("the process is about to end");
    let checks = [
        ("postgresql", postgresql),
        ("redis", redis),
        ("accepting", draining),
    ];
    let checks: Vec<Check> = checks
        .into_iter()
        .map(|(name, error)| Check {
            name,
            ok: error.is_none(),
            error,
        })
        .collect();
    let (code, status) = if checks.iter().all(|check| check.ok) {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    HttpResponse::build(code)
        .insert_header(("Cache-Control", "no-store"))
        .json(Ready { status, checks })
}

async fn within_budget(check: impl Future<Output = Option<&'static str>>) -> Option<&'static str> {
    timeout(TIME_BUDGET, check)
        .await
        .unwrap_or(Some("no answer within 1 s"))
}

async fn ask_postgresql(state: &AppState) -> Option<&'static str> {
    let Ok(mut connection) = state.db.get().await else {
        return Some("no connection");
    };
    connection
        .batch_execute("SELECT 1")
        .await
        .err()
        .map(|_| "no answer")
}

async fn ask_redis(state: &AppState) -> Option<&'static str> {
    let answer: redis::RedisResult<String> = redis::cmd("PING")
        .query_async(&mut state.redis.clone())
        .await;
    answer.err().map(|_| "no connection")
}
