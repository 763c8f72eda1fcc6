//! Between the keys of the cookie, which rotate, and the one key that the session middleware has for its life.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, Key};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};

use super::cookie::NAME;
use super::device::Device;
use super::key_ring::{open, seal};
use crate::state::AppState;

/// What is the same for everybody: whose login the cookie continues does not matter, so it isn't opened.
const PUBLIC: [&str; 2] = ["/api/v1/interest-themes", "/api/v1/pois"];

/// Marks a request whose cookie is under an older key: it is to be written anew.
#[derive(Debug, Clone, Copy)]
pub struct OldKey;

/// Hands the session middleware a cookie under its own key, and the client one under the first key of the ring.
///
/// # Errors
/// Those of the service.
pub async fn rekey<B: MessageBody>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let Some(state) = req.app_data::<Data<AppState>>().cloned() else {
        return next.call(req).await;
    };
    if req.method() == Method::POST {
        let device = Device::of(req.headers());
        req.extensions_mut().insert(device);
    }
    if PUBLIC.contains(&req.path()) {
        req.headers_mut().remove(COOKIE);
    } else if req.headers().contains_key(COOKIE)
        && inbound(req.headers_mut(), &state) == Some(false)
    {
        req.extensions_mut().insert(OldKey);
    }
    let mut response = next.call(req).await?;
    if response.headers().contains_key(SET_COOKIE) {
        outbound(response.headers_mut(), &state);
    }
    Ok(response)
}

/// Replaces the session cookie of a request. Whether it was under the first key; `None` without a valid one.
fn inbound(headers: &mut HeaderMap, state: &AppState) -> Option<bool> {
    let text: Vec<&str> = headers
        .get_all(COOKIE)
        .filter_map(|value| value.to_str().ok())
        .collect();
    let text = text.join("; ");
    let (ours, others): (Vec<&str>, Vec<&str>) = text
        .split(';')
        .map(str::trim)
        .partition(|pair| pair.split('=').next() == Some(NAME));
    let opened = ours.first().and_then(|pair| {
        let cookie = Cookie::parse_encoded((*pair).to_owned()).ok()?;
        state.session_keys.open(&cookie)
    });
    let is_current = opened.as_ref().map(|opened| opened.is_current);
    let own = &state.session_middleware_key;
    if opened.as_ref().is_some_and(|opened| opened.key == *own) {
        return is_current;
    }
    let mut pairs: Vec<String> = others.into_iter().map(str::to_owned).collect();
    if let Some(cookie) = opened.and_then(|opened| seal(opened.cookie, own)) {
        pairs.push(cookie.encoded().stripped().to_string());
    }
    headers.remove(COOKIE);
    if let Ok(value) = HeaderValue::from_str(&pairs.join("; ")) {
        headers.insert(COOKIE, value);
    }
    is_current
}

fn outbound(headers: &mut HeaderMap, state: &AppState) {
    let mut cookies: Vec<HeaderValue> = headers.remove(SET_COOKIE).collect();
    // The session goes first, whoever set the others.
    cookies.sort_by_key(|cookie| !cookie.as_bytes().starts_with(b"session="));
    for value in cookies {
        let translated = translate(&value, &state.session_middleware_key, state);
        headers.append(SET_COOKIE, translated.unwrap_or(value));
    }
}

/// The session cookie under the first key of the ring; `None` for any other cookie and for the removal of ours.
fn translate(value: &HeaderValue, own: &Key, state: &AppState) -> Option<HeaderValue> {
    let cookie = Cookie::parse_encoded(value.to_str().ok()?.to_owned()).ok()?;
    if cookie.name() != NAME || cookie.value().is_empty() {
        return None;
    }
    let sealed = state.session_keys.seal(open(&cookie, own)?)?;
    HeaderValue::from_str(&sealed.encoded().to_string()).ok()
}
