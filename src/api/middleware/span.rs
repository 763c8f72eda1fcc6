//! The span of a request in the logs.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::RootSpanBuilder;

use super::trace::TraceId;

/// Names the trace, the method and the path. No query, header or body: they may hold secrets and positions.
#[derive(Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let trace_id = request
            .extensions()
            .get::<TraceId>()
            .map(|id| id.0)
            .unwrap_or_default();
        tracing::info_span!(
            "request",
            %trace_id,
            http.method = %request.method(),
            http.path = request.path(),
            user_id = Empty,
        )
    }

    fn on_request_end<B: MessageBody>(_: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        tracing::info!(http.status_code = status.as_u16(), "request finished");
    }
}
