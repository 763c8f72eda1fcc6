//! Claims and fencing: whoever comes late writes nothing.

use chrono::{TimeDelta, Utc};
use uuid::Uuid;
use wildside::db::ledger::route_requests::{NewRouteRequest, RouteRequest};
use wildside_actors::Status;

use crate::jobs::stage::{SENATE_SQUARE, Stage, an_hour_from};

#[tokio::test]
async fn a_worker_that_was_overtaken_changes_nothing() {
    let stage = Stage::set();
    let request = stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    let mut connection = stage.db.get().await.unwrap();
    let zombie = RouteRequest::claim(&mut connection, request.id)
        .await
        .unwrap()
        .unwrap();
    let heir = RouteRequest::claim(&mut connection, request.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((zombie.attempt, heir.attempt), (1, 2));

    assert_eq!(
        zombie
            .fail(&mut connection, "late", "too late")
            .await
            .unwrap(),
        None
    );
    let failed = heir
        .fail(&mut connection, "nothing_to_see", "Nothing here.")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(
        zombie
            .fail(&mut connection, "late", "too late")
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        heir.fail(&mut connection, "again", "again").await.unwrap(),
        None
    );
    assert_eq!(
        RouteRequest::claim(&mut connection, request.id)
            .await
            .unwrap(),
        None
    );
    assert_eq!(stage.find(request.id).await, failed);
}

#[tokio::test]
async fn requests_of_others_and_old_ones_are_not_shown() {
    let stage = Stage::set();
    let pending = stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    let done = stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    let mut connection = stage.db.get().await.unwrap();
    let claimed = RouteRequest::claim(&mut connection, done.id)
        .await
        .unwrap()
        .unwrap();
    claimed
        .fail(&mut connection, "nothing_to_see", "Nothing here.")
        .await
        .unwrap();

    let recently = TimeDelta::minutes(5);
    let current = RouteRequest::current_of_users(&mut connection, &[stage.user], recently, 100)
        .await
        .unwrap();
    assert_eq!(
        current.iter().map(|request| request.id).collect::<Vec<_>>(),
        [done.id, pending.id]
    );
    let later = TimeDelta::minutes(-5);
    let current = RouteRequest::current_of_users(&mut connection, &[stage.user], later, 100)
        .await
        .unwrap();
    assert_eq!(current, std::slice::from_ref(&pending));
    let stranger = RouteRequest::find_for_user(&mut connection, pending.id, Uuid::new_v4())
        .await
        .unwrap();
    assert_eq!(stranger, None);
}

#[tokio::test]
async fn nobody_hides_what_another_asked_for() {
    let stage = Stage::set();
    let (busy, quiet) = (Uuid::new_v4(), stage.user);
    let pending = stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    stage.database.sql(&format!(
        "INSERT INTO users (id, username, display_name) VALUES ('{busy}', 'bob', 'Bob'); \
         INSERT INTO route_requests (id, user_id, params, cache_key, trace_id, created_at) \
         SELECT gen_random_uuid(), '{busy}', '{{}}', 'key', gen_random_uuid(), now() - n * interval '1 second' \
         FROM generate_series(1, 1000) AS n"
    ));
    let mut connection = stage.db.get().await.unwrap();
    let recently = TimeDelta::minutes(5);
    let current = RouteRequest::current_of_users(&mut connection, &[busy, quiet], recently, 100)
        .await
        .unwrap();
    let (own, others): (Vec<_>, Vec<_>) = current
        .iter()
        .partition(|request| request.user_id == Some(quiet));
    assert_eq!(own, [&pending]);
    let oldest = others.iter().map(|request| request.created_at).min();
    assert_eq!(others.len(), 100);
    assert!(Utc::now() - oldest.unwrap() < TimeDelta::seconds(900));
}

#[tokio::test]
async fn a_request_that_the_cache_answers_is_complete_from_the_start() {
    let stage = Stage::set();
    let route = Uuid::new_v4();
    stage.database.sql(&format!(
        "INSERT INTO routes (id, distance_metres, duration_seconds, score, details) VALUES ('{route}', 1, 1, 1, '{{}}')"
    ));
    let mut connection = stage.db.get().await.unwrap();
    let new = NewRouteRequest::new(
        stage.user,
        serde_json::json!({}),
        "key".into(),
        Uuid::new_v4(),
    );
    let gone = new.insert_answered(&mut connection, Uuid::new_v4()).await;
    assert_eq!(gone, Ok(None), "a walk that is gone answers nothing");
    let request = new.insert_answered(&mut connection, route).await;
    let request = request.unwrap().unwrap();
    assert_eq!(
        (request.status, request.route_id),
        (Status::Complete, Some(route))
    );
    assert_eq!(
        RouteRequest::claim(&mut connection, request.id)
            .await
            .unwrap(),
        None
    );
}
