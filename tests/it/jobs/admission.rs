//! Admission control: the promises are bounded, whatever Redis says.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use wildside::db::ledger::route_requests::RouteRequest;
use wildside::queue::GenerateRouteJob;
use wildside::shared_redis::{Trouble, within};
use wildside::walks::admission::{Admission, Full};

use crate::jobs::stage::{SENATE_SQUARE, Stage, an_hour_from};

/// Longer than a look is believed.
const LATER: Duration = Duration::from_millis(250);

fn admission(stage: &Stage, limit: (&str, &str)) -> Admission {
    let limits = stage.config(&[limit]).limits;
    Admission::new(stage.db.clone(), stage.producer.clone(), &limits)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_ledger_admits_no_more_until_it_has_room_again() {
    let stage = Stage::set();
    let admission = admission(&stage, ("WILDSIDE_QUEUE_LIMIT", "2"));
    assert_eq!(admission.check().await, Ok(()));
    let requests = [
        stage.accept(&an_hour_from(SENATE_SQUARE)).await,
        stage.accept(&an_hour_from(SENATE_SQUARE)).await,
    ];
    sleep(LATER).await;
    assert_eq!(
        admission.check().await,
        Err(Full {
            retry_after: 2,
            trouble: None
        })
    );
    stage.redis.pause();
    sleep(LATER).await;
    assert!(admission.check().await.is_err(), "the ledger is full still");

    let mut connection = stage.db.get().await.unwrap();
    let claimed = RouteRequest::claim(&mut connection, requests[0].id).await;
    let claimed = claimed.unwrap().unwrap();
    let failed = claimed.fail(&mut connection, "nothing_to_see", "Nothing here.");
    failed.await.unwrap();
    let failed = Instant::now();
    // On a busy machine a look takes longer than it may, and the ledger is taken to be as it was.
    while admission.check().await.is_err() {
        assert!(failed.elapsed() < Duration::from_secs(10), "it has room");
        sleep(LATER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_stands_still_admits_no_more() {
    let stage = Stage::set();
    let admission = admission(&stage, ("WILDSIDE_QUEUE_WAIT_SECONDS", "3"));
    stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    assert_eq!(admission.check().await, Ok(()));
    sleep(Duration::from_secs(3)).await;
    let full = admission.check().await.unwrap_err();
    assert!(full.retry_after >= 3, "{full:?}");
    stage.redis.pause();
    sleep(LATER).await;
    let room = admission.check().await;
    assert_eq!(room, Ok(()), "what is accepted now waits in the ledger");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_does_not_take_for_long_is_refused_with_the_cause_until_it_does() {
    let stage = Stage::set();
    let admission = admission(&stage, ("WILDSIDE_QUEUE_LIMIT", "100"));
    let request = stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    let old = format!(
        "UPDATE route_requests SET created_at = now() - interval '20 s' WHERE id = '{}'",
        request.id
    );
    let limit = |bytes| {
        let words = ["CONFIG", "SET", "maxmemory", bytes];
        stage.redis.command(&words)
    };
    limit("1");
    let trial = stage.producer.try_out::<GenerateRouteJob>();
    admission.queued(&within(Duration::from_secs(10), trial).await);
    stage.database.sql(&old);
    sleep(LATER).await;
    assert_eq!(admission.check().await, Ok(()), "it may but blink");
    sleep(Duration::from_secs(10)).await;
    let full = Full {
        retry_after: 5,
        trouble: Some(Trouble::Full),
    };
    assert_eq!(admission.check().await, Err(full));
    let mut connection = stage.db.get().await.unwrap();
    RouteRequest::claim(&mut connection, request.id)
        .await
        .unwrap()
        .unwrap();
    sleep(LATER).await;
    assert_eq!(
        admission.check().await,
        Ok(()),
        "others queue what we can't"
    );
    stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    stage
        .database
        .sql("UPDATE route_requests SET created_at = now() - interval '20 s'");
    sleep(LATER).await;
    assert_eq!(admission.check().await, Err(full));
    limit("0");
    sleep(LATER).await;
    assert_eq!(admission.check().await, Ok(()), "a trial tells");
}
