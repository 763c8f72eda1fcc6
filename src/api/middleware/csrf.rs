//! No page of another site may act in the name of a logged-in user.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::api::error::ApiError;
use crate::api::state::AppState;
use crate::config::{HttpConfig, Origin};

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
        let is_own = req
            .app_data::<Data<AppState>>()
            .is_some_and(|state| is_own(req.headers(), &state.http));
        if !is_own {
            let refusal =
                ApiError::Forbidden("requests from pages of other sites are not accepted");
            return Ok(req.error_response(refusal).map_into_right_body());
        }
    }
    Ok(next.call(req).await?.map_into_left_body())
}

/// Origin check: a request comes from our own pages, from allowed ones, or from no page at all. Ours are those at the
/// public address, and those at the host that was asked; what a proxy says of another host could be anybody's.
pub fn is_own(headers: &HeaderMap, config: &HttpConfig) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    match text(ORIGIN.as_str()) {
        Some(origin) => origin.parse().is_ok_and(|origin: Origin| {
            config.welcomes(&origin) || text(HOST.as_str()).is_some_and(|host| origin.is_at(host))
        }),
        None => text("sec-fetch-site") != Some("cross-site"),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::config::Config;

    fn config() -> HttpConfig {
        let variables = [
            ("DATABASE_URL", "postgres://h/d"),
            ("REDIS_URL", "redis://h"),
            ("WILDSIDE_PUBLIC_URL", "https://Wildside.example/walks"),
            ("WILDSIDE_ALLOWED_ORIGINS", "https://app.example"),
        ];
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::from_lookup(&find).unwrap().http
    }

    fn own(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        is_own(&headers, &config())
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
    fn pages_at_the_public_address_may_whatever_host_a_proxy_sends() {
        for origin in [
            "https://wildside.example",
            "https://wildside.example:443",
            "HTTPS://WILDSIDE.EXAMPLE",
        ] {
            assert!(own(&[("host", "127.0.0.1:8080"), ("origin", origin)]));
        }
        for origin in [
            "http://wildside.example",
            "https://wildside.example:8443",
            "https://wildside.example.evil",
        ] {
            assert!(
                !own(&[("host", "127.0.0.1:8080"), ("origin", origin)]),
                "{origin}"
            );
        }
    }

    #[test]
    fn a_default_port_may_be_named_or_not() {
        let pairs = [
            ("api.example:443", "https://api.example"),
            ("api.example", "https://api.example:443"),
            ("api.example:80", "http://api.example"),
        ];
        for (host, origin) in pairs {
            assert!(own(&[("host", host), ("origin", origin)]), "{host}");
        }
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
        assert!(!own(&[
            ("host", "api.example"),
            ("x-forwarded-host", "evil.example"),
            ("origin", "https://evil.example")
        ]));
    }
}
