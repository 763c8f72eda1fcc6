//! The keys of the session cookie: the first encrypts, all decrypt.
//!
//! Rotation without a log-out takes two steps, each rolled out to every server before the next:
//! 1. append the new key to the file: all servers can read it;
//! 2. move it to the first line: all servers write it, and cookies under the old key are renewed as they come by.
//!
//! After 12 hours, when no older cookie can be valid any more, the old key may go.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::cookie::{Cookie, CookieJar, Key};
use arc_swap::ArcSwap;
use sha2::{Digest, Sha256, Sha512};

use crate::config::SessionConfig;
use crate::config::key_file::{self, KeyFileError};

/// A key has at least this many bytes.
const SHORTEST: usize = 64;

/// Faults of the keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    #[error(
        "SESSION_KEY_FILE is not set; SESSION_ALLOW_EPHEMERAL=1 would start with a key that dies with the process"
    )]
    Missing,
    #[error("SESSION_KEY_FILE: {0}")]
    File(KeyFileError),
}

/// The keys in use; clones share them.
#[derive(Clone)]
pub struct KeyRing {
    source: Option<PathBuf>,
    keys: Arc<ArcSwap<Vec<Key>>>,
}

impl KeyRing {
    /// The keys of the configured file, or one that dies with the process where that is allowed.
    ///
    /// # Errors
    /// [`KeyRingError`] names the file and what is wrong with it.
    pub fn load(config: &SessionConfig) -> Result<Self, KeyRingError> {
        let keys = match &config.key_file {
            Some(path) => read_keys(path)?,
            None if config.allow_ephemeral => {
                tracing::warn!("no SESSION_KEY_FILE: all sessions end with this process");
                vec![Key::generate()]
            }
            None => return Err(KeyRingError::Missing),
        };
        let ring = Self {
            source: config.key_file.clone(),
            keys: Arc::new(ArcSwap::from_pointee(keys)),
        };
        tracing::info!(fingerprints = ring.fingerprints(), "session keys loaded");
        Ok(ring)
    }

    /// Reads the file again and takes its keys, if they are sound and not the same.
    ///
    /// # Errors
    /// [`KeyRingError`]; the keys stay as they were.
    pub fn reload(&self) -> Result<(), KeyRingError> {
        let Some(path) = &self.source else {
            return Ok(());
        };
        let keys = read_keys(path)?;
        let same = keys
            .iter()
            .map(Key::master)
            .eq(self.keys.load().iter().map(Key::master));
        if !same {
            self.keys.store(Arc::new(keys));
            tracing::info!(fingerprints = self.fingerprints(), "session keys changed");
        }
        Ok(())
    }

    /// Eight hexadecimal digits for each key, in order: enough to tell them apart, useless to forge with.
    pub fn fingerprints(&self) -> String {
        let keys = self.keys.load();
        let digests = keys.iter().map(|key| Sha256::digest(key.master()));
        digests
            .map(|d| format!("{:02x}{:02x}{:02x}{:02x}", d[0], d[1], d[2], d[3]))
            .collect::<Vec<_>>()
            .join(",")
    }

    /// The key that encrypts now.
    pub fn first(&self) -> Key {
        self.keys.load()[0].clone()
    }

    /// Content of the cookie, if one of the keys opens it.
    pub(super) fn open(&self, cookie: &Cookie<'static>) -> Option<Opened> {
        let keys = self.keys.load();
        keys.iter().enumerate().find_map(|(index, key)| {
            Some(Opened {
                cookie: open(cookie, key)?,
                key: key.clone(),
                is_current: index == 0,
            })
        })
    }

