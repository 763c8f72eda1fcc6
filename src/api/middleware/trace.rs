//! The outermost middleware: a trace id for each request, on each answer, and one form for all errors.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};
use uuid::Uuid;

use crate::api::error::ApiError;

const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");

/// The trace that a request belongs to.
#[derive(Debug, Clone, Copy)]
pub struct TraceId(pub Uuid);

impl TraceId {
    /// The trace that the caller names in a W3C `traceparent` header, else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let named = headers
            .get("traceparent")
            .and_then(|value| value.to_str().ok())
            .and_then(parse_traceparent);
        Self(named.unwrap_or_else(Uuid::new_v4))
    }

    fn header(self) -> HeaderValue {
        let mut buffer = Uuid::encode_buffer();
        let text = self.0.hyphenated().encode_lower(&mut buffer);
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The trace id of `00-{32 hex digits}-{16 hex digits}-{2 hex digits}`, which may not be all zeros.
fn parse_traceparent(text: &str) -> Option<Uuid> {
    let mut parts = text.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, len: usize| {
        part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let well_formed =
        hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    if !well_formed || (version == "00" && parts.next().is_some()) {
        return None;
    }
    Uuid::try_parse(trace).ok().filter(|id| !id.is_nil())
}

/// Wraps the whole application.
///
/// # Errors
/// Refusal of a middleware further in; already in its final form.
pub async fn trace<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let trace_id = TraceId::of(req.headers());
    req.extensions_mut().insert(trace_id);
    let response = next
        .call(req)
        .await
        .map_err(|error| in_final_form(&error, trace_id))?;
    let mut response = response.map_into_boxed_body();
    if let Some(rendered) = rendered(&response, trace_id) {
        let headers = response.headers().clone();
        response = response.into_response(rendered);
        keep(&headers, response.headers_mut());
    }
    response.headers_mut().insert(TRACE_ID, trace_id.header());
    Ok(response)
}

/// The error body of a response that is an error and does not have one yet.
fn rendered(response: &ServiceResponse, trace_id: TraceId) -> Option<HttpResponse> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    match response.response().error() {
        Some(error) => Some(as_api_error(error, status, |error| {
            error.render(trace_id.0)
        })),
        None if response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind == "application/json") =>
        {
            None
        }
        None => Some(ApiError::from_status(status).render(trace_id.0)),
    }
}

/// Headers that middlewares further in have set stay, but those that describe the replaced body.
fn keep(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if !matches!(
            name.as_str(),
            "content-type" | "content-length" | "content-encoding"
        ) && !to.contains_key(name)
        {
            to.append(name.clone(), value.clone());
        }
    }
}

fn as_api_error<T>(
    error: &Error,
    status: actix_web::http::StatusCode,
    use_it: impl FnOnce(&ApiError) -> T,
) -> T {
    match error.as_error::<ApiError>() {
        Some(error) => use_it(error),
        None => use_it(&ApiError::from_status(status)),
    }
}

fn in_final_form(error: &Error, TraceId(trace_id): TraceId) -> Error {
    let status = error.as_response_error().status_code();
    let mut response = as_api_error(error, status, |error| error.render(trace_id));
    response
        .headers_mut()
        .insert(TRACE_ID, TraceId(trace_id).header());
    actix_web::error::InternalError::from_response("request refused", response).into()
}

#[cfg(test)]
mod tests {
    use super::parse_traceparent;

    #[test]
    fn a_well_formed_traceparent_names_its_trace() {
        let id =
            parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(id.simple().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn anything_else_is_ignored() {
        for text in [
            "",
            "00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
        ] {
            assert_eq!(parse_traceparent(text), None, "{text}");
        }
    }
}
