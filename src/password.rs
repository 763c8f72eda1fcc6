//! Passwords: what they must be, and argon2id.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use zxcvbn::zxcvbn;

/// Fewest characters of a password.
pub const SHORTEST: usize = 12;
/// Most bytes of a password.
pub const LONGEST_BYTES: usize = 256;

/// Whoever would wait longer for a slot is sent away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a password was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("too many passwords wait to be looked at")]
    Busy,
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Why a password is not accepted; `None`: it is. Slow enough to stay off the async threads.
pub fn weakness(password: &str) -> Option<&'static str> {
    if password.chars().count() < SHORTEST {
        return Some("must have at least 12 characters");
    }
    if password.len() > LONGEST_BYTES {
        return Some("must have at most 256 bytes");
    }
    is_common(password).then_some("is one of the passwords that are tried first")
}

/// Whether it is among the 10,000 commonest, as they are or in an obvious disguise.
fn is_common(password: &str) -> bool {
    zxcvbn(password, &[]).guesses() <= 10_000
}

/// Hashes and verifies on blocking threads, a bounded number at once: each takes 19 MiB and 20 ms of a core.
#[derive(Debug, Clone)]
pub struct PasswordHashing {
    slots: Arc<Semaphore>,
    /// What the password of an unknown user is compared with, so that it takes as long as that of a known one.
    decoy: Arc<str>,
}

impl PasswordHashing {
    /// At most `at_once` hashes are computed at the same time.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn new(at_once: usize) -> anyhow::Result<Self> {
        Ok(Self {
            slots: Arc::new(Semaphore::new(at_once)),
            decoy: hash("nobody has this password")?.into(),
        })
    }

    /// A hash with a fresh salt, in PHC string format.
    ///
    /// # Errors
    /// All slots are taken for too long, or the system has no randomness to give.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        Ok(self.run(move || hash(&password)).await??)
    }

    /// Why the password is not accepted, if so.
    ///
    /// # Errors
    /// All slots are taken for too long.
    pub async fn weakness(&self, password: String) -> Result<Option<&'static str>, PasswordError> {
        self.run(move || weakness(&password)).await
    }

    /// Whether the password is the one of `stored`; takes as long when there is none.
    ///
    /// # Errors
    /// All slots are taken for too long, or the stored hash is not one.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        let matches = self.run(move || verify(&password, &stored)).await??;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let slot = timeout(PATIENCE, self.slots.clone().acquire_owned())
            .await
            .map_err(|_| PasswordError::Busy)?
            .context("no slots")?;
        let span = tracing::Span::current();
        let worked = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            span.in_scope(work)
        });
        Ok(worked.await.context("the work on a password broke off")?)
    }
}

/// argon2id with 19 MiB, two passes and one lane: what OWASP recommends, and the crate's default.
fn hash(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .context("can't hash a password")?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> anyhow::Result<bool> {
    let stored = PasswordHash::new(stored).context("the stored password hash is not valid")?;
    Ok(Argon2::default()
        .verify_password(password.as_bytes(), &stored)
        .is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        for password in [
            "elevenchars",
            "111111111111",
            "qwerty123456",
            "1Q2w3e4r5t6y",
            "finalfantasy",
            &"é".repeat(129),
        ] {
            assert!(weakness(password).is_some(), "{password}");
        }
        assert_eq!(weakness("correct horse battery staple"), None);
        assert_eq!(weakness("пароль длинный"), None);
    }

    #[actix_web::test]
    async fn only_the_right_password_of_a_known_user_matches() {
        let hashing = PasswordHashing::new(1).unwrap();
        let stored = hashing.hash("a fine long password".into()).await.unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert!(
            hashing
                .verify("a fine long password".into(), Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(
            !hashing
                .verify("another password".into(), Some(stored))
                .await
                .unwrap()
        );
        assert!(
            !hashing
                .verify("nobody has this password".into(), None)
                .await
                .unwrap()
        );
    }
}
