//! The description of the API, and a page to try it that needs nothing from elsewhere.

use std::sync::LazyLock;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse, get};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::api::conditional::Tagged;

/// Files of the page; all of it comes from this server.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// The description, serialised once.
#[derive(Debug, Clone)]
pub struct Description(pub Tagged);

/// This description.
#[utoipa::path(tag = "operations", responses(
    (status = 200, description = "OpenAPI 3.1", body = std::collections::HashMap<String, serde_json::Value>),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/openapi.json")]
pub async fn openapi_json(description: Data<Description>, req: HttpRequest) -> HttpResponse {
    description.0.answer(&req, "public, max-age=300")
}

/// The WebSocket, described by AsyncAPI.
#[utoipa::path(tag = "operations", responses(
    (status = 200, description = "AsyncAPI 3", body = std::collections::HashMap<String, serde_json::Value>),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/asyncapi.json")]
pub async fn asyncapi_json(req: HttpRequest) -> HttpResponse {
    static DESCRIPTION: LazyLock<Tagged> =
        LazyLock::new(|| Tagged::new("application/json", include_str!("../../asyncapi.json")));
    DESCRIPTION.answer(&req, "public, max-age=300")
}

/// A page to try the API.
#[utoipa::path(tag = "operations", responses(
    (status = 308, description = "To `/docs/`, where it is", headers(("Location" = String, description = "Where it is"))),
))]
#[get("/docs")]
pub async fn docs() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header(("Location", "/docs/"))
        .finish()
}

/// The page itself.
pub fn swagger_ui() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json"))
}

/// Lets the page run its own script and style.
///
/// # Errors
/// Those of the service.
pub async fn loosen_policy<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let is_page = req.path().starts_with("/docs/");
    let mut response = next.call(req).await?;
    if is_page {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, POLICY);
    }
    Ok(response)
}
