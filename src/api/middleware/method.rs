//! A closed set of methods. Any token is a method to HTTP, and every method seen would be a label of the metrics for
//! ever.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;

/// Name of all methods that no endpoint has.
const OTHER: &[u8] = b"OTHER";

/// Routes a `HEAD` as a `GET`; the HTTP codec, which remembers what was asked, leaves the body out. A method that no
/// endpoint has becomes `OTHER`, for logs, metrics and all that comes after.
///
/// # Errors
/// Those of the service.
pub async fn known_method<B: MessageBody>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let method = &mut req.head_mut().method;
    match *method {
        Method::GET
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => {}
        Method::HEAD => *method = Method::GET,
        _ => *method = Method::from_bytes(OTHER).unwrap_or(Method::TRACE),
    }
    next.call(req).await
}
