//! What is promised is bounded, whatever Redis says.

use std::time::Duration;

use tokio::time::sleep;
use wildside::admission::{Admission, Full};
use wildside::db::route_requests::RouteRequest;

use crate::stage::{SENATE_SQUARE, Stage, an_hour_from};

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
    assert_eq!(admission.check().await, Err(Full { retry_after: 2 }));
    stage.redis.pause();
    sleep(LATER).await;
    assert!(admission.check().await.is_err(), "the ledger is full still");

    let mut connection = stage.db.get().await.unwrap();
    let claimed = RouteRequest::claim(&mut connection, requests[0].id).await;
    let claimed = claimed.unwrap().unwrap();
    let failed = claimed.fail(&mut connection, "nothing_to_see", "Nothing here.");
    failed.await.unwrap();
    sleep(LATER).await;
    assert_eq!(admission.check().await, Ok(()));
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
