//! Walks that several users save and forget at the same time.

use std::time::Duration;

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;
use wildside_test_support::{Fault, TcpProxy, TestDatabase};

use super::AT_ONCE;
use crate::api::app::TestApp;
use crate::api::city;

/// Last one of all decides whether the cache keeps a walk for good.
#[actix_web::test]
async fn a_walk_is_pinned_as_long_as_anybody_saves_it() {
    let database = TestDatabase::create();
    let mut slow = reqwest::Url::parse(&database.url()).unwrap();
    let proxy = TcpProxy::to_port(slow.port().unwrap());
    slow.set_port(Some(proxy.port())).unwrap();
    let app = TestApp::on(database, &[("DATABASE_URL", slow.as_str())]);
    city::load(&app);
    let mut walkers = Vec::new();
    let mut route = Uuid::nil();
    for n in 0..AT_ONCE {
        let mut walker = app.user(&format!("walker-{n}")).await;
        let request = city::ask(&mut walker).await;
        if n == 0 {
            route = city::finish(&app, request);
        }
        app.database.sql(&format!(
            "UPDATE route_requests SET status = 'complete', route_id = '{route}' WHERE id = '{request}'"
        ));
        walkers.push(walker);
    }
    let key = app
        .database
        .sql("SELECT cache_key FROM route_requests LIMIT 1");
    let path = format!("/api/v1/routes/{route}/saved");
    let entry = json!({"route_id": route}).to_string();
    app.redis.command(&["SET", key.trim(), &entry, "EX", "60"]);
    proxy.set(Fault::Latency(Duration::from_millis(3)));
    for round in 0..40 {
        let toggled = walkers.iter().enumerate().map(|(n, walker)| {
            let (mut walker, path) = (walker.clone(), &path);
            let method = [Method::PUT, Method::DELETE][(n + round) % 2].clone();
            // They come in between each other's statements.
            let later = Duration::from_millis(rand::random_range(0..30));
            async move {
                tokio::time::sleep(later).await;
                walker.send(method, path, None, &[]).await.status
            }
        });
        assert!(join_all(toggled).await.iter().all(StatusCode::is_success));
        let last = &mut walkers[round % AT_ONCE];
        let saved = app.database.sql("SELECT count(*) FROM saved_routes");
        check_pin(&app, key.trim(), saved.trim() != "0", round);
        last.delete(&path).await;
    }
}

fn check_pin(app: &TestApp, key: &str, saved: bool, round: usize) {
    const FOR_GOOD: i64 = 86_400;
    let ttl = app.redis.command(&["TTL", key]);
    let ttl: i64 = ttl.trim().trim_start_matches(':').parse().unwrap();
    let pinned = ttl == -1 || ttl > FOR_GOOD;
    assert_eq!(pinned, saved, "round {round}: {ttl} s");
}
