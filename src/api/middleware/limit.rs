//! No address may keep the server to itself.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest};

use crate::api::extract::ClientAddress;
use crate::state::AppState;

/// Counts each request under `/api` against its address. Probes, metrics and pages are not counted.
///
/// # Errors
/// `too_many_requests`, with the time to wait.
pub async fn limit_addresses<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if req.path().starts_with("/api/") {
        let address = ClientAddress::extract(req.request()).await?;
        if let Some(state) = req.app_data::<Data<AppState>>() {
            state.quotas.requests.check(&address.limit_key())?;
        }
    }
    next.call(req).await
}
