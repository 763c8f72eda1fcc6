//! Health of a worker, for the orchestrator and for Prometheus.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use prometheus::{Encoder, TextEncoder};
use serde_json::json;
use tokio::sync::watch;

use crate::queue::Pulse;
use crate::readiness::{Readiness, Ready};
use crate::telemetry::observability::Observability;

/// A loop that has not come round for this long is dead, whatever the process says. It comes round every second or
/// two, also while Redis is away.
const DEAD_AFTER: Duration = Duration::from_secs(30);

/// State of a worker that probes ask for.
#[derive(Debug, Clone)]
pub struct Health {
    pub(super) readiness: Readiness,
    /// One for each queue.
    pub(super) pulses: Vec<Pulse>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Health {
    /// Test that the loops which take jobs come round.
    pub fn is_alive(&self) -> bool {
        *self.stopping.borrow() || self.pulses.iter().all(|pulse| pulse.silence() < DEAD_AFTER)
    }

    /// Readiness for jobs.
    pub async fn readiness(&self) -> Ready {
        let stopping = self.stopping.borrow().then_some("the worker stops");
        self.readiness.ask(stopping).await
    }
}

/// Serves `/healthz`, `/health/live`, `/health/ready` and `/metrics`.
pub(super) fn serve(
    listener: TcpListener,
    health: Health,
    observability: Observability,
) -> std::io::Result<Server> {
    let (health, observability) = (Data::new(health), Data::new(observability));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(health.clone())
            .app_data(observability.clone())
            .route("/healthz", web::get().to(live))
            .route("/health/live", web::get().to(live))
            .route("/health/ready", web::get().to(ready))
            .route("/metrics", web::get().to(metrics))
            .route("/actors", web::get().to(actors))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

async fn live(health: Data<Health>) -> HttpResponse {
    if health.is_alive() {
        answer(StatusCode::OK, json!({"status": "ok"}))
    } else {
        answer(
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"status": "dead", "error": "the job loop is silent"}),
        )
    }
}

async fn ready(health: Data<Health>) -> HttpResponse {
    health.readiness().await.respond()
}

fn answer(status: StatusCode, body: serde_json::Value) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header(("Cache-Control", "no-store"))
        .json(body)
}

/// Every actor of this process; one that does not answer within a second is shown as silent.
async fn actors(observability: Data<Observability>) -> HttpResponse {
    answer(
        StatusCode::OK,
        json!(observability.actors.observe_all().await),
    )
}

async fn metrics(observability: Data<Observability>) -> HttpResponse {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&observability.registry.gather(), &mut text) {
        Ok(()) => HttpResponse::Ok()
            .content_type(encoder.format_type())
            .insert_header(("Cache-Control", "no-store"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "can't encode the metrics");
            HttpResponse::InternalServerError().finish()
        }
    }
}
