//! The job whole: a request in the ledger becomes a stored walk that its user hears of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use wildside::db::city::names::NameLanguage;
use wildside::db::routes::{Route, RouteDetails, RouteStop};
use wildside::shared_redis;
use wildside::walks::route_cache::{CacheKey, RouteCache};
use wildside_actors::{Status, StatusEvent};
use wildside_engine::Point;

use crate::jobs::stage::{AT_SEA, RunningWorker, SENATE_SQUARE, Stage, an_hour_from, engine};

/// What a user may hear of a walk, once a worker has it.
const ALL_STAGES: [(Status, Option<&str>); 4] = [
    (Status::InProgress, Some("loading")),
    (Status::InProgress, Some("computing")),
    (Status::InProgress, Some("storing")),
    (Status::Complete, None),
];

#[actix_web::test]
async fn an_hour_in_helsinki_becomes_a_walk_on_its_streets() {
    let stage = Stage::set_in_helsinki().await;
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let mut events = stage.listen().await;
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let events = events.until_final(request.id).await;

    let stages = stages(&events);
    assert_eq!(stages.first(), Some(&ALL_STAGES[0]));
    assert_eq!(stages.last(), Some(&ALL_STAGES[3]));
    let mut in_order = ALL_STAGES.iter();
    assert!(
        stages
            .iter()
            .all(|stage| in_order.any(|next| next == stage)),
        "{stages:?}"
    );
    assert!(
        events
            .iter()
            .all(|event| event.trace_id == request.trace_id && event.user_id == stage.user)
    );

    let ended = stage.find(request.id).await;
    let route_id = ended.route_id.unwrap();
    let mut connection = stage.db.get().await.unwrap();
    let route = Route::find_for_user(&mut connection, route_id, stage.user)
        .await
        .unwrap()
        .unwrap();
    assert!(
        (1800..=3600).contains(&route.duration_seconds),
        "{} s",
        route.duration_seconds
    );
    assert!(route.path.len() > 50 && route.distance_metres > 500.0);
    assert!(route.path[0].distance_metres(SENATE_SQUARE) < 250.0);
    let on_the_spot = NameLanguage::default();
    let stops = RouteStop::of_route(&mut connection, route_id, &on_the_spot)
        .await
        .unwrap();
    assert!(stops.len() >= 3, "{} stops", stops.len());
    assert!(stops.iter().all(|stop| !stop.theme_ids.is_empty()));
    let details: RouteDetails = serde_json::from_value(route.details).unwrap();
    assert_eq!(details.legs.len(), stops.len() + 1);
    drop(connection);

    let redis = shared_redis::connect(&stage.redis.url()).unwrap();
    let cache = RouteCache::new(
        redis,
        stage.observability.metrics.clone(),
        Duration::from_hours(24),
    );
    assert_eq!(
        cache.get(&CacheKey::stored(ended.cache_key)).await,
        Some(route_id)
    );
    worker.stop().await;
}

#[actix_web::test]
async fn a_walk_is_found_wherever_the_extensions_are() {
    let stage = Stage::set_with_extensions_elsewhere().await;
    stage.load_helsinki().await;
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let ended = stage.ended(request.id, Duration::from_mins(1)).await;
    assert_eq!(ended.status, Status::Complete, "{ended:?}");
    worker.stop().await;
}

