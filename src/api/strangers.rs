//! Queries of people who are not logged in: connections of their own, little time, and no queue.

use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use wildside_dial::Secret;

use crate::api::error::ApiError;
use crate::db::{Connection, Limits, Pool};

/// Share of the database that queries of one kind get.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Connections for them.
    pub connections: u32,
    /// Longest wait of a query for its turn.
    pub patience: Duration,
    /// A statement that takes longer, or waits longer for a lock, is cancelled by the database.
    pub limits: Limits,
}

/// Share of those who read the API; a query takes milliseconds.
const READERS: Allowance = Allowance {
    connections: 2,
    patience: Duration::from_millis(250),
    limits: Limits {
        statement: Duration::from_secs(1),
        lock: Duration::from_millis(500),
    },
};

/// The database for those whom nobody knows: however many they are and whatever they ask, the connections of users,
/// logins and readiness stay free. Clones share it.
#[derive(Debug, Clone)]
pub struct Strangers {
    pool: Pool,
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Strangers {
    /// Connections to the database at `url`, opened when first used. Must be made on a runtime.
    pub fn new(url: &Secret) -> Self {
        Self::with(url, READERS)
    }

    /// As many connections as the allowance says. Must be made on a runtime.
    pub fn with(url: &Secret, allowance: Allowance) -> Self {
        Self {
            pool: Pool::with_limits(url, allowance.connections, allowance.limits),
            turns: Arc::new(Semaphore::new(allowance.connections as usize)),
            patience: allowance.patience,
        }
    }

    /// Asks the database.
    ///
    /// # Errors
    /// `service_unavailable`: others are in turn, or the database is away or slow.
    pub async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut Connection) -> QueryResult<T>,
    ) -> Result<T, ApiError> {
        let turn = timeout(self.patience, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(ApiError::unavailable("too many people ask at once"));
        };
        let mut connection = self.pool.get().await?;
        Ok(question(&mut connection).await?)
    }
}
