//! Keys left in Redis: ones that end by themselves, and a few that are always the same.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;
use wildside::maintenance::{Chore, run_now};
use wildside::process::worker::Worker;
use wildside::telemetry::observability::Observability;
use wildside_test_support::{CITY, FakeOverpass, OverpassFault};

use crate::api::app::{Client, TestApp};
use crate::api::deletion::tools;
use crate::config::config;

const PATIENCE: Duration = Duration::from_mins(1);

/// Keys without a time to live: queues and the manners towards Overpass, a fixed number of each, and bounded by what
/// looks after them.
const FIXED: [&str; 10] = [
    "wildside:queue:{route_generation}",
    "wildside:queue:{route_generation}:delayed",
    "wildside:queue:{route_generation}:dead",
    "wildside:queue:{route_generation}:ids",
    "wildside:queue:{enrichment}",
    "wildside:queue:{enrichment}:delayed",
    "wildside:queue:{enrichment}:dead",
    "wildside:queue:{enrichment}:ids",
    "wildside:overpass:state",
    "wildside:overpass:leases",
];

/// The keys that never end, but for those that may.
fn endless(app: &TestApp) -> Vec<String> {
    let keys = app.redis.command(&["KEYS", "*"]);
    let keys = keys.lines().map(str::trim);
    keys.filter(|key| key.starts_with("wildside"))
        .filter(|key| !FIXED.contains(key))
        .filter(|key| app.redis.command(&["TTL", key]).trim() == ":-1")
        .map(str::to_owned)
        .collect()
}

async fn chore(app: &TestApp, chore: Chore) -> String {
    let tools = tools(app);
    let deadline = Instant::now() + PATIENCE;
    loop {
        // A worker may be at it.
        if let Some(words) = run_now(chore, &tools).await.unwrap() {
            return words;
        }
        assert!(
            Instant::now() < deadline,
            "another worker is at it for ever"
        );
        tokio::task::yield_now().await;
    }
}

/// Asks for a walk and waits until it is there.
async fn walk(client: &mut Client, minutes: u32) -> Uuid {
    let body = json!({
        "start_location": {"type": "Point", "coordinates": [7.42, 43.73]},
        "duration_minutes": minutes
    });
    let answer = client.post("/api/v1/routes", &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let status_url = answer.json()["status_url"].as_str().unwrap().to_owned();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = client.get(&status_url).await.json();
        assert_ne!(status["status"], "failed", "{status}");
        if let Some(route) = status["route_id"].as_str() {
            return route.parse().unwrap();
        }
        assert!(Instant::now() < deadline, "{status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until so many keys never end: a walk is pinned shortly after its saver was told.
async fn until_endless(app: &TestApp, count: usize) {
    let deadline = Instant::now() + PATIENCE;
    while endless(app).len() != count {
        assert!(Instant::now() < deadline, "{:?}", endless(app));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_web::test]
async fn every_key_ends_but_for_a_fixed_few() {
    let app = TestApp::spawn();
    app.database.sql(CITY);
    let overpass = FakeOverpass::empty();
    // What it does not know would be taken away.
    overpass.set(OverpassFault::Busy { retry_after: None });
    let variables = [
        ("OVERPASS_URL", overpass.url()),
        ("ENRICHMENT_MIN_PLACES", "1000".to_owned()),
    ];
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let config = config(&app.database.url(), &app.redis.url(), &variables);
    let worker = Worker::start(&config, &Observability::new().unwrap()).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = tokio::spawn(worker.run(async {
        let _ = stopped.await;
    }));

    // Everything that writes to Redis: strangers, failed logins, sign-ups, requests, keys of clients, saved walks.
    let (mut ada, mut bob) = (app.user("ada").await, app.user("bob").await);
    let wrong = json!({"username": "ada", "password": "not the password"});
    app.client().post("/api/v1/login", &wrong).await;
    app.client()
        .get("/api/v1/pois?bbox=7.4,43.7,7.5,43.8")
        .await;
    let (hour, longer) = (walk(&mut ada, 60).await, walk(&mut ada, 90).await);
    walk(&mut bob, 60).await;
    for route in [hour, longer] {
        let path = format!("/api/v1/routes/{route}/saved");
        let saved = ada.put(&path, &json!({})).await;
        assert_eq!(saved.status, StatusCode::NO_CONTENT, "{}", saved.text);
    }
    let of_bob = format!("/api/v1/routes/{hour}/saved");
    bob.put(&of_bob, &json!({})).await;
    let junk = [
        "XADD",
        "wildside:queue:{route_generation}",
        "*",
        "junk",
        "1",
    ];
    app.redis.command(&junk);
    until_endless(&app, 2).await;
    assert!(
        endless(&app)
            .iter()
            .all(|key| key.starts_with("wildside:route:v1:")),
        "{:?}",
        endless(&app)
    );

    // A walk that somebody keeps stays; that of a deleted account goes.
    assert_eq!(
        chore(&app, Chore::ExpireOrphanedWalks).await,
        "0 walks leave the cache"
    );
    let gone = ada.delete("/api/v1/users/me").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    chore(&app, Chore::RemoveDeletedAccounts).await;
    chore(&app, Chore::ExpireOrphanedWalks).await;
    assert_eq!(endless(&app).len(), 1, "bob keeps one of them");

    // Nobody asks for walks on data that has been replaced.
    app.database
        .sql("UPDATE areas SET generation = generation + 1");
    chore(&app, Chore::ExpireOrphanedWalks).await;
    assert_eq!(endless(&app), Vec::<String>::new());

    stop.send(()).unwrap();
    worker.await.unwrap().unwrap();
}
