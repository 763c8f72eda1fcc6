//! The state in the cookie.

use std::time::Duration;

use actix_session::Session;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Key of the state in the session.
const KEY: &str = "login";
/// A session that is not used for this long ends.
pub(super) const IDLE_LIMIT: TimeDelta = TimeDelta::hours(2);
/// A session ends after this long in any case.
const ABSOLUTE_LIMIT: TimeDelta = TimeDelta::hours(12);
/// The cookie is written anew at most this often.
const REFRESH_AFTER: TimeDelta = TimeDelta::minutes(1);

/// One login of one user on one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoginSession {
    pub user_id: Uuid,
    /// The session ends when the user's own number has grown past this one.
    pub generation: i32,
    issued_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
}

impl LoginSession {
    /// Logs a user in: nothing of what the session held before stays.
    ///
    /// # Errors
    /// The state can't be written.
    pub fn begin(session: &Session, user_id: Uuid, generation: i32) -> anyhow::Result<()> {
        let now = Utc::now();
        session.clear();
        session.renew();
        session.insert(
            KEY,
            Self {
                user_id,
                generation,
                issued_at: now,
                seen_at: now,
            },
        )?;
        Ok(())
    }

    /// The login that a request continues, if neither limit has passed. Notes that it was seen: the cookie is written
    /// anew once a minute, or at once if `renew` is set.
    pub fn continued(session: &Session, renew: bool) -> Option<Self> {
        let now = Utc::now();
        let login: Self = session.get(KEY).ok().flatten()?;
        if !login.is_valid(now) {
            session.purge();
            return None;
        }
        if renew || now - login.seen_at >= REFRESH_AFTER {
            let _ = session.insert(
                KEY,
                Self {
                    seen_at: now,
                    ..login.clone()
                },
            );
        }
        Some(login)
    }

    /// Longest time that the session may still last.
    pub fn left(session: &Session) -> Duration {
        let login: Option<Self> = session.get(KEY).ok().flatten();
        let left = login.map(|login| login.issued_at + ABSOLUTE_LIMIT - Utc::now());
        left.and_then(|left| left.to_std().ok()).unwrap_or_default()
    }

    fn is_valid(&self, now: DateTime<Utc>) -> bool {
        now - self.seen_at < IDLE_LIMIT && now - self.issued_at < ABSOLUTE_LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(issued: TimeDelta, seen: TimeDelta) -> bool {
        let now = Utc::now();
        let login = LoginSession {
            user_id: Uuid::nil(),
            generation: 1,
            issued_at: now - issued,
            seen_at: now - seen,
        };
        login.is_valid(now)
    }

    #[test]
    fn a_session_slides_but_not_for_ever() {
        assert!(login(TimeDelta::hours(11), TimeDelta::minutes(119)));
        assert!(!login(TimeDelta::hours(3), TimeDelta::minutes(121)));
        assert!(!login(TimeDelta::hours(13), TimeDelta::seconds(1)));
    }
}
