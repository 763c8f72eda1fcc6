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
mod dial;
pub mod enriched_pois;
pub mod enrichments;
mod ewkb;
pub mod fitness;
pub mod idempotency;
pub mod maintenance_runs;
mod migration_lock;
mod migrations;
pub mod my_routes;
pub mod places;
pub mod pois;
mod pool;
mod pooler;
mod prepared;
pub mod request_stages;
pub mod retention;
pub mod route_requests;
pub mod routes;
pub mod saved_routes;
pub mod schema;
mod session;
mod setup;
mod sqlstate;
mod startup;
pub mod themes;
pub mod tile_token_keys;
mod trouble;
pub mod unseen_routes;
pub mod users;
pub mod walk_network;
pub mod walker;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use diesel::result::Error;
use diesel_async::AsyncPgConnection;

pub use batch::{Batched, Batcher};
pub use migrations::migrate;
use pool::CHECKOUT_TIMEOUT;
pub use pool::{Pool, PoolError, PooledSession};
pub use session::Session;
pub use sqlstate::{is_outage, is_too_slow};
pub use startup::{enter, open, wait_until_there};
pub use trouble::{ConnectError, Trouble};

/// One connection to the database.
pub type Connection = AsyncPgConnection;

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

/// A statement that takes longer is cancelled by the database.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
/// A statement that waits longer for a lock is cancelled by the database.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// A transaction that its client forgot is ended by the database.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// A pool of at most `size` connections to `url`. Connects when first used, so it never fails. Must be made on a
/// runtime.
pub fn pool(url: &str, size: u32) -> Pool {
    Pool::new(url, size)
}
