//! The pool of sessions: bounded, and never left with one that an error has condemned.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use bb8::{ManageConnection, QueueStrategy, RunError};
use wildside_dial::Secret;

use crate::db::{ConnectError, Limits, Session};

/// Longest wait of a caller for a session.
pub(in crate::db) const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(2);

/// While a database refuses what it is asked, all sessions are not opened anew more often.
const DOUBT_AGAIN: Duration = Duration::from_secs(1);

/// Failure to get a session from the pool.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PoolError {
    /// All are in use, and none came back.
    #[error("all connections were in use for {} s", CHECKOUT_TIMEOUT.as_secs())]
    TimedOut,
    /// None could be opened.
    #[error(transparent)]
    Unreachable(Arc<ConnectError>),
}

/// A session from the pool, which has it back when this is dropped.
pub type PooledSession<'a> = bb8::PooledConnection<'a, Opener>;

/// A bounded pool of sessions; clones share it.
#[derive(Debug, Clone)]
pub struct Pool {
    sessions: bb8::Pool<Opener>,
    opener: Opener,
}

impl Pool {
    /// A pool of at most `size` sessions with the database at `url`. Connects when first used, so it never fails. Must
    /// be made on a runtime.
    pub fn new(url: impl Into<Secret>, size: u32) -> Self {
        Self::with_limits(url, size, Limits::default())
    }

    /// A pool whose statements have limits of their own.
    pub fn with_limits(url: impl Into<Secret>, size: u32, limits: Limits) -> Self {
        let opener = Opener {
            url: url.into(),
            limits,
            failure: Arc::default(),
            doubted: Arc::default(),
        };
        let sessions = bb8::Pool::builder()
            .max_size(size)
            // The one that was used last has the warmest caches, in the processor and in the database.
            .queue_strategy(QueueStrategy::Lifo)
            .connection_timeout(CHECKOUT_TIMEOUT)
            .build_unchecked(opener.clone());
        Self { sessions, opener }
    }

    /// A session of one's own for a while.
    ///
    /// # Errors
    /// There was none in time: none can be opened, or all are in use.
    pub async fn get(&self) -> Result<PooledSession<'_>, PoolError> {
        self.sessions.get().await.map_err(|error| match error {
            RunError::User(error) => PoolError::Unreachable(error),
            RunError::TimedOut => self
                .opener
                .failure
                .load_full()
                .map_or(PoolError::TimedOut, PoolError::Unreachable),
        })
    }
}

/// Opens the sessions of a pool, and tells those that are not to be used again.
#[derive(Debug, Clone)]
pub struct Opener {
    url: Secret,
    limits: Limits,
    /// Cause for which the last session could not be opened.
    failure: Arc<ArcSwapOption<ConnectError>>,
    /// Sessions opened before are not used again.
    doubted: Arc<ArcSwapOption<Instant>>,
}

impl Opener {
    fn note(&self, error: &Arc<ConnectError>) {
        let known = self.failure.swap(Some(error.clone()));
        if known.is_none_or(|known| known.to_string() != error.to_string()) {
            tracing::warn!(%error, "can't connect to the database");
        }
    }
}

impl Opener {
    /// Test for a session that is not to be used again: it is spent, or was opened before one that has met an error
    /// which tells of the server, and is likely to fare the same.
    fn refuses(&self, session: &mut Session) -> bool {
        let doubted = self.doubted.load();
        if session.casts_doubt() {
            if doubted.as_ref().is_none_or(|at| at.elapsed() > DOUBT_AGAIN) {
                self.doubted.store(Some(Arc::new(Instant::now())));
            }
            return true;
        }
        session.is_spent() || doubted.as_ref().is_some_and(|at| session.opened() < **at)
    }
}

impl ManageConnection for Opener {
    type Connection = Session;
    type Error = Arc<ConnectError>;

    async fn connect(&self) -> Result<Session, Self::Error> {
        match Session::open_with(&self.url, self.limits).await {
            Ok(session) => {
                self.failure.store(None);
                Ok(session)
            }
            Err(error) => {
                let error = Arc::new(error);
                self.note(&error);
                Err(error)
            }
        }
    }

    /// A look at the socket instead of a query at each checkout: a session that the server ended is noticed all the
    /// same, without a round trip.
    async fn is_valid(&self, session: &mut Session) -> Result<(), Self::Error> {
        if self.refuses(session) {
            return Err(Arc::new(ConnectError::ended()));
        }
        Ok(())
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        std::thread::panicking() || self.refuses(session)
    }
}
