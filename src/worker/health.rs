//! How a worker fares, for the orchestrator and for Prometheus.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use diesel_async::SimpleAsyncConnection;
use prometheus::{Encoder, TextEncoder};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::db::Pool;
use crate::observability::Observability;
use crate::queue::Pulse;
use crate::shared_redis::Redis;

/// A loop that has not come round for this long is dead, whatever the process says. It comes round every second or
/// two, also while Redis is away.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// A dependency that takes longer is as good as away.
const TIME_BUDGET: Duration = Duration::from_secs(1);

/// What a worker is asked about.
#[derive(Debug, Clone)]
pub struct Health {
    pub(super) db: Pool,
    pub(super) redis: Redis,
    /// One for each queue.
    pub(super) pulses: Vec<Pulse>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Health {
    /// Whether the loops that take jobs come round.
    pub fn is_alive(&self) -> bool {
        *self.stopping.borrow() || self.pulses.iter().all(|pulse| pulse.silence() < DEAD_AFTER)
    }

    /// The names of the checks, and what is wrong with each.
    pub async fn checks(&self) -> [(&'static str, Option<&'static str>); 3] {
        let (postgresql, redis) = tokio::join!(
            within_budget(self.is_postgresql_there()),
            within_budget(self.is_redis_there())
        );
        let stopping = self.stopping.borrow().then_some("the worker stops");
        [
            ("postgresql", postgresql),
            ("redis", redis),
            ("accepting", stopping),
        ]
    }

    async fn is_postgresql_there(&self) -> bool {
        match self.db.get().await {
            Ok(mut connection) => connection.batch_execute("SELECT 1").await.is_ok(),
            Err(_) => false,
        }
    }

    async fn is_redis_there(&self) -> bool {
        let answer: redis::RedisResult<String> = redis::cmd("PING")
            .query_async(&mut self.redis.clone())
            .await;
        answer.is_ok()
    }
}

async fn within_budget(check: impl Future<Output = bool>) -> Option<&'static str> {
    match timeout(TIME_BUDGET, check).await {
        Ok(true) => None,
        Ok(false) => Some("no connection"),
        Err(_) => Some("no answer within 1 s"),
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
    let checks = health.checks().await;
    let ready = checks.iter().all(|(_, error)| error.is_none());
    let checks: Vec<_> = checks
        .iter()
        .map(|(name, error)| json!({"name": name, "ok": error.is_none(), "error": error}))
        .collect();
    if ready {
        answer(StatusCode::OK, json!({"status": "ready", "checks": checks}))
    } else {
        answer(
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"status": "not_ready", "checks": checks}),
        )
    }
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
