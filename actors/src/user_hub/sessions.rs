//! The sessions of each user.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Release};

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::ToSession;
use crate::handle::Outlet;
use crate::protocol::{Close, CloseCode};

/// One session, as the hub sees it. The outlet is never cloned: only the same one is bounded.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: u64,
    /// Of the login that it was begun with.
    pub(super) generation: i32,
    pub(super) outlet: Outlet<ToSession>,
    pub(super) dropped: Arc<AtomicBool>,
}

impl Session {
    /// True if the session took the message; one that did not learns that it was dropped when it next wakes.
    fn takes(&self, message: &ToSession) -> bool {
        let taken = self.outlet.try_send(message.clone()).is_ok();
        if !taken {
            self.dropped.store(true, Release);
        }
        taken
    }
}

/// All sessions by user, within the limits.
#[derive(Debug)]
pub(super) struct Sessions {
    by_user: FxHashMap<Uuid, Vec<Session>>,
    len: usize,
    max: usize,
    max_per_user: usize,
}

impl Sessions {
    pub(super) fn new(max: usize, max_per_user: usize) -> Self {
        Self {
            by_user: FxHashMap::default(),
            len: 0,
            max,
            max_per_user,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn has(&self, user_id: Uuid) -> bool {
        self.by_user.contains_key(&user_id)
    }

    pub(super) fn users(&self) -> impl Iterator<Item = Uuid> {
        self.by_user.keys().copied()
    }

    pub(super) fn add(&mut self, user_id: Uuid, session: Session) -> Result<(), Close> {
        if self.len >= self.max {
            return Err(Close::come_back(CloseCode::TryAgainLater));
        }
        let sessions = self
            .by_user
            .entry(user_id)
            .or_insert_with(|| Vec::with_capacity(1));
        if sessions.len() >= self.max_per_user {
            return Err(Close::new(
                CloseCode::PolicyViolation,
                "too many connections of this user",
            ));
        }
        sessions.push(session);
        self.len += 1;
        Ok(())
    }

    /// Forgets a session; nothing happens if it is not, or no longer, known.
    pub(super) fn remove(&mut self, user_id: Uuid, session_id: u64) {
        self.retain(user_id, |session| session.id != session_id);
    }

    /// Sends to all sessions of a user, drops those that do not take it and says how many these were.
    pub(super) fn send(&mut self, user_id: Uuid, message: &ToSession) -> usize {
        self.retain(user_id, |session| session.takes(message))
    }

    /// Sends to the sessions of a user that were begun in another generation than the current one.
    pub(super) fn send_outdated(
        &mut self,
        user_id: Uuid,
        current: Option<i32>,
        message: &ToSession,
    ) {
        self.retain(user_id, |session| {
            current == Some(session.generation) || session.takes(message)
        });
    }

    pub(super) fn clear(&mut self) {
        self.by_user.clear();
        self.len = 0;
    }

    fn retain(&mut self, user_id: Uuid, keep: impl Fn(&Session) -> bool) -> usize {
        let Some(sessions) = self.by_user.get_mut(&user_id) else {
            return 0;
        };
        let before = sessions.len();
        sessions.retain(keep);
        let removed = before - sessions.len();
        if sessions.is_empty() {
            self.by_user.remove(&user_id);
        }
        self.len -= removed;
        removed
    }
}
