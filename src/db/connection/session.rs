//! One session with `PostgreSQL`: opened with limits, and never used again once an error has condemned it.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use wildside_migrations::ADD_EXTENSIONS_TO_PATH;

use crate::db::connection::dial::dial;
use crate::db::connection::sqlstate::Verdict;
use crate::db::connection::trouble::{ConnectError, Trouble};
use crate::db::connection::wire::Condemned;
use crate::db::{Connection, IDLE_IN_TRANSACTION_TIMEOUT, LOCK_TIMEOUT, STATEMENT_TIMEOUT};

/// Longest setting up of a session that an address has given; each address has a limit of its own before.
const PATIENCE: Duration = Duration::from_secs(5);

/// Limits of each statement of a session, which the database enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time after which a statement is cancelled.
    pub statement: Duration,
    /// Wait for a lock after which a statement is cancelled.
    pub lock: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            statement: STATEMENT_TIMEOUT,
            lock: LOCK_TIMEOUT,
        }
    }
}

/// A session. It ends when it is dropped, whatever it is doing.
pub struct Session {
    connection: Connection,
    condemned: Condemned,
    opened: Instant,
    /// Task that carries its messages.
    carrier: AbortHandle,
}

impl Session {
    /// Opens a session on which no statement, lock or forgotten transaction can hold a caller for ever.
    ///
    /// Its statements have one shape each, for which one plan is right; left to itself, `PostgreSQL` plans those that
    /// look for places near a point anew on each call, which takes longer than to run them. Compiling one would take
    /// longer still.
    ///
    /// # Errors
    /// The cause, and what mends it.
    pub async fn open(url: &str) -> Result<Self, ConnectError> {
        Self::open_with(url, Limits::default()).await
    }

    /// Opens such a session with limits of its own.
    ///
    /// # Errors
    /// The cause, and what mends it.
    pub async fn open_with(url: &str, limits: Limits) -> Result<Self, ConnectError> {
        let limits = format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; \
             SET plan_cache_mode = force_generic_plan; SET jit = off; {ADD_EXTENSIONS_TO_PATH}",
            limits.statement.as_millis(),
            limits.lock.as_millis(),
            IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
        );
        let mut session = Self::open_without_limits(url).await?;
        in_time(async {
            let set = session.connection.batch_execute(&limits).await;
            set.map_err(|error| ConnectError::of_setup(&error))
        })
        .await?;
        Ok(session)
    }

    /// Opens a session for statements that may take as long as they like.
    ///
    /// # Errors
    /// The cause, and what mends it.
    pub(in crate::db) async fn open_without_limits(url: &str) -> Result<Self, ConnectError> {
        let condemned = Condemned::default();
        let (client, carrier) = dial(url, &condemned).await?;
        let connection = in_time(async {
            let connection = AsyncPgConnection::try_from(client).await;
            connection.map_err(|error| ConnectError::of_setup(&error))
        });
        match connection.await {
            Ok(connection) => Ok(Self {
                connection,
                condemned,
                opened: Instant::now(),
                carrier,
            }),
            Err(error) => {
                carrier.abort();
                Err(error)
            }
        }
    }

    /// Sees to it that nobody else gets this session.
    pub(in crate::db) fn spend(&self) {
        self.condemned.set(Verdict::Spent);
    }

    /// Test for an error that the other sessions are likely to meet as well.
    pub(super) fn casts_doubt(&self) -> bool {
        self.condemned.verdict() == Some(Verdict::Doubt)
    }

    /// Test for an end, an error after which nobody else shall have it, or a transaction that was left open.
    pub(super) fn is_spent(&mut self) -> bool {
        self.condemned.verdict().is_some() || PoolableConnection::is_broken(&mut self.connection)
    }

    /// Time at which it was opened.
    pub(super) const fn opened(&self) -> Instant {
        self.opened
    }
}

/// Outcome of a step of the setting up, unless it takes too long.
pub(super) async fn in_time<T>(
    step: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    timeout(PATIENCE, step).await.unwrap_or_else(|_| {
        let cause = format!("no answer within {} s", PATIENCE.as_secs());
        Err(ConnectError::new(Trouble::Silence, cause))
    })
}

impl Drop for Session {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

impl Deref for Session {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
