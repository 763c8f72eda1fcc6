//! Announcements of a job: its stages while they last, and its end to all whom it concerns.

use std::pin::pin;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::join;
use tokio::time::timeout;
use wildside_actors::{Status, StatusEvent};

use super::Work;
use crate::db::ledger::request_stages::Stage;
use crate::db::ledger::route_requests::{CompletedRequest, RouteRequest};
use crate::jobs::{JobContext, JobError};
use crate::walks::announcer;

/// Shortest stage that anybody sees.
const BLINK: Duration = Duration::from_millis(50);
/// Shortest stage, after that, that a client who asks again and again sees.
const GLANCE: Duration = Duration::from_millis(250);

impl Work<'_> {
    /// Does `task`, and tells those who listen what is being done, unless it is done before anybody could read it. What
    /// takes longer is noted in the ledger, for those who ask; the task does not wait for that.
    pub(super) async fn in_stage<T>(
        &self,
        stage: &'static str,
        progress: f32,
        task: impl Future<Output = T>,
    ) -> T {
        let mut task = pin!(task);
        if let Ok(done) = timeout(BLINK, &mut task).await {
            return done;
        }
        let Some(event) = announcer::event(&self.request) else {
            return task.await;
        };
        let event = StatusEvent {
            stage: Some(stage.to_owned()),
            progress: Some(progress),
            ..event
        };
        let working = async {
            if let Ok(done) = timeout(GLANCE, &mut task).await {
                return done;
            }
            self.note(stage, progress);
            task.await
        };
        // The task goes on all the while, however long the announcement takes.
        let ((), done) = join!(self.context.announcer.send(&event), working);
        done
    }

    /// Notes a stage in the ledger, beside the work.
    fn note(&self, stage: &'static str, progress: f32) {
        let note = Stage {
            request_id: self.request.id,
            attempt: self.request.attempt,
            stage,
            progress,
        };
        let stages = self.context.stages.clone();
        tokio::spawn(async move {
            if let Err(error) = stages.submit(note).await {
                tracing::debug!(%error, "stage not noted in the ledger");
            }
        });
    }
}

/// Tells all whose requests ended together in a walk, a number of them at a time.
pub(super) async fn completions(finished: &[CompletedRequest], context: &JobContext) {
    const AT_A_TIME: usize = 64;
    stream::iter(finished)
        .for_each_concurrent(AT_A_TIME, |request| completion(request, context))
        .await;
}

/// A request that ended before its own job had begun still goes through all statuses.
async fn completion(request: &CompletedRequest, context: &JobContext) {
    let Some(complete) = announcer::completion(request) else {
        return;
    };
    if request.attempt == 0 {
        let begun = StatusEvent {
            status: Status::InProgress,
            route_id: None,
            progress: Some(0.0),
            ..complete.clone()
        };
        context.announcer.send(&begun).await;
    }
    context.announcer.send(&complete).await;
}

/// Says how a request has ended that ended without this job: whoever ended it may have died before it could say so, and
/// sessions send no status twice. One that has not ended is to be tried again.
pub(super) async fn end(request: &RouteRequest, context: &JobContext) -> Result<(), JobError> {
    if !request.status.is_final() {
        return Err(JobError::Busy);
    }
    tracing::info!("the request has ended already");
    context.announcer.announce(request).await;
    Ok(())
}