#[actix_web::test]
async fn what_takes_a_while_is_told_and_what_does_not_is_not() {
    let stage = Stage::set_in_helsinki().await;
    let walks = Arc::new(AtomicUsize::new(0));
    let slow_at_first = engine(&walks, |walk| {
        if walk == 1 {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let worker = RunningWorker::start_with_engine(&stage, &stage.config(&[]), slow_at_first);
    let mut listener = stage.listen().await;

    let mut holder = stage.db.get().await.unwrap();
    let lock = "BEGIN; LOCK TABLE route_pois IN EXCLUSIVE MODE";
    holder.batch_execute(lock).await.unwrap();
    let slow = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let (events, ()) = tokio::join!(listener.until_final(slow.id), async {
        while walks.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        holder.batch_execute("COMMIT").await.unwrap();
    });
    assert_eq!(stages(&events), ALL_STAGES);

    // A busy machine may take a while for one of them.
    let mut told = Vec::new();
    for number in 1..=3 {
        let east = f64::from(number) * 0.001;
        let elsewhere = Point::new(SENATE_SQUARE.lon + east, SENATE_SQUARE.lat);
        let quick = stage.submit(&an_hour_from(elsewhere)).await;
        told.push(listener.until_final(quick.id).await);
    }
    assert!(
        told.iter()
            .any(|events| !stages(events).contains(&ALL_STAGES[1])),
        "{told:?}"
    );
    worker.stop().await;
}

#[actix_web::test]
async fn a_stage_that_lasts_is_in_the_ledger() {
    let stage = Stage::set_in_helsinki().await;
    let (walks, go_on) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let gate = go_on.clone();
    let slow = engine(&walks, move |_| {
        while !gate.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let worker = RunningWorker::start_with_engine(&stage, &stage.config(&[]), slow);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let now = stage.find(request.id).await;
        if now.stage.as_deref() == Some("computing") {
            assert_eq!((now.status, now.progress), (Status::InProgress, Some(0.3)));
            break;
        }
        assert!(Instant::now() < deadline, "still {now:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    go_on.store(true, Ordering::SeqCst);
    let ended = stage.ended(request.id, Duration::from_secs(20)).await;
    assert_eq!(
        (ended.status, ended.progress, ended.stage),
        (Status::Complete, Some(1.0), None)
    );
    worker.stop().await;
}

fn stages(events: &[StatusEvent]) -> Vec<(Status, Option<&str>)> {
    events
        .iter()
        .map(|event| (event.status, event.stage.as_deref()))
        .collect()
}

#[actix_web::test]
async fn where_no_walk_is_possible_the_user_is_told_why_at_once() {
    let stage = Stage::set_in_helsinki().await;
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let request = stage.submit(&an_hour_from(AT_SEA)).await;
    let ended = stage.ended(request.id, Duration::from_secs(10)).await;
    assert_eq!((ended.status, ended.attempt), (Status::Failed, 1));
    assert_eq!(ended.error_code.as_deref(), Some("no_walkable_way_nearby"));
    assert!(ended.error_message.unwrap().contains("street"));
    assert_eq!(
        stage
            .redis
            .command(&["XLEN", "wildside:queue:{route_generation}:dead"])
            .trim(),
        ":0"
    );
    worker.stop().await;
}

#[actix_web::test]
async fn identical_requests_are_computed_once_and_all_are_told() {
    const REQUESTS: usize = 40;
    let stage = Stage::set();
    let runs = Arc::new(AtomicUsize::new(0));
    let slow = engine(&runs, |_| std::thread::sleep(Duration::from_millis(400)));
    let config = stage.config(&[("WILDSIDE_JOB_CONCURRENCY", "8")]);
    let workers = [
        RunningWorker::start_with_engine(&stage, &config, slow.clone()),
        RunningWorker::start_with_engine(&stage, &config, slow),
    ];
    let mut requests = Vec::new();
    for _ in 0..REQUESTS {
        requests.push(stage.submit(&an_hour_from(SENATE_SQUARE)).await);
    }
    let mut routes = Vec::new();
    for request in &requests {
        routes.push(
            stage
                .ended(request.id, Duration::from_secs(20))
                .await
                .route_id
                .unwrap(),
        );
    }
    routes.dedup();
    assert_eq!((runs.load(Ordering::SeqCst), routes.len()), (1, 1));
    assert_eq!(
        stage.database.sql("SELECT count(*) FROM routes").trim(),
        "1"
    );
    for worker in workers {
        worker.stop().await;
    }
}
