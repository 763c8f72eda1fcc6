//! One session with `PostgreSQL`: opened with limits, and never used again once an error has condemned it.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use wildside_dial::{Condemned, ConnectError, Secret, Settings, Target, Trouble, Verdict, dial};

use crate::db::connection::sqlstate::of_setup;
use crate::db::{Connection, Limits};

/// Longest setting up of a session that an address has given; each address has a limit of its own before.
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
    pub async fn open(url: &Secret) -> Result<Self, ConnectError> {
        Self::open_with(url, Limits::default()).await
    }

    /// Opens such a session with limits of its own.
    ///
    /// # Errors
    /// The cause, and what mends it.
    pub async fn open_with(url: &Secret, limits: Limits) -> Result<Self, ConnectError> {
        let (mut session, lent) = Self::dial(url).await?;
        in_time(async {
            let connection = &mut session.connection;
            let made = match lent {
                None => limits.set(connection).await,
                Some(settings) => limits.lend(connection, &settings).await,
            };
            made.map_err(|error| of_setup(&error))
        })
        .await?;
        Ok(session)
    }

    /// Opens a session for statements that may take as long as they like.
    ///
    /// # Errors
    /// The cause, and what mends it.
    pub(in crate::db) async fn open_without_limits(url: &Secret) -> Result<Self, ConnectError> {
        Self::dial(url).await.map(|(session, _)| session)
    }

    /// A session, and the settings of its transactions if a pooler lends it for single ones.
    async fn dial(url: &Secret) -> Result<(Self, Option<Settings>), ConnectError> {
        let condemned = Condemned::default();
        let dialled = dial(&Target::load(url).await?, &condemned).await?;
        let carrier = dialled.carrier;
        let connection = in_time(async {
            let connection = AsyncPgConnection::try_from(dialled.client).await;
            connection.map_err(|error| of_setup(&error))
        });
        let connection = connection.await.inspect_err(|_| carrier.abort())?;
        let session = Self {
            connection,
            condemned,
            opened: Instant::now(),
            carrier,
        };
        Ok((session, dialled.lent))
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
