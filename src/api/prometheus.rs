//! Metrics for Prometheus.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use anyhow::Context;
use prometheus::{Encoder, TextEncoder};

use crate::api::error::ApiError;
use crate::api::state::AppState;

/// All metrics of this process, as Prometheus text.
#[utoipa::path(tag = "operations", responses((status = 200, description = "The metrics", body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub async fn metrics(state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    encoder
        .encode(&state.observability.registry.gather(), &mut text)
        .context("can't encode the metrics")?;
    Ok(HttpResponse::Ok()
        .content_type(encoder.format_type())
        .insert_header(("Cache-Control", "no-store"))
        .body(text))
}
