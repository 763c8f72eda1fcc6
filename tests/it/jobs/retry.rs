//! Retry of dead jobs, to the end of the walk.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use uuid::Uuid;
use wildside::db;
use wildside::db::ledger::route_requests::RouteRequest;
use wildside::jobs::{Retried, retry};
use wildside::queue::{Inspector, JobRecord, JobState};
use wildside_actors::Status;

use crate::jobs::stage::{RunningWorker, SENATE_SQUARE, Stage, an_hour_from, engine};

const PATIENCE: Duration = Duration::from_secs(20);

/// The dead job with this id.
async fn dead(stage: &Stage, id: Uuid) -> Option<JobRecord> {
    let inspector = Inspector::new(&stage.redis.url()).unwrap();
    let found = inspector.find(&id.to_string()).await.unwrap();
    found.filter(|job| job.state == JobState::Dead)
}

async fn retried(stage: &Stage, job: &JobRecord) -> Retried {
    let inspector = Inspector::new(&stage.redis.url()).unwrap();
    let mut connection = db::open(&stage.database.url()).await.unwrap();
    retry(job, &inspector, &mut connection).await.unwrap()
}

/// A request whose job has died: the engine was broken.
async fn failed_request(stage: &Stage) -> RouteRequest {
    let broken = engine(&Arc::new(AtomicUsize::new(0)), |_| {
        panic!("the engine is broken")
    });
    let config = stage.config(&[("WILDSIDE_JOB_ATTEMPTS", "1")]);
    let worker = RunningWorker::start_with_engine(stage, &config, broken);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, PATIENCE).await;
    assert_eq!(ended.status, Status::Failed);
    worker.stop().await;
    ended
}

/// A worker whose engine works.
fn working(stage: &Stage) -> RunningWorker {
    let engine = engine(&Arc::new(AtomicUsize::new(0)), |_| {});
    RunningWorker::start_with_engine(stage, &stage.config(&[]), engine)
}

#[actix_web::test]
async fn a_retried_job_ends_in_a_walk_and_its_user_is_told_once() {
    let stage = Stage::set();
    let request = failed_request(&stage).await;
    let job = dead(&stage, request.id).await.unwrap();
    assert_eq!(retried(&stage, &job).await, Retried::Queued);
    let open = stage.find(request.id).await;
    assert_eq!((open.status, open.error_code), (Status::Pending, None));
    assert_eq!(retried(&stage, &job).await, Retried::NotDead);

    let mut events = stage.listen().await;
    let worker = working(&stage);
    let told = events.until_final(request.id).await;
    let ends = told.iter().filter(|event| event.status.is_final());
    assert_eq!(
        ends.map(|event| event.status).collect::<Vec<_>>(),
        [Status::Complete]
    );
    let ended = stage.ended(request.id, PATIENCE).await;
    assert!(
        ended.route_id.is_some() && ended.attempt > request.attempt,
        "{ended:?}"
    );
    worker.stop().await;
    assert!(dead(&stage, request.id).await.is_none());
}

#[actix_web::test]
async fn a_job_whose_request_is_complete_or_gone_is_not_queued() {
    let stage = Stage::set();
    let request = failed_request(&stage).await;
    let job = dead(&stage, request.id).await.unwrap();
    stage.database.sql(&format!(
        "DELETE FROM route_requests WHERE id = '{}'",
        request.id
    ));
    assert_eq!(retried(&stage, &job).await, Retried::Pointless);
    assert!(
        dead(&stage, request.id).await.is_some(),
        "it stays where it was"
    );
}

#[actix_web::test]
async fn a_retry_that_dies_half_way_is_finished_by_the_sweep() {
    let stage = Stage::set();
    let request = failed_request(&stage).await;
    let mut connection = db::open(&stage.database.url()).await.unwrap();
    assert!(
        db::ledger::reopening::reopen(&mut connection, request.id)
            .await
            .unwrap()
    );
    let worker = working(&stage);
    let ended = stage.ended(request.id, PATIENCE).await;
    assert_eq!(ended.status, Status::Complete);
    worker.stop().await;
}
