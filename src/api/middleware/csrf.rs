//! No page of another site may act in the name of a logged-in user.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::api::error::ApiError;
use crate::state::AppState;

/// Refuses unsafe methods that a page of a foreign origin sends.
///
/// Browsers name the origin in `Origin`, and old ones at least in `Sec-Fetch-Site`; programs send neither. That bodies
/// must be JSON, which a plain form can't send, is the second lock: see the body extractor.
///
/// # Errors
/// Those of the service; a refusal is an answer.
pub async fn refuse_foreign_origins<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if !matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        let allowed = req
            .app_data::<Data<AppState>>()
            .map_or(&[][..], |state| &state.http.allowed_origins);
        if !is_own(req.headers(), allowed) {
            let refusal =
                ApiError::Forbidden("requests from pages of other sites are not accepted");
            return Ok(req.error_response(refusal).map_into_right_body());
        }
    }
    Ok(next.call(req).await?.map_into_left_body())
}

/// Whether a request comes from our own pages, from allowed ones, or from no page at all.
pub fn is_own(headers: &HeaderMap, allowed: &[String]) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    match text(ORIGIN.as_str()) {
        Some(origin) => {
            let host = text(HOST.as_str()).unwrap_or_default();
            let authority = origin
                .split_once("://")
                .map_or("", |(_, authority)| authority);
            (!host.is_empty() && authority.eq_ignore_ascii_case(host))
                || allowed.iter().any(|own| own.eq_ignore_ascii_case(origin))
        }
        None => text("sec-fetch-site") != Some("cross-site"),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn own(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        is_own(&headers, &["https://app.example".to_owned()])
    }

    #[test]
    fn own_pages_allowed_pages_and_programs_may() {
        assert!(own(&[
            ("host", "api.example:8080"),
            ("origin", "http://api.example:8080")
        ]));
        assert!(own(&[
            ("host", "api.example"),
            ("origin", "https://app.example")
        ]));
        assert!(own(&[("host", "api.example")]));
    }

    #[test]
    fn foreign_pages_may_not() {
        for origin in [
            "https://evil.example",
            "null",
            "",
            "https://api.example.evil",
            "http://api.example:81",
        ] {
            assert!(
                !own(&[("host", "api.example"), ("origin", origin)]),
                "{origin}"
            );
        }
        assert!(!own(&[
            ("host", "api.example"),
            ("sec-fetch-site", "cross-site")
        ]));
    }
}
