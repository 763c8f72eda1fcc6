//! Is the process alive, and may it get requests?

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::api::extract::values;
use crate::api::state::AppState;
use crate::readiness::Ready;

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
/// Tries what is needed of PostgreSQL and Redis, each for at most a second: a session that may write, the schema of this
/// release, and a script that writes beside the keys of the queue.
#[utoipa::path(tag = "operations", responses(
    (status = 200, description = "It may", body = Ready),
    (status = 503, description = "It may not, and which check failed", body = Ready),
))]
#[get("/health/ready")]
pub async fn ready(state: Data<AppState>) -> HttpResponse {
    let draining = state
        .draining
        .has_begun()
        .then_some("the process is about to end");
    state.readiness.ask(draining).await.respond()
}
