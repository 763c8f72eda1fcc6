//! Answers that need not be sent again when they have not changed.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// For what only its owner may keep, and must ask for before it is used again.
pub const OWN: &str = "private, no-cache";

/// A body that was serialised once, and its tag.
#[derive(Debug, Clone)]
pub struct Tagged {
    content_type: &'static str,
    body: Bytes,
    etag: String,
}

impl Tagged {
    /// Serialises `value`.
    ///
    /// # Errors
    /// It can't be serialised.
    pub fn json(value: &impl serde::Serialize) -> anyhow::Result<Self> {
        Ok(Self::new("application/json", serde_json::to_vec(value)?))
    }

    /// A body of any kind.
    pub fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let digest = Sha256::digest(&body);
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12]));
        Self {
            content_type,
            body,
            etag,
        }
    }

    /// Bytes of the body.
    pub fn size(&self) -> usize {
        self.body.len()
    }

    /// The body, or 304 if the client has it. `cache_control` says who may keep it for how long.
    pub fn answer(&self, req: &HttpRequest, cache_control: &'static str) -> HttpResponse {
        let mut response = if self.is_known(req) {
            HttpResponse::NotModified()
        } else {
            HttpResponse::Ok()
        };
        response
            .insert_header((ETAG, self.etag.as_str()))
            .insert_header((CACHE_CONTROL, cache_control));
        if self.is_known(req) {
            return response.finish();
        }
        response
            .insert_header((CONTENT_TYPE, self.content_type))
            .body(self.body.clone())
    }

    /// Weak comparison: compression may have made the client's tag weak.
    fn is_known(&self, req: &HttpRequest) -> bool {
        let known = req
            .headers()
            .get(IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        known
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag == self.etag)
    }
}
