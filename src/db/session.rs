//! One session with `PostgreSQL`: opened with limits, and never used again once an error has condemned it.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::dial::dial;
use super::setup::ADD_EXTENSIONS_TO_PATH;
use super::trouble::{ConnectError, Trouble};
use super::wire::Condemned;
use super::{Connection, IDLE_IN_TRANSACTION_TIMEOUT, LOCK_TIMEOUT, STATEMENT_TIMEOUT};

/// From the first packet to the last setting.
const PATIENCE: Duration = Duration::from_secs(5);

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
        let limits = format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; \
             SET plan_cache_mode = force_generic_plan; SET jit = off; {ADD_EXTENSIONS_TO_PATH}",
            STATEMENT_TIMEOUT.as_millis(),
            LOCK_TIMEOUT.as_millis(),
            IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
        );
        let opened = timeout(PATIENCE, async {
            let mut session = Self::open_without_limits(url).await?;
            let set = session.connection.batch_execute(&limits).await;
            set.map_err(|error| ConnectError::of_setup(&error))?;
            Ok(session)
        });
        opened.await.unwrap_or_else(|_| {
            let cause = format!("no answer within {} s", PATIENCE.as_secs());
            Err(ConnectError::new(Trouble::Silence, cause))
        })
    }

    /// Opens a session for statements that may take as long as they like.
    ///
    /// # Errors
    /// The cause, and what mends it.
    pub(super) async fn open_without_limits(url: &str) -> Result<Self, ConnectError> {
        let condemned = Condemned::default();
        let (client, carrier) = dial(url, &condemned).await?;
        match AsyncPgConnection::try_from(client).await {
            Ok(connection) => Ok(Self {
                connection,
                condemned,
                opened: Instant::now(),
                carrier,
            }),
            Err(error) => {
                carrier.abort();
                Err(ConnectError::of_setup(&error))
            }
        }
    }

    /// Sees to it that nobody else gets this session.
    pub(super) fn condemn(&self) {
        self.condemned.set();
    }

    /// Test for an error after which nobody else shall have it.
    pub(super) fn is_condemned(&self) -> bool {
        self.condemned.is_set()
    }

    /// Test for an end, or a transaction that was left open.
    pub(super) fn is_spent(&mut self) -> bool {
        PoolableConnection::is_broken(&mut self.connection)
    }

    /// Time at which it was opened.
    pub(super) const fn opened(&self) -> Instant {
        self.opened
    }
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
