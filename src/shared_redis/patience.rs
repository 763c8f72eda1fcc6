//! Time limits of commands, and what is known when one has failed.

use std::time::Duration;

use redis::{RedisError, RedisResult};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::Trouble;

/// Failure of a command that had so much time and no more.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Redis refused it, or could not be reached.
    #[error("{0}")]
    Refused(#[from] RedisError),
    /// There was no answer in time.
    #[error("redis is slow")]
    Slow(#[from] Elapsed),
}

impl Failure {
    /// Trouble of Redis that shows in it.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Refused(error) => Trouble::of(error),
            Self::Slow(_) => Trouble::Silent,
        }
    }
}

/// Runs a command that may take no longer than `limit`.
///
/// # Errors
/// Redis refused it, or was too slow.
pub async fn within<T>(
    limit: Duration,
    command: impl Future<Output = RedisResult<T>>,
) -> Result<T, Failure> {
    Ok(timeout(limit, command).await??)
}
