//! Passwords: what they must be, and argon2id.

use std::array;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{AcquireError, Semaphore};
use tokio::time::timeout;
use zxcvbn::zxcvbn;

/// Fewest characters of a password.
pub const SHORTEST: usize = 12;
/// Most bytes of a password.
pub const LONGEST_BYTES: usize = 256;

/// Characters that are judged, at either end: what is tried first is shorter, and judging takes longer than in
/// proportion.
const JUDGED: usize = 20;
/// Callers fall into so many groups.
const LANES: usize = 64;
/// Callers of one group in a queue; the others of it wait outside, so that no crowd is before everybody else.
const LANE_WIDTH: usize = 1;

/// Longest wait for a slot.
const PATIENCE: Duration = Duration::from_secs(5);

/// Cause of a password that was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("too many passwords wait to be looked at")]
    Busy,
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Weakness for which a password is not accepted; `None`: it is. Slow enough to stay off the async threads.
pub fn weakness(password: &str) -> Option<&'static str> {
    if password.chars().count() < SHORTEST {
        return Some("must have at least 12 characters");
    }
    if password.len() > LONGEST_BYTES {
        return Some("must have at most 256 bytes");
    }
    is_common(password).then_some("is one of the passwords that are tried first")
}

/// Test for one of the 10,000 commonest passwords, as they are or in an obvious disguise, perhaps repeated.
fn is_common(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    let unit = &characters[..period(&characters)];
    let repeats = characters.len().div_ceil(unit.len()) as u64;
    let common = |part: &[char]| {
        let guesses = zxcvbn(&String::from_iter(part), &[]).guesses();
        guesses.saturating_mul(repeats) <= 10_000
    };
    let judged = unit.len().min(JUDGED);
    common(&unit[..judged]) && (unit.len() == judged || common(&unit[unit.len() - judged..]))
}

/// After how many characters a text begins anew, the last time perhaps only in part; its length, if it does not.
fn period(text: &[char]) -> usize {
    let repeats_after = |n: &usize| text[*n..] == text[..text.len() - n];
    (1..=text.len() / 2)
        .find(repeats_after)
        .unwrap_or(text.len())
}

/// Hashes and verifies on blocking threads, a bounded number at once: each takes 19 MiB and 20 ms of a core. Passwords
/// are judged apart, one at a time, so that no login waits for that.
#[derive(Debug, Clone)]
pub struct PasswordHashing {
    hashing: Arc<Queue>,
    judging: Arc<Queue>,
    /// The group of the caller.
    lane: usize,
    groups: RandomState,
    /// Hash that the password of an unknown user is compared with, so that it takes as long as that of a known one.
    decoy: Arc<str>,
}

impl PasswordHashing {
    /// At most `at_once` hashes are computed at the same time.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn new(at_once: usize) -> anyhow::Result<Self> {
        Ok(Self {
            hashing: Arc::new(Queue::new(at_once)),
            judging: Arc::new(Queue::new(1)),
            lane: 0,
            groups: RandomState::new(),
            decoy: hash("nobody has this password")?.into(),
        })
    }

    /// Hashing on behalf of an address: each has one place in the queues, however often it asks.
    #[must_use]
    pub fn on_behalf_of(&self, caller: impl Hash) -> Self {
        let lane = self.groups.hash_one(caller) as usize % LANES;
        Self {
            lane,
            ..self.clone()
        }
    }

    /// A hash with a fresh salt, in PHC string format.
    ///
    /// # Errors
    /// All slots are taken for too long, or the system has no randomness to give.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let work = move || hash(&password);
        Ok(self.hashing.run(self.lane, work).await??)
    }

    /// Weakness for which the password is not accepted, if it has one.
    ///
    /// # Errors
    /// All slots are taken for too long.
    pub async fn weakness(&self, password: String) -> Result<Option<&'static str>, PasswordError> {
        self.judging
            .run(self.lane, move || weakness(&password))
            .await
    }

    /// Comparison of the password with `stored`; takes as long when there is none.
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
        let work = move || verify(&password, &stored);
        let matches = self.hashing.run(self.lane, work).await??;
        Ok(matches && known)
    }
}

/// Slots for work, and a fair queue for them.
#[derive(Debug)]
struct Queue {
    slots: Arc<Semaphore>,
    lanes: [Semaphore; LANES],
}

impl Queue {
    fn new(slots: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            lanes: array::from_fn(|_| Semaphore::new(LANE_WIDTH)),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        lane: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = timeout(PATIENCE, async {
            let lane = self.lanes[lane].acquire().await?;
            Ok::<_, AcquireError>((lane, self.slots.clone().acquire_owned().await?))
        });
        let (_lane, slot) = turn
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

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
        for repeated in ["a", "password", "123456789"] {
            let long = repeated.repeat(LONGEST_BYTES / repeated.len());
            assert!(weakness(&long).is_some(), "{long}");
        }
        let strong_end = format!("{}{}", "a".repeat(100), "correct horse battery staple");
        assert_eq!(weakness(&strong_end), None);
        assert_eq!(weakness("correct horse battery staple"), None);
        assert_eq!(weakness("пароль длинный"), None);
    }

    /// A slot, fifty callers of one kind, and then one of another.
    #[actix_web::test]
    async fn nobody_waits_behind_a_crowd() {
        let hashing = PasswordHashing::new(1).unwrap();
        let served = Arc::new(AtomicUsize::new(0));
        let lane = |caller: u32| hashing.on_behalf_of(caller).lane;
        let another = (1..1000).find(|caller| lane(*caller) != lane(0)).unwrap();
        let ask = |caller: u32| {
            let (queue, served) = (hashing.on_behalf_of(caller), served.clone());
            async move {
                // On a busy machine the last of the crowd may lose patience.
                let _ = queue.hash("a fine long password".into()).await;
                served.fetch_add(1, Ordering::SeqCst)
            }
        };
        let crowd = join_all((0..50).map(|_| ask(0)));
        let other = async {
            // The crowd is polled first, so that all of it waits by now.
            tokio::task::yield_now().await;
            ask(another).await
        };
        let (_, before) = futures::join!(crowd, other);
        assert!(before <= LANE_WIDTH + 1, "{before}");
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
