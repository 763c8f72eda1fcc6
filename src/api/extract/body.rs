//! The JSON body of a request.

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpRequest};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::fields::{Fields, FromFields};
use super::json;
use crate::api::error::ApiError;
use crate::api::fault::FaultCode;
use crate::api::state::AppState;

/// Longest body.
const LIMIT: usize = 64 * 1024;

/// A body that was read without a fault.
#[derive(Debug)]
pub struct Body<T> {
    /// Value of the body.
    pub value: T,
    /// SHA-256 of the path it was sent to and of its bytes.
    pub digest: [u8; 32],
}

impl<T: FromFields + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let acceptable = check_headers(req.headers());
        let patience = req
            .app_data::<Data<AppState>>()
            .map(|state| state.http.body_timeout);
        let payload = payload.take();
        let mut digest = Sha256::new_with_prefix(req.path());
        Box::pin(async move {
            acceptable?;
            let bytes = match patience {
                Some(patience) => timeout(patience, collect(payload))
                    .await
                    .map_err(|_| ApiError::RequestTimeout)??,
                None => collect(payload).await?,
            };
            digest.update(&bytes);
            Ok(Self {
                value: read(&bytes)?,
                digest: digest.finalize().into(),
            })
        })
    }
}

/// A body must be plain JSON: no form can send that across sites, and nothing can swell when it is unpacked.
fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::UnsupportedMediaType(
            "the body must be application/json",
        ));
    }
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Err(ApiError::UnsupportedMediaType(
            "a compressed body is not accepted",
        ));
    }
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > LIMIT) {
        return Err(ApiError::PayloadTooLarge);
    }
    Ok(())
}

async fn collect(mut payload: Payload) -> Result<Bytes, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk
            .map_err(|_| ApiError::invalid("", FaultCode::BrokenBody, "the body ended early"))?;
        if body.len() + chunk.len() > LIMIT {
            return Err(ApiError::PayloadTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

pub(super) fn read<T: FromFields>(bytes: &[u8]) -> Result<T, ApiError> {
    let value = json::parse(bytes).map_err(|error| {
        ApiError::invalid(
            "",
            FaultCode::InvalidJson,
            format!("is not valid JSON: {error}"),
        )
    })?;
    let Some(map) = value.as_object() else {
        return Err(ApiError::invalid(
            "",
            FaultCode::WrongType,
            "must be a JSON object",
        ));
    };
    let mut fields = Fields::new(map, "");
    let read = T::from_fields(&mut fields);
    let faults = fields.finish();
    match read {
        Some(read) if faults.is_empty() => Ok(read),
        _ => Err(ApiError::Invalid(faults)),
    }
}
