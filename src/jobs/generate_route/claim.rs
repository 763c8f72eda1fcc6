//! Claims to requests in the ledger.

use tracing::Instrument;

use crate::db::ledger::route_requests::{Claim, RouteRequest};
use crate::jobs::{JobContext, JobError};
use crate::queue::GenerateRouteJob;
use crate::walks::announcer;

/// Outcome of a claim.
pub(super) enum Claimed {
    /// The request is the caller's to work on.
    Mine(RouteRequest),
    /// It has ended already.
    Ended(RouteRequest),
    /// It is gone.
    Gone,
}

/// Claims the request and tells that it is worked on; nobody waits until that is heard, for what is said later on the same
/// connection is heard later.
pub(super) async fn begin(
    job: &GenerateRouteJob,
    context: &JobContext,
) -> Result<Claimed, JobError> {
    let claimed = claim(job, context).await?;
    if let Claimed::Mine(request) = &claimed
        && let Some(event) = announcer::event(request)
    {
        let announcer = context.announcer.clone();
        tokio::spawn(async move { announcer.send(&event).await }.in_current_span());
    }
    Ok(claimed)
}

/// Claims the request, together with others where that is possible: such a claim leaves out what is locked just now.
pub(super) async fn claim(
    job: &GenerateRouteJob,
    context: &JobContext,
) -> Result<Claimed, JobError> {
    if let Some(request) = context.claims.submit(Claim(job.request_id)).await? {
        return Ok(Claimed::Mine(request));
    }
    let mut connection = context.db.get().await?;
    let found = RouteRequest::find(&mut connection, job.request_id).await?;
    if found.as_ref().is_none_or(|found| found.status.is_final()) {
        return Ok(found.map_or(Claimed::Gone, Claimed::Ended));
    }
    if let Some(request) = RouteRequest::claim(&mut connection, job.request_id).await? {
        return Ok(Claimed::Mine(request));
    }
    let found = RouteRequest::find(&mut connection, job.request_id).await?;
    Ok(found.map_or(Claimed::Gone, Claimed::Ended))
}
