//! The span of a request in the logs.

use std::time::Instant;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::RootSpanBuilder;

use super::trace::TraceId;

/// Endpoints that machines ask every few seconds: as long as they answer well, they would drown everything else.
const PROBED: [&str; 4] = ["/healthz", "/health/live", "/health/ready", "/metrics"];

/// Names the trace, the method and the path, and in one line at the end how it went. No query, header or body: they may hold
/// secrets and positions.
#[derive(Debug)]
pub struct RequestSpan;

/// Part of the path before the secret of a link to a walk.
const BEFORE_SECRET: &str = "/shared/";

/// The path as it may be in a log: whoever knows the secret of a link sees the walk.
fn without_secret(path: &str) -> &str {
    let end = path.find(BEFORE_SECRET).map(|at| at + BEFORE_SECRET.len());
    end.map_or(path, |end| &path[..end])
}

/// Time at which the request came in.
#[derive(Debug, Clone, Copy)]
struct Begun(Instant);

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let mut extensions = request.extensions_mut();
        extensions.insert(Begun(Instant::now()));
        let trace_id = extensions.get::<TraceId>().map(|id| id.0);
        tracing::info_span!(
            "request",
            trace_id = %trace_id.unwrap_or_default(),
            http.method = %request.method(),
            http.path = without_secret(request.path()),
            user_id = Empty,
        )
    }

    fn on_request_end<B: MessageBody>(_: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        match outcome {
            Ok(response) => log(response),
            Err(error) => {
                let status = error.as_response_error().status_code();
                tracing::info!(http.status_code = status.as_u16(), "request finished");
            }
        }
    }
}

/// One line for a request: its endpoint with the parameters unfilled, its status, and what it cost.
fn log<B: MessageBody>(response: &ServiceResponse<B>) {
    let (request, status) = (response.request(), response.status());
    let endpoint = request.match_pattern();
    let begun = request.extensions().get::<Begun>().copied();
    let duration_ms = begun.map(|Begun(begun)| begun.elapsed().as_secs_f64() * 1e3);
    let bytes = match response.response().body().size() {
        BodySize::Sized(bytes) => Some(bytes),
        BodySize::None => Some(0),
        BodySize::Stream => None,
    };
    let is_probe = endpoint
        .as_deref()
        .is_some_and(|endpoint| PROBED.contains(&endpoint));
    let (status, endpoint) = (status.as_u16(), endpoint.as_deref());
    if is_probe && status < 400 {
        tracing::debug!(
            http.status_code = status,
            http.endpoint = endpoint,
            duration_ms,
            http.bytes = bytes,
            "request finished"
        );
    } else {
        tracing::info!(
            http.status_code = status,
            http.endpoint = endpoint,
            duration_ms,
            http.bytes = bytes,
            "request finished"
        );
    }
}
