//! Stages of a job, told while they last.

use std::pin::pin;
use std::time::Duration;

use tokio::join;
use tokio::time::timeout;
use wildside_actors::StatusEvent;

use super::JobContext;
use crate::db::ledger::request_stages::Stage;
use crate::db::ledger::route_requests::RouteRequest;
use crate::walks::announcer;

/// Shortest stage that anybody sees.
const BLINK: Duration = Duration::from_millis(50);
/// Shortest stage, after that, that a client who asks again and again sees.
const GLANCE: Duration = Duration::from_millis(250);

/// Does `work`, and tells those who listen what is being done, unless it is done before anybody could read it. What
/// takes longer is noted in the ledger, for those who ask; the work does not wait for that.
pub(super) async fn in_stage<T>(
    stage: &'static str,
    progress: f32,
    request: &RouteRequest,
    context: &JobContext,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    if let Ok(done) = timeout(BLINK, &mut work).await {
        return done;
    }
    let Some(event) = announcer::event(request) else {
        return work.await;
    };
    let event = StatusEvent {
        stage: Some(stage.to_owned()),
        progress: Some(progress),
        ..event
    };
    let working = async {
        if let Ok(done) = timeout(GLANCE, &mut work).await {
            return done;
        }
        note(stage, progress, request, context);
        work.await
    };
    // The work goes on all the while, however long the announcement takes.
    let ((), done) = join!(context.announcer.send(&event), working);
    done
}

/// Notes a stage in the ledger, beside the work.
fn note(stage: &'static str, progress: f32, request: &RouteRequest, context: &JobContext) {
    let note = Stage {
        request_id: request.id,
        attempt: request.attempt,
        stage,
        progress,
    };
    let stages = context.stages.clone();
    tokio::spawn(async move {
        if let Err(error) = stages.submit(note).await {
            tracing::debug!(%error, "stage not noted in the ledger");
        }
    });
}
