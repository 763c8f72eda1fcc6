//! What changes seldom and is asked for often: all who ask within a moment share one look.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How old what was seen may be before it is worth a look that nobody waits for.
const YOUNG: Duration = Duration::from_millis(100);
/// How old what was seen may be before somebody looks again.
const FRESH: Duration = Duration::from_millis(200);
/// How old it may be for those who come while somebody looks.
const USABLE: Duration = Duration::from_secs(1);

/// What was last seen, and when. Clones share it.
#[derive(Debug)]
pub struct Recent<T> {
    seen: Arc<ArcSwapOption<(Instant, T)>>,
    looking: Arc<Mutex<()>>,
}

/// Whose turn it is to look. Until it is dropped, others make do with what was seen before.
#[derive(Debug)]
pub struct Turn {
    _looking: OwnedMutexGuard<()>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            seen: Arc::default(),
            looking: Arc::default(),
        }
    }
}

impl<T> Clone for Recent<T> {
    fn clone(&self) -> Self {
        Self {
            seen: self.seen.clone(),
            looking: self.looking.clone(),
        }
    }
}

impl<T: Clone> Recent<T> {
    /// What was seen lately.
    ///
    /// # Errors
    /// The caller has to look: in its turn, or beside somebody whose look takes long.
    pub fn get(&self) -> Result<T, Option<Turn>> {
        if let Some(seen) = self.younger_than(FRESH) {
            return Ok(seen);
        }
        match self.try_turn() {
            Some(turn) => Err(Some(turn)),
            None => self.younger_than(USABLE).ok_or(None),
        }
    }

    /// Looks again beside the callers if that is due soon, so that none of them has to wait for it.
    pub fn look_ahead<F>(&self, look: impl FnOnce() -> F)
    where
        F: Future + Send + 'static,
    {
        if let Some(turn) = self.ahead() {
            let look = look();
            tokio::spawn(async move {
                look.await;
                drop(turn);
            });
        }
    }

    fn ahead(&self) -> Option<Turn> {
        if self.younger_than(YOUNG).is_some() {
            return None;
        }
        self.younger_than(FRESH)?;
        self.try_turn()
    }

    /// What was seen lately, or is about to be.
    ///
    /// # Errors
    /// It is the caller's turn to look.
    pub async fn wait(&self) -> Result<T, Turn> {
        match self.get() {
            Ok(seen) => Ok(seen),
            Err(Some(turn)) => Err(turn),
            Err(None) => {
                let looking = self.looking.clone().lock_owned().await;
                let turn = Turn { _looking: looking };
                self.younger_than(FRESH).ok_or(turn)
            }
        }
    }

    /// What was last seen, however long ago.
    pub fn last(&self) -> Option<T> {
        self.seen.load().as_ref().map(|seen| seen.1.clone())
    }

    /// Notes what has been seen.
    pub fn set(&self, seen: T) {
        self.seen.store(Some((Instant::now(), seen).into()));
    }

    fn try_turn(&self) -> Option<Turn> {
        let looking = self.looking.clone().try_lock_owned().ok()?;
        Some(Turn { _looking: looking })
    }

    fn younger_than(&self, age: Duration) -> Option<T> {
        let seen = self.seen.load();
        let (at, seen) = seen.as_deref()?;
        (at.elapsed() < age).then(|| seen.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;

    use super::*;

    #[tokio::test]
    async fn one_looks_and_the_others_make_do() {
        let recent = Recent::default();
        let turn = recent.get().unwrap_err().unwrap();
        assert!(matches!(recent.get(), Err(None)), "nothing was seen yet");
        let mut waiting = pin!(recent.wait());
        assert!(poll!(&mut waiting).is_pending());
        recent.set(1);
        drop(turn);
        assert_eq!(waiting.await.ok(), Some(1));

        let turn = loop {
            recent.set(1);
            assert!(recent.ahead().is_none(), "young");
            tokio::time::sleep(YOUNG).await;
            // A busy machine may sleep beyond the time for it.
            if let Some(turn) = recent.ahead() {
                break turn;
            }
        };
        assert!(recent.ahead().is_none(), "one looks");
        assert_eq!(recent.get().ok(), Some(1), "nobody waits for it");
        drop(turn);

        tokio::time::sleep(FRESH).await;
        let turn = recent.get().unwrap_err().unwrap();
        assert_eq!(recent.get().ok(), Some(1), "usable while somebody looks");
        tokio::time::sleep(USABLE).await;
        let mut waiting = pin!(recent.wait());
        assert!(poll!(&mut waiting).is_pending(), "too old");
        drop(turn);
        assert!(
            waiting.await.is_err(),
            "nothing was seen: the next one looks"
        );
        assert_eq!(recent.last(), Some(1));
    }
}
