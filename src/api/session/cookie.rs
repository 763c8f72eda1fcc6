//! The cookie `session`.

use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_session::storage::CookieSessionStore;
use actix_web::cookie::Key;
use actix_web::cookie::time::Duration;

use super::login::IDLE_LIMIT;
use crate::config::SessionConfig;

/// The cookie's name.
pub const NAME: &str = "session";

/// Reads and writes the cookie with `key`. The cookie itself says nothing to whoever has it: it is encrypted.
pub fn middleware(key: Key, config: &SessionConfig) -> SessionMiddleware<CookieSessionStore> {
    let lifecycle = PersistentSession::default()
        .session_ttl(Duration::seconds(IDLE_LIMIT.num_seconds()))
        .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
    SessionMiddleware::builder(CookieSessionStore::default(), key)
        .cookie_name(NAME.to_owned())
        .cookie_path("/".to_owned())
        .cookie_secure(config.cookie_secure)
        .cookie_http_only(true)
        .cookie_same_site(config.cookie_same_site.0)
        .cookie_domain(config.cookie_domain.clone())
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(lifecycle)
        .build()
}
