//! Requests in the ledger that no server would accept: they end at once, and nothing is looked up for them.

use std::time::Duration;

use wildside::db::ledger::params::RouteParams;
use wildside_actors::Status;
use wildside_engine::Point;
use wildside_engine::walk::Accessibility;

use crate::jobs::stage::{RunningWorker, SENATE_SQUARE, Stage, an_hour_from};

#[actix_web::test]
async fn a_walk_that_can_not_be_fails_at_once_without_a_query() {
    let stage = Stage::set_in_helsinki().await;
    stage.database.expect_error("42P01"); // the worker counts the places that are taken away below
    // Whoever asks for places now, which is the first thing that a walk needs, is refused.
    stage.database.sql("ALTER TABLE pois RENAME TO closed");
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let mut events = stage.listen().await;
    let ask = |start, end, minutes| {
        let accessibility = Accessibility::default();
        RouteParams::new(start, end, minutes, Vec::new(), 0.5, accessibility)
    };
    let monaco = Point::new(7.42, 43.73);
    let (west, east) = (Point::new(179.99, 65.0), Point::new(-179.99, 65.0));
    for (params, cause) in [
        (ask(SENATE_SQUARE, Some(monaco), 180), "gets 13.0 km far"),
        (ask(west, Some(east), 60), "180th meridian"),
        (ask(SENATE_SQUARE, None, u32::MAX), "longer than any"),
        (ask(Point::new(1e9, 1e9), None, 60), "not on the earth"),
    ] {
        let request = stage.submit(&params).await;
        events.until_final(request.id).await;
        let ended = stage.find(request.id).await;
        assert_eq!((ended.status, ended.attempt), (Status::Failed, 1));
        assert_eq!(ended.error_code.as_deref(), Some("out_of_reach"));
        let message = ended.error_message.unwrap();
        assert!(message.contains(cause), "{message}");
    }
    stage.database.sql("ALTER TABLE closed RENAME TO pois");
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, Duration::from_secs(30)).await;
    assert_eq!(ended.status, Status::Complete);
    worker.stop().await;
}
