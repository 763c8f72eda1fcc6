//! No address may keep the server to itself.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest};

use crate::api::extract::ClientAddress;
use crate::state::AppState;

/// What machines ask that look after this one. All else counts: another spelling of a path is no way round the limit.
pub const PROBES: [&str; 4] = ["/healthz", "/health/live", "/health/ready", "/metrics"];

/// Counts each request against its address.
///
/// # Errors
/// Those of the service; a refusal is an answer: `too_many_requests`, with the time to wait.
pub async fn limit_addresses<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if !PROBES.contains(&req.path()) {
        let address = ClientAddress::extract(req.request()).await?;
        let counted = req.app_data::<Data<AppState>>().map_or(Ok(()), |state| {
            state.quotas.requests.check(&address.limit_key())
        });
        if let Err(refusal) = counted {
            return Ok(req.error_response(refusal).map_into_right_body());
        }
    }
    Ok(next.call(req).await?.map_into_left_body())
}
