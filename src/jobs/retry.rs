//! Retry of dead jobs: the promise of the job is opened anew, then the job is queued as if it were new.

use diesel::QueryResult;

use crate::db::Connection;
use crate::db::city::enrichments;
use crate::db::ledger::reopening;
use crate::queue::{EnrichmentJob, GenerateRouteJob, InspectError, Inspector, Job, JobRecord};

/// Outcome of a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is in the queue.
    Queued,
    /// It is not dead any more: somebody else has queued or forgotten it.
    NotDead,
    /// There is nothing left to do: the request is complete or gone, or the square has been answered since.
    Pointless,
}

/// Cause for which a job could not be retried.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error("the database failed: {0}")]
    Database(#[from] diesel::result::Error),
}

/// Queues a dead job again, once its row is open for it: a row that has ended would let the job end without a word. Whatever
/// ends between the two steps leaves an open row, which the sweep for lost requests queues.
///
/// # Errors
/// Redis or the database is away.
pub async fn retry(
    job: &JobRecord,
    inspector: &Inspector,
    connection: &mut Connection,
) -> Result<Retried, RetryError> {
    if !reopen(job, connection).await? {
        return Ok(Retried::Pointless);
    }
    let queued = inspector.retry(job).await?;
    Ok(if queued {
        Retried::Queued
    } else {
        Retried::NotDead
    })
}

/// Opens what the job is for; `true` as well for a job of a newer release, which knows best.
async fn reopen(job: &JobRecord, connection: &mut Connection) -> QueryResult<bool> {
    if let Some(job) = payload::<GenerateRouteJob>(job) {
        reopening::reopen(connection, job.request_id).await
    } else if let Some(job) = payload::<EnrichmentJob>(job) {
        enrichments::reopen(connection, job.square, job.theme_id).await
    } else {
        Ok(true)
    }
}

fn payload<J: Job>(job: &JobRecord) -> Option<J> {
    if job.kind != J::KIND {
        return None;
    }
    serde_json::from_value(job.payload.clone()).ok()
}
