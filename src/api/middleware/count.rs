//! Requests counted by endpoint, method and status.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use prometheus::{DEFAULT_BUCKETS, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// The endpoint of requests for which there is none.
const UNMATCHED: &str = "unmatched";

/// Metrics of all requests. Every label has few values, whatever is asked for: a path is that of an endpoint, with
/// its parameters unfilled, and a method one that an endpoint has, or `OTHER`.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    requests_total: IntCounterVec,
    duration_seconds: HistogramVec,
}

impl HttpMetrics {
    /// Creates the metrics and registers them.
    ///
    /// # Errors
    /// The registry has metrics of these names already.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let labels = ["endpoint", "method", "status"];
        let total = Opts::new("http_requests_total", "Requests answered.");
        let seconds = HistogramOpts::new(
            "http_requests_duration_seconds",
            "Seconds from a request's head to its answer's.",
        );
        let metrics = Self {
            requests_total: IntCounterVec::new(total, &labels)?,
            duration_seconds: HistogramVec::new(seconds.buckets(DEFAULT_BUCKETS.into()), &labels)?,
        };
        registry.register(Box::new(metrics.requests_total.clone()))?;
        registry.register(Box::new(metrics.duration_seconds.clone()))?;
        Ok(metrics)
    }

    fn observe<B>(&self, response: &ServiceResponse<B>, begun: Instant) {
        let (request, status) = (response.request(), response.status());
        let endpoint = request.match_pattern();
        let labels = [
            endpoint.as_deref().unwrap_or(UNMATCHED),
            request.method().as_str(),
            status.as_str(),
        ];
        let seconds = begun.elapsed().as_secs_f64();
        self.duration_seconds
            .with_label_values(&labels)
            .observe(seconds);
        self.requests_total.with_label_values(&labels).inc();
    }
}

/// Counts each request when it is answered.
///
/// # Errors
/// Those of the service.
pub async fn count_requests<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let response = next.call(req).await?;
    if let Some(metrics) = response.request().app_data::<Data<HttpMetrics>>() {
        metrics.observe(&response, begun);
    }
    Ok(response)
}
