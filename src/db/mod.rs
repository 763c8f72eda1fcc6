//! `PostgreSQL`: the pool, the migrations and a file for each table.
//!
//! A query is an inherent async function of its row type. It takes a connection, makes one statement and returns
//! `QueryResult`; whoever calls it owns the transaction.

#![expect(
    clippy::missing_errors_doc,
    reason = "a query fails as Diesel documents it"
)]

pub mod areas;
mod batch;
pub mod deleted_accounts;
pub mod enriched_pois;
pub mod enrichments;
mod ewkb;
pub mod fitness;
pub mod idempotency;
pub mod maintenance_runs;
mod migrations;
pub mod my_routes;
pub mod places;
pub mod pois;
mod prepared;
pub mod request_stages;
pub mod retention;
pub mod route_requests;
pub mod routes;
pub mod saved_routes;
pub mod schema;
mod startup;
pub mod themes;
pub mod tile_token_keys;
pub mod unseen_routes;
pub mod users;
pub mod walk_network;
pub mod walker;

use std::sync::Arc;
use std::time::Duration;

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection, RecyclingMethod, bb8,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use futures::FutureExt;

pub use batch::{Batched, Batcher};
pub use migrations::migrate;
pub use startup::wait_until_there;

/// One connection to the database.
pub type Connection = AsyncPgConnection;
/// A bounded pool of connections; clones share it.
pub type Pool = bb8::Pool<Connection>;
/// Why no connection could be had from the pool.
pub type PoolError = bb8::RunError;

/// Why the database did not answer; told to all who waited for the same answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SharedError {
    /// No connection could be had.
    #[error("no database connection: {0}")]
    Pool(Arc<PoolError>),
    /// The database refused, or was lost.
    #[error(transparent)]
    Query(Arc<Error>),
    /// It takes too long, or the process ends.
    #[error("the query was broken off")]
    BrokenOff,
}

impl From<PoolError> for SharedError {
    fn from(error: PoolError) -> Self {
        Self::Pool(Arc::new(error))
    }
}

impl From<Error> for SharedError {
    fn from(error: Error) -> Self {
        Self::Query(Arc::new(error))
    }
}

/// How long a caller waits for a connection before it is told that there is none.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(2);
/// A statement that takes longer is cancelled by the database.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
/// A statement that waits longer for a lock is cancelled by the database.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// A transaction that its client forgot is ended by the database.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// A pool of at most `size` connections to `url`. Connects when first used, so it never fails. Must be made on a
/// runtime.
pub fn pool(url: &str, size: u32) -> Pool {
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|url| connect(url).boxed());
    // A look at the socket instead of a query at each checkout: a connection that the server closed is noticed all
    // the same, without a round trip.
    config.recycling_method = RecyclingMethod::CustomFunction(Box::new(|connection| {
        std::future::ready(refuse_broken(connection)).boxed()
    }));
    let manager = AsyncDieselConnectionManager::new_with_config(url, config);
    Pool::builder()
        .max_size(size)
        // The one that was used last has the warmest caches, in the processor and in the database.
        .queue_strategy(::bb8::QueueStrategy::Lifo)
        .connection_timeout(CHECKOUT_TIMEOUT)
        .build_unchecked(manager)
}

/// Whether the database is away, restarting, busy or full, rather than asked for something wrong. Diesel has a name for
/// few of these cases and hides the code of the rest, so that only their words tell.
pub fn is_outage(error: &Error) -> bool {
    const WORDS: [&str; 8] = [
        "canceling statement due to",
        "terminating connection",
        "terminating background worker",
        "the database system is",
        "deadlock detected",
        "too many clients",
        "remaining connection slots",
        "No space left on device",
    ];
    match error {
        Error::BrokenTransactionManager => true,
        Error::DatabaseError(kind, what) => match kind {
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure => true,
            DatabaseErrorKind::Unknown => WORDS.iter().any(|words| what.message().contains(words)),
            _ => false,
        },
        _ => false,
    }
}

fn refuse_broken(connection: &mut Connection) -> Result<(), Error> {
    if PoolableConnection::is_broken(connection) {
        let message = Box::new("the connection was closed".to_owned());
        return Err(Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection,
            message,
        ));
    }
    Ok(())
}

/// Opens a connection on which no statement, lock or forgotten transaction can hold a caller for ever.
///
/// Its statements have one shape each, for which one plan is right; left to itself, `PostgreSQL` plans those that look
/// for places near a point anew on each call, which takes longer than to run them. Compiling one would take longer still.
async fn connect(url: &str) -> Result<Connection, ConnectionError> {
    let mut connection = Connection::establish(url).await?;
    let limits = format!(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; \
         SET plan_cache_mode = force_generic_plan; SET jit = off",
        STATEMENT_TIMEOUT.as_millis(),
        LOCK_TIMEOUT.as_millis(),
        IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
    );
    connection
        .batch_execute(&limits)
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}
