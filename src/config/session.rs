//! Login sessions.

use std::path::PathBuf;

use super::Reader;

/// * `SESSION_KEY_FILE`: file with one key a line, or directory of key files; the first signs, all verify (default: none)
/// * `SESSION_ALLOW_EPHEMERAL`: 1 starts without a key file, with a key that dies with the process (default 0; 1 in a debug
///   build)
/// * `SESSION_COOKIE_SECURE`: 0 sends the cookie over plain HTTP too (default 1)
/// * `SESSION_COOKIE_DOMAIN`: domain of the cookie (default: the host that was asked)
#[derive(Debug, Clone)]
pub struct SessionConfig {
    pub key_file: Option<PathBuf>,
    pub allow_ephemeral: bool,
    pub cookie_secure: bool,
    pub cookie_domain: Option<String>,
}

impl SessionConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            key_file: reader.text("SESSION_KEY_FILE").map(PathBuf::from),
            allow_ephemeral: reader.flag("SESSION_ALLOW_EPHEMERAL", cfg!(debug_assertions)),
            cookie_secure: reader.flag("SESSION_COOKIE_SECURE", true),
            cookie_domain: cookie_domain(reader),
        }
    }
}

fn cookie_domain(reader: &mut Reader<'_>) -> Option<String> {
    let domain = reader.text("SESSION_COOKIE_DOMAIN")?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
    if !domain.bytes().all(allowed) {
        reader.fault("SESSION_COOKIE_DOMAIN", "is not the name of a domain");
    }
    Some(domain)
}
