//! Pause of a queue: nothing is taken, nothing is lost, and it goes on by word or by itself.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use wildside::queue::{GenerateRouteJob, Inspector, Job};
use wildside_actors::Status;

use crate::jobs::stage::{RunningWorker, SENATE_SQUARE, Stage, an_hour_from, engine};

const PATIENCE: Duration = Duration::from_secs(20);

/// A worker whose engine works.
fn working(stage: &Stage) -> RunningWorker {
    let engine = engine(&Arc::new(AtomicUsize::new(0)), |_| {});
    RunningWorker::start_with_engine(stage, &stage.config(&[]), engine)
}

#[actix_web::test]
async fn a_paused_queue_keeps_its_jobs_until_it_goes_on() {
    let stage = Stage::set();
    let inspector = Inspector::new(&stage.redis.url()).unwrap();
    inspector.pause(GenerateRouteJob::QUEUE).await.unwrap();
    let worker = working(&stage);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let waiting = stage.find(request.id).await;
    assert_eq!((waiting.status, waiting.attempt), (Status::Pending, 0));
    let queues = inspector.queues().await.unwrap();
    let paused = queues
        .iter()
        .find(|queue| queue.queue == GenerateRouteJob::QUEUE)
        .unwrap();
    assert_eq!(paused.depth, 1);
    assert!((3590..=3600).contains(&paused.paused_seconds), "{paused:?}");

    inspector.resume(GenerateRouteJob::QUEUE).await.unwrap();
    let ended = stage.ended(request.id, PATIENCE).await;
    assert_eq!(ended.status, Status::Complete);
    worker.stop().await;
}

#[actix_web::test]
async fn a_queue_that_works_is_paused_within_two_seconds() {
    let stage = Stage::set();
    let inspector = Inspector::new(&stage.redis.url()).unwrap();
    let worker = working(&stage);
    let first = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    stage.ended(first.id, PATIENCE).await;
    inspector.pause(GenerateRouteJob::QUEUE).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let elsewhere = wildside_engine::Point::new(24.94, 60.17);
    let second = stage.submit(&an_hour_from(elsewhere)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(stage.find(second.id).await.status, Status::Pending);
    inspector.resume(GenerateRouteJob::QUEUE).await.unwrap();
    stage.ended(second.id, PATIENCE).await;
    worker.stop().await;
}
