//! Users that are to be sent a snapshot, and the questions for it: many users in one question.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::Framed;
use crate::envelope::panic_text;
use crate::event::StatusEvent;

/// Loads the statuses of these users' requests that are unfinished, or were finished in the 5 minutes before they asked,
/// the first of them so long ago. The error is for the log.
pub type SnapshotLoader = Arc<
    dyn Fn(Vec<Uuid>, Duration) -> LocalBoxFuture<'static, Result<Vec<StatusEvent>, String>>
        + Send
        + Sync,
>;

/// Tries of one question.
const TRIES: u32 = 4;

/// Users who wait for a snapshot, each once, in order, and since when.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    waiting: VecDeque<(Uuid, Instant)>,
    known: FxHashSet<Uuid>,
    in_flight: usize,
}

impl Snapshots {
    pub(super) fn want(&mut self, user_id: Uuid) {
        if self.known.insert(user_id) {
            self.waiting.push_back((user_id, Instant::now()));
        }
    }

    /// The users of the next question, which is then in flight, and since when the first of them waits.
    pub(super) fn next(&mut self, at_most: usize) -> Option<(Vec<Uuid>, Instant)> {
        let &(_, since) = self.waiting.front()?;
        let users: Vec<Uuid> = self
            .waiting
            .drain(..at_most.min(self.waiting.len()))
            .map(|(user_id, _)| user_id)
            .collect();
        for user_id in &users {
            self.known.remove(user_id);
        }
        self.in_flight += 1;
        Some((users, since))
    }

    pub(super) const fn finished(&mut self) {
        self.in_flight -= 1;
    }

    pub(super) const fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

/// Asks until there is an answer, at most a few times.
pub(super) async fn load(
    loader: SnapshotLoader,
    users: Vec<Uuid>,
    since: Instant,
    patience: Duration,
) -> Result<Vec<StatusEvent>, String> {
    let mut tries = 0;
    loop {
        let error = match timeout(patience, ask(&loader, users.clone(), since)).await {
            Ok(Ok(events)) => return Ok(events),
            Ok(Err(error)) => error,
            Err(_) => "no answer in time".to_owned(),
        };
        tries += 1;
        if tries == TRIES {
            return Err(error);
        }
        tracing::warn!(
            error,
            tries,
            users = users.len(),
            "statuses not loaded, trying again"
        );
        let pause = 100 << tries;
        sleep(Duration::from_millis(rand::random_range(pause / 2..pause))).await;
    }
}

/// Asks once. A panic of the loader must not end the hub, whose future this is part of.
async fn ask(
    loader: &SnapshotLoader,
    users: Vec<Uuid>,
    since: Instant,
) -> Result<Vec<StatusEvent>, String> {
    let asking = AssertUnwindSafe(async { loader(users, since.elapsed()).await });
    let answer = asking.catch_unwind().await;
    answer.unwrap_or_else(|panic| Err(format!("panicked: {}", panic_text(&*panic))))
}

/// The frames of each user, in the order of time.
pub(super) fn by_user(mut events: Vec<StatusEvent>) -> FxHashMap<Uuid, Arc<[Framed]>> {
    events.sort_by_key(|event| event.updated_at);
    let mut frames: FxHashMap<Uuid, Vec<Framed>> = FxHashMap::default();
    for event in events {
        frames
            .entry(event.user_id)
            .or_default()
            .push(Framed::new(Arc::new(event)));
    }
    frames
        .into_iter()
        .map(|(user_id, frames)| (user_id, frames.into()))
        .collect()
}
