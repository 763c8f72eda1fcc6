//! Accepted requests whose job is gone are queued again.
//!
//! A job is gone when Redis lost it, when the server died between the ledger and the queue, or when it was given up
//! while the ledger could not be written.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{ChoreError, Tools};
use crate::db::city::areas::AreaState;
use crate::db::ledger::route_requests::StalledRequest;
use crate::queue::{GenerateRouteJob, Producer, Pushed};

/// A request that is younger may just be on its way into the queue.
const STALLED_AFTER: TimeDelta = TimeDelta::seconds(3);
const BATCH: i64 = 1000;
/// Batches in one run; the next goes on from the oldest again, most of which are in the queue by then.
const MAX_BATCHES: usize = 20;

/// Queues what has no job; answers how many.
pub(super) async fn queue_lost_requests(tools: &Tools) -> Result<usize, ChoreError> {
    let mut connection = tools.db.get().await?;
    let mut after = (DateTime::<Utc>::UNIX_EPOCH, Uuid::nil());
    let mut queued = 0;
    for _ in 0..MAX_BATCHES {
        // Requests that have waited so long were accepted with these data, or older.
        let areas = AreaState::all(&mut connection).await?;
        let stalled = StalledRequest::list(&mut connection, STALLED_AFTER, after, BATCH).await?;
        let Some(last) = stalled.last() else {
            break;
        };
        after = (last.created_at, last.id);
        queued += queue_the_jobless(&stalled, &areas, &tools.producer).await?;
    }
    if queued > 0 {
        tracing::warn!(jobs = queued, "requests without a job were queued again");
    }
    Ok(queued)
}

async fn queue_the_jobless(
    requests: &[StalledRequest],
    areas: &[AreaState],
    producer: &Producer,
) -> Result<usize, ChoreError> {
    let ids: Vec<Uuid> = requests.iter().map(|request| request.id).collect();
    let has_job = producer.contains::<GenerateRouteJob>(&ids).await?;
    let mut queued = 0;
    for (request, _) in requests.iter().zip(has_job).filter(|(_, has_job)| !has_job) {
        let job = GenerateRouteJob {
            request_id: request.id,
            trace_id: request.trace_id,
            cache_key: request.cache_key.clone(),
            areas: areas.to_vec(),
        };
        if producer.push(&job).await? == Pushed::Added {
            queued += 1;
        }
    }
    Ok(queued)
}
