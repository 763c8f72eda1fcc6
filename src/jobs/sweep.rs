//! The sweeper: accepted requests whose job is gone are queued again.
//!
//! A job is gone when Redis lost it, when the server died between the ledger and the queue, or when it was given up
//! while the ledger could not be written. One replica sweeps at a time: it holds an advisory lock of the database.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::{JobContext, JobError};
use crate::db::Connection;
use crate::db::route_requests::RouteRequest;
use crate::queue::{GenerateRouteJob, Pushed};

const INTERVAL: Duration = Duration::from_secs(2);
/// A request that is younger may just be on its way into the queue.
const STALLED_AFTER: chrono::TimeDelta = chrono::TimeDelta::seconds(3);
const BATCH: i64 = 1000;
/// Batches in one sweep; the next goes on from the oldest again, most of which are in the queue by then.
const MAX_BATCHES: usize = 50;
const SWEEP_LOCK: i64 = 0x57_49_4c_45;

/// Sweeps until told to stop.
pub async fn sweep_until_stopped(context: JobContext, mut stopped: watch::Receiver<bool>) {
    let mut rounds = interval(INTERVAL);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            _ = rounds.tick() => {}
        }
        match sweep(&context).await {
            Ok(0) => {}
            Ok(jobs) => tracing::warn!(jobs, "requests without a job were queued again"),
            Err(error) => tracing::warn!(%error, "sweeping failed"),
        }
    }
}

/// Queues what has no job; answers how many, or 0 if another replica sweeps.
async fn sweep(context: &JobContext) -> Result<usize, JobError> {
    let mut connection = context.db.get().await?;
    if !try_lock(&mut connection).await? {
        return Ok(0);
    }
    let swept = sweep_locked(&mut connection, context).await;
    unlock(&mut connection).await?;
    swept
}

async fn sweep_locked(
    connection: &mut Connection,
    context: &JobContext,
) -> Result<usize, JobError> {
    let mut after = (DateTime::<Utc>::UNIX_EPOCH, Uuid::nil());
    let mut queued = 0;
    for _ in 0..MAX_BATCHES {
        let stalled = RouteRequest::stalled(connection, STALLED_AFTER, after, BATCH).await?;
        let Some(last) = stalled.last() else {
            break;
        };
        after = (last.updated_at, last.id);
        queued += queue_the_jobless(&stalled, context).await?;
    }
    Ok(queued)
}

async fn queue_the_jobless(
    requests: &[RouteRequest],
    context: &JobContext,
) -> Result<usize, JobError> {
    let ids: Vec<Uuid> = requests.iter().map(|request| request.id).collect();
    let has_job = context.producer.contains::<GenerateRouteJob>(&ids).await?;
    let mut queued = 0;
    for (request, _) in requests.iter().zip(has_job).filter(|(_, has_job)| !has_job) {
        let job = GenerateRouteJob {
            request_id: request.id,
            trace_id: request.trace_id,
        };
        if context.producer.push(&job).await? == Pushed::Added {
            queued += 1;
        }
    }
    Ok(queued)
}

async fn try_lock(connection: &mut Connection) -> Result<bool, JobError> {
    diesel::define_sql_function!(fn pg_try_advisory_lock(key: BigInt) -> Bool);
    Ok(diesel::select(pg_try_advisory_lock(SWEEP_LOCK))
        .get_result(connection)
        .await?)
}

async fn unlock(connection: &mut Connection) -> Result<(), JobError> {
    diesel::define_sql_function!(fn pg_advisory_unlock(key: BigInt) -> Bool);
    let _: bool = diesel::select(pg_advisory_unlock(SWEEP_LOCK))
        .get_result(connection)
        .await?;
    Ok(())
}
