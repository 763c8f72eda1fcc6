//! No address may keep the server to itself.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest};

use crate::api::error::ApiError;
use crate::api::extract::ClientAddress;
use crate::api::state::AppState;

/// Probes of the machines that look after this one. They are counted apart, so that no other request of the same
/// address has them refused. Another spelling of a path is no way round the limit.
const PROBES: [&str; 4] = ["/healthz", "/health/live", "/health/ready", "/metrics"];

/// Counts each request against its address.
///
/// # Errors
/// Those of the service; a refusal is an answer: `too_many_requests`, with the time to wait.
pub async fn limit_addresses<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let address = ClientAddress::extract(req.request()).await?.limit_key();
    let counted = req.app_data::<Data<AppState>>().map_or(Ok(()), |state| {
        let quotas = &state.quotas;
        let is_probe = PROBES.contains(&req.path());
        let limiter = if is_probe {
            &quotas.probes
        } else {
            &quotas.requests
        };
        limiter.check(&address)
    });
    if let Err(refusal) = counted {
        return Ok(req
            .error_response(ApiError::from(refusal))
            .map_into_right_body());
    }
    Ok(next.call(req).await?.map_into_left_body())
}
