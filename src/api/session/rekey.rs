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
use crate::api::state::AppState;

/// State that is the same for everybody: whose login the cookie continues does not matter, so it isn't opened.
const PUBLIC: [&str; 2] = ["/api/v1/interest-themes", "/api/v1/pois"];

/// Begins a pair that may be ours.
const PREFIX: &str = "session=";
/// Cookies of our name that are looked at; whoever sends more sends none of ours.
const MOST_TRIED: usize = 20;

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

/// Leaves of all cookies ours alone, under the middleware's key. Whether it was under the first key; `None` without a valid
/// one. Other sites of the same domain may have set a cookie of the same name, before ours or after it, or one that breaks
/// the reading of all.
fn inbound(headers: &mut HeaderMap, state: &AppState) -> Option<bool> {
    let values: Vec<&[u8]> = headers.get_all(COOKIE).map(HeaderValue::as_bytes).collect();
    let opened = values
        .iter()
        .flat_map(|value| value.split(|b| *b == b';'))
        .filter_map(|pair| str::from_utf8(pair).ok()?.trim().strip_prefix(PREFIX))
        .take(MOST_TRIED)
        .find_map(|value| rekeyed(format!("{PREFIX}{value}"), state));
    headers.remove(COOKIE);
    let (pair, is_current) = opened?;
    headers.insert(COOKIE, HeaderValue::from_str(&pair).ok()?);
    Some(is_current)
}

/// A cookie under the middleware's key, and whether it was under the first.
fn rekeyed(pair: String, state: &AppState) -> Option<(String, bool)> {
    let cookie = Cookie::parse_encoded(pair.clone()).ok()?;
    let opened = state.session_keys.open(&cookie)?;
    let own = &state.session_middleware_key;
    if opened.key == *own {
        return Some((pair, opened.is_current));
    }
    let sealed = seal(opened.cookie, own)?;
    Some((sealed.encoded().stripped().to_string(), opened.is_current))
}

fn outbound(headers: &mut HeaderMap, state: &AppState) {
    let mut cookies: Vec<HeaderValue> = headers.remove(SET_COOKIE).collect();
    // The session goes first, whoever set the others.
    cookies.sort_by_key(|cookie| !cookie.as_bytes().starts_with(PREFIX.as_bytes()));
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
