//! Device that a request comes from.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::str;

use actix_web::cookie::{Cookie, time};
use actix_web::dev::Payload;
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, ORIGIN};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Uuid;

use crate::config::SessionConfig;

const NAME: &str = "wildside_device";
/// Browsers keep no cookie for longer.
const LASTS: time::Duration = time::Duration::days(400);

/// Id of a browser or app, by a cookie that it got at a login. It opens nothing: it only tells a device that has logged
/// in before from a stranger's.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    id: Uuid,
    is_new: bool,
    is_browser: bool,
}

impl Device {
    /// The device that sends these headers.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let values: Vec<&[u8]> = headers.get_all(COOKIE).map(HeaderValue::as_bytes).collect();
        let mut pairs = values.iter().flat_map(|value| value.split(|b| *b == b';'));
        let known = pairs.find_map(|pair| {
            let (name, value) = str::from_utf8(pair).ok()?.trim().split_once('=')?;
            (name == NAME)
                .then(|| Uuid::try_parse(value).ok())
                .flatten()
        });
        Self {
            id: known.unwrap_or_else(Uuid::new_v4),
            is_new: known.is_none(),
            is_browser: headers.contains_key(ORIGIN),
        }
    }

    /// The id of before.
    pub fn known(self) -> Option<Uuid> {
        (!self.is_new).then_some(self.id)
    }

    /// The id of before, or a new one.
    pub const fn id(self) -> Uuid {
        self.id
    }

    /// The cookie that keeps it, for browsers, which name the page's origin in all that they post. Other clients get
    /// the session alone: some of them take one cookie out of an answer and expect no second.
    pub fn cookie(self, config: &SessionConfig) -> Option<Cookie<'static>> {
        if !self.is_browser {
            return None;
        }
        let cookie = Cookie::build(NAME, self.id.to_string())
            .path("/")
            .secure(config.cookie_secure)
            .http_only(true)
            .same_site(config.cookie_same_site.0)
            .max_age(LASTS);
        Some(match &config.cookie_domain {
            Some(domain) => cookie.domain(domain.clone()).finish(),
            None => cookie.finish(),
        })
    }
}

impl FromRequest for Device {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    /// As [`rekey`](super::rekey) has seen it, which takes the cookies of others away.
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let seen = req.extensions().get::<Self>().copied();
        ready(Ok(seen.unwrap_or_else(|| Self::of(req.headers()))))
    }
}
