//! `PostgreSQL`: sessions, migrations, and the tables by subject.
//!
//! A query is an inherent async function of its row type. It takes a connection, makes one statement and returns
//! `QueryResult`; whoever calls it owns the transaction.

#![expect(
    clippy::missing_errors_doc,
    reason = "a query fails as Diesel documents it"
)]

mod batch;
pub mod city;
mod connection;
mod ewkb;
pub mod fitness;
pub mod ledger;
pub mod maintenance;
mod migrate;
mod prepared;
pub mod routes;
pub mod schema;
pub mod tile_token_keys;
pub mod tiles;
pub mod users;

use std::sync::Arc;
use std::time::Duration;

use diesel::result::Error;
use diesel_async::AsyncPgConnection;
use wildside_dial::Secret;

pub use batch::{Batched, Batcher};
use connection::CHECKOUT_TIMEOUT;
pub use connection::{
    ConnectError, Limits, Pool, PoolError, PooledSession, Session, Trouble, enter, is_outage,
    is_too_slow, open, wait_until_there,
};
pub use migrate::migrate;

/// One connection to the database.
pub type Connection = AsyncPgConnection;

/// Cause of a missing answer of the database; told to all who waited for the same one.
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
pub fn pool(url: impl Into<Secret>, size: u32) -> Pool {
    Pool::new(url, size)
}