    /// The cookie under the first key.
    pub(super) fn seal(&self, cookie: Cookie<'static>) -> Option<Cookie<'static>> {
        seal(cookie, self.keys.load().first()?)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing")
            .field(&self.fingerprints())
            .finish()
    }
}

/// A cookie in the clear.
pub(super) struct Opened {
    pub(super) cookie: Cookie<'static>,
    /// The key that it was under.
    pub(super) key: Key,
    /// Test for the first one.
    pub(super) is_current: bool,
}

/// Decrypts a cookie.
pub(super) fn open(cookie: &Cookie<'static>, key: &Key) -> Option<Cookie<'static>> {
    CookieJar::new().private(key).decrypt(cookie.clone())
}

/// Encrypts a cookie.
pub(super) fn seal(cookie: Cookie<'static>, key: &Key) -> Option<Cookie<'static>> {
    let mut jar = CookieJar::new();
    jar.private_mut(key).add(cookie);
    jar.delta().next().cloned()
}

fn read_keys(path: &Path) -> Result<Vec<Key>, KeyRingError> {
    let keys = key_file::read(path, SHORTEST).map_err(KeyRingError::File)?;
    // Hashed, so that every byte of a longer key counts.
    let hashed = keys.iter().map(|key| Key::from(&Sha512::digest(key)));
    Ok(hashed.collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use actix_web::cookie::SameSite;
    use proptest::prelude::*;
    use wildside_dial::secret_file::SecretFileError;

    use super::*;
    use crate::config::CookieSameSite;

    fn key_file(content: &str, mode: u32) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))
            .unwrap();
        file
    }

    fn ring(file: &tempfile::NamedTempFile) -> Result<KeyRing, KeyRingError> {
        KeyRing::load(&SessionConfig {
            key_file: Some(file.path().to_owned()),
            allow_ephemeral: false,
            cookie_secure: true,
            cookie_same_site: CookieSameSite(SameSite::Lax),
            cookie_domain: None,
        })
    }

    #[test]
    fn a_cookie_of_either_key_is_read_and_the_first_writes() {
        let (old, new) = ("o".repeat(64), "n".repeat(64));
        let file = key_file(&format!("{old}\n{new}\n"), 0o600);
        let before = ring(&file).unwrap();
        let sealed = before.seal(Cookie::new("session", "hello")).unwrap();
        assert!(before.open(&sealed).unwrap().is_current);

        std::fs::write(file.path(), format!("{new}\n{old}\n")).unwrap();
        before.reload().unwrap();
        let opened = before.open(&sealed).unwrap();
        assert_eq!((opened.cookie.value(), opened.is_current), ("hello", false));

        std::fs::write(file.path(), format!("{new}\n")).unwrap();
        before.reload().unwrap();
        assert!(before.open(&sealed).is_none());
    }

    proptest! {
        /// A text that nobody sealed opens nothing, and none breaks the lock.
        #[test]
        fn no_text_is_a_cookie(text in "[ -~]{0,200}|[A-Za-z0-9+/=%]{0,200}") {
            let ring = KeyRing::load(&SessionConfig {
                key_file: None,
                allow_ephemeral: true,
                cookie_secure: true,
            cookie_same_site: CookieSameSite(SameSite::Lax),
                cookie_domain: None,
            });
            if let Ok(cookie) = Cookie::parse_encoded(format!("session={text}")) {
                prop_assert!(ring.unwrap().open(&cookie).is_none());
            }
        }
    }

    #[test]
    fn without_a_key_it_starts_only_where_that_is_allowed() {
        let config = |allow_ephemeral| SessionConfig {
            key_file: None,
            allow_ephemeral,
            cookie_secure: true,
            cookie_same_site: CookieSameSite(SameSite::Lax),
            cookie_domain: None,
        };
        assert!(KeyRing::load(&config(true)).is_ok());
        assert!(matches!(
            KeyRing::load(&config(false)),
            Err(KeyRingError::Missing)
        ));
    }

    #[test]
    fn unsound_files_are_named_and_a_bad_reload_changes_nothing() {
        let key = "k".repeat(64);
        assert!(matches!(
            ring(&key_file("short", 0o600)),
            Err(KeyRingError::File(KeyFileError::Short { length: 5, .. }))
        ));
        assert!(matches!(
            ring(&key_file("", 0o600)),
            Err(KeyRingError::File(KeyFileError::Empty(_)))
        ));
        assert!(matches!(
            ring(&key_file(&key, 0o644)),
            Err(KeyRingError::File(KeyFileError::Secret(
                SecretFileError::Public(_)
            )))
        ));

        let file = key_file(&key, 0o600);
        let ring = ring(&file).unwrap();
        let fingerprints = ring.fingerprints();
        std::fs::write(file.path(), "short").unwrap();
        assert!(ring.reload().is_err());
        assert_eq!(ring.fingerprints(), fingerprints);
    }
}
