//! A value with a short life and one refresh at a time: all who read it within a moment share one look.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

/// Ages of a value at which it is treated otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Ages {
    /// From here on it is looked up anew beside its readers, and none of them has to wait for that.
    pub young: Duration,
    /// From here on a reader waits for a new look.
    pub fresh: Duration,
    /// Up to here others make do with it while one looks, and so does that one if the look fails.
    pub usable: Duration,
}

impl Default for Ages {
    fn default() -> Self {
        Self {
            young: Duration::from_millis(100),
            fresh: Duration::from_millis(200),
            usable: Duration::from_secs(1),
        }
    }
}

/// The value that was last seen. Clones share it.
#[derive(Debug)]
pub struct Recent<T> {
    ages: Ages,
    seen: Arc<ArcSwapOption<(Instant, T)>>,
    looking: Arc<Mutex<()>>,
}

impl<T> Recent<T> {
    /// A value that has not been seen yet.
    pub fn new(ages: Ages) -> Self {
        Self {
            ages,
            seen: Arc::default(),
            looking: Arc::default(),
        }
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self::new(Ages::default())
    }
}

impl<T> Clone for Recent<T> {
    fn clone(&self) -> Self {
        Self {
            ages: self.ages,
            seen: self.seen.clone(),
            looking: self.looking.clone(),
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Recent<T> {
    /// The value as it was seen lately, or as a look finds it that one reader has for all. The look goes on if its
    /// reader does not.
    ///
    /// # Errors
    /// The look failed, and nothing usable has been seen.
    pub async fn read<E, F>(&self, look: impl FnOnce() -> F) -> Result<T, E>
    where
        E: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        if let Some(seen) = self.younger_than(self.ages.young) {
            return Ok(seen);
        }
        let turn = self.looking.clone().try_lock_owned().ok();
        if let Some(seen) = self.younger_than(self.ages.fresh) {
            if turn.is_some() {
                self.look(turn, look());
            }
            return Ok(seen);
        }
        if turn.is_none() {
            if let Some(seen) = self.younger_than(self.ages.usable) {
                return Ok(seen);
            }
            drop(self.looking.lock().await);
            if let Some(seen) = self.younger_than(self.ages.fresh) {
                return Ok(seen);
            }
            // That look has failed. One's own is beside those of others, so that none waits for all of them.
        }
        let looked = self.look(turn, look()).await.unwrap_or_else(pass_on);
        looked.or_else(|error| self.younger_than(self.ages.usable).ok_or(error))
    }

    /// The value as a look of one's own finds it, whatever was seen before.
    ///
    /// # Errors
    /// The look failed.
    pub async fn refresh<E, F>(&self, look: impl FnOnce() -> F) -> Result<T, E>
    where
        E: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.look(None, look()).await.unwrap_or_else(pass_on)
    }

    /// The value that was last seen, however long ago.
    pub fn last(&self) -> Option<T> {
        self.seen.load().as_ref().map(|seen| seen.1.clone())
    }

    /// Looks in a task of its own; others wait for it while it has the turn.
    fn look<E: Send + 'static>(
        &self,
        turn: Option<OwnedMutexGuard<()>>,
        look: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> JoinHandle<Result<T, E>> {
        let recent = self.clone();
        let looking = async move {
            let seen = look.await?;
            recent
                .seen
                .store(Some((Instant::now(), seen.clone()).into()));
            drop(turn);
            Ok(seen)
        };
        tokio::spawn(looking.in_current_span())
    }

    fn younger_than(&self, age: Duration) -> Option<T> {
        let seen = self.seen.load();
        let (at, seen) = seen.as_deref()?;
        (at.elapsed() < age).then(|| seen.clone())
    }
}

/// Lets the reader panic as its look did.
fn pass_on<T>(ended: JoinError) -> T {
    resume_unwind(ended.into_panic())
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;
    use tokio::sync::oneshot;

    use super::*;

    const HOURS: Duration = Duration::from_hours(1);

    /// Nothing but a look makes such a value younger.
    fn recent(young: Duration, fresh: Duration, usable: Duration) -> Recent<u32> {
        Recent::new(Ages {
            young,
            fresh,
            usable,
        })
    }

    async fn sees(recent: &Recent<u32>, value: u32) -> Result<u32, &'static str> {
        recent.read(|| async move { Ok(value) }).await
    }

    async fn fails(recent: &Recent<u32>) -> Result<u32, &'static str> {
        recent.read(|| async { Err("away") }).await
    }

    fn never(value: &Recent<u32>) -> impl Future<Output = Result<u32, &'static str>> {
        value.read(|| async { Err("somebody looks, or has looked") })
    }

    #[tokio::test]
    async fn one_looks_and_the_others_wait_for_it_even_if_its_reader_goes() {
        let recent = recent(HOURS, HOURS, HOURS);
        let (found, finds) = oneshot::channel();
        let mut first = Box::pin(recent.read(|| async move { finds.await.map_err(|_| "away") }));
        assert!(poll!(&mut first).is_pending());
        let mut second = pin!(never(&recent));
        assert!(poll!(&mut second).is_pending(), "nothing was seen yet");
        drop(first);
        found.send(1).unwrap();
        assert_eq!(second.await, Ok(1));
        assert_eq!(never(&recent).await, Ok(1), "it is young");
    }

    #[tokio::test]
    async fn nobody_waits_for_the_look_at_what_is_fresh() {
        let recent = recent(Duration::ZERO, HOURS, HOURS);
        assert_eq!(sees(&recent, 1).await, Ok(1));
        let (found, finds) = oneshot::channel();
        let ahead = recent.read(|| async move { finds.await.map_err(|_| "away") });
        assert_eq!(ahead.await, Ok(1));
        assert_eq!(never(&recent).await, Ok(1), "one looks");
        found.send(2).unwrap();
        while recent.last() != Some(2) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_is_usable_does_while_one_looks_and_if_the_look_fails() {
        let recent = recent(Duration::ZERO, Duration::ZERO, HOURS);
        assert_eq!(sees(&recent, 1).await, Ok(1));
        let (found, finds) = oneshot::channel();
        let mut first = pin!(recent.read(|| async move { finds.await.map_err(|_| "away") }));
        assert!(poll!(&mut first).is_pending(), "one waits for its look");
        assert_eq!(never(&recent).await, Ok(1));
        found.send(2).unwrap();
        assert_eq!(first.await, Ok(2));
        assert_eq!(fails(&recent).await, Ok(2));
        assert_eq!(recent.refresh(|| async { Err("away") }).await, Err("away"));
    }

    #[tokio::test]
    async fn who_has_waited_for_a_look_that_failed_looks() {
        let recent = recent(HOURS, HOURS, HOURS);
        let (found, finds) = oneshot::channel::<u32>();
        let first = recent.read(|| async move { finds.await.map_err(|_| "away") });
        let mut first = pin!(first);
        assert!(poll!(&mut first).is_pending());
        let mut second = pin!(sees(&recent, 2));
        assert!(poll!(&mut second).is_pending());
        drop(found);
        assert_eq!(second.await, Ok(2));
        assert_eq!(first.await, Ok(2), "another has seen it meanwhile");
    }

    #[tokio::test]
    async fn a_look_that_fails_is_told_where_nothing_was_seen() {
        let recent = recent(HOURS, HOURS, HOURS);
        assert_eq!(fails(&recent).await, Err("away"));
        assert_eq!(sees(&recent, 1).await, Ok(1));
    }
}
