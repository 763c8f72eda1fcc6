//! Login sessions.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use actix_web::cookie::SameSite;

use super::Reader;

/// File in which orchestrators put a secret of this name.
const MOUNTED_KEY: &str = "/var/run/secrets/session_key";

/// * `SESSION_KEY_FILE`: file with one key a line, or directory of key files; the first signs, all verify (default:
///   `/var/run/secrets/session_key` if there is one)
/// * `SESSION_ALLOW_EPHEMERAL`: 1 starts without a key file, with a key that dies with the process (default 0; 1 in a debug
///   build)
/// * `SESSION_COOKIE_SECURE`: 0 sends the cookie over plain HTTP too (default 1)
/// * `SESSION_COOKIE_SAME_SITE`: `strict`, `lax`, or `none`, which pages of other sites in `WILDSIDE_ALLOWED_ORIGINS` need to
///   log in and browsers take over HTTPS alone (default `lax`)
/// * `SESSION_COOKIE_DOMAIN`: domain of the cookie (default: the host that was asked)
#[derive(Debug, Clone)]
pub struct SessionConfig {
    pub key_file: Option<PathBuf>,
    pub allow_ephemeral: bool,
    pub cookie_secure: bool,
    pub cookie_same_site: CookieSameSite,
    pub cookie_domain: Option<String>,
}

impl SessionConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let cookie_secure = reader.flag("SESSION_COOKIE_SECURE", true);
        Self {
            key_file: key_file(reader),
            allow_ephemeral: reader.flag("SESSION_ALLOW_EPHEMERAL", cfg!(debug_assertions)),
            cookie_secure,
            cookie_same_site: cookie_same_site(reader, cookie_secure),
            cookie_domain: cookie_domain(reader),
        }
    }
}

/// `SameSite` of the cookie: the requests of other sites' pages that it goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieSameSite(pub SameSite);

impl FromStr for CookieSameSite {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "strict" => Ok(Self(SameSite::Strict)),
            "lax" => Ok(Self(SameSite::Lax)),
            "none" => Ok(Self(SameSite::None)),
            _ => Err("neither strict, lax nor none"),
        }
    }
}

fn key_file(reader: &Reader<'_>) -> Option<PathBuf> {
    let mounted = || Path::new(MOUNTED_KEY).exists().then(|| MOUNTED_KEY.into());
    let named = reader.text("SESSION_KEY_FILE").map(PathBuf::from);
    named.or_else(mounted)
}

fn cookie_same_site(reader: &mut Reader<'_>, secure: bool) -> CookieSameSite {
    let name = "SESSION_COOKIE_SAME_SITE";
    let same_site = reader.or(name, CookieSameSite(SameSite::Lax));
    if same_site.0 == SameSite::None && !secure {
        reader.fault(
            name,
            "browsers take `none` with SESSION_COOKIE_SECURE=1 alone",
        );
    }
    same_site
}

fn cookie_domain(reader: &mut Reader<'_>) -> Option<String> {
    let domain = reader.text("SESSION_COOKIE_DOMAIN")?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
    if !domain.bytes().all(allowed) {
        reader.fault("SESSION_COOKIE_DOMAIN", "is not the name of a domain");
    }
    Some(domain)
}
