//! From a publication in Redis to the frames that clients see.

use std::time::{Duration, Instant};

use crate::support::{Options, TestServer, event, publish, until};
use serde_json::json;
use uuid::Uuid;
use wildside_actors::{Status, StatusError};
use wildside_test_support::{Fault, TcpProxy, TestRedis};

fn with_redis(url: String) -> Options {
    Options {
        redis_url: Some(url),
        ..Options::default()
    }
}

#[actix_web::test]
async fn an_event_reaches_every_session_of_its_user_and_no_other() {
    let redis = TestRedis::start();
    let server = TestServer::start(with_redis(redis.url()));
    let (ada, bob, request) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    let (mut phone, mut laptop) = (server.connect(ada).await, server.connect(ada).await);
    let mut other = server.connect(bob).await;
    server.await_sessions(3).await;
    server.await_subscriptions(1).await;

    let mut failed = event(ada, request, Status::Failed);
    failed.error = Some(StatusError {
        code: "nothing_to_see".into(),
        message: "There is nothing to see.".into(),
    });
    publish(
        &redis.url(),
        &[
            event(ada, request, Status::Pending),
            event(ada, request, Status::InProgress),
            failed,
        ],
    )
    .await;

    for client in [&mut phone, &mut laptop] {
        assert_eq!(client.status().await, (request, "pending".to_owned()));
        assert_eq!(client.status().await, (request, "in_progress".to_owned()));
        let frame = client.frame().await;
        assert_eq!(frame["status"], "failed");
        assert_eq!(frame["error"]["code"], "nothing_to_see");
        assert!(frame["updated_at"].is_string());
        assert!(frame.get("user_id").is_none() && frame.get("route_id").is_none());
    }
    assert!(other.hears_nothing().await);
}

#[actix_web::test]
async fn a_status_does_not_wait_until_the_client_has_acknowledged_an_answer() {
    let redis = TestRedis::start();
    let server = TestServer::start(with_redis(redis.url()));
    let user = Uuid::new_v4();
    let mut client = server.connect(user).await;
    server.await_sessions(1).await;
    server.await_subscriptions(1).await;

    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        // The system of a client that talks keeps an acknowledgement back for a while, Linux for 40 ms.
        for _ in 0..4 {
            client.say(&json!({"type": "hello"})).await;
            assert_eq!(client.frame().await["code"], "unknown_type");
        }
        let request = Uuid::new_v4();
        let published = Instant::now();
        publish(&redis.url(), &[event(user, request, Status::Pending)]).await;
        assert_eq!(client.status().await, (request, "pending".to_owned()));
        quickest = quickest.min(published.elapsed());
    }
    assert!(quickest < Duration::from_millis(25), "{quickest:?}");
}

#[actix_web::test]
async fn on_connect_the_current_statuses_are_sent_once() {
    let redis = TestRedis::start();
    let server = TestServer::start(with_redis(redis.url()));
    let (user, done, open) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    let complete = event(user, done, Status::Complete);
    server.ledger.lock().unwrap().events =
        vec![complete.clone(), event(user, open, Status::InProgress)];
    server.await_subscriptions(1).await;

    let mut client = server.connect(user).await;
    assert_eq!(client.status().await, (done, "complete".to_owned()));
    assert_eq!(client.status().await, (open, "in_progress".to_owned()));
    // What a late worker or a second path says again is no news.
    publish(
        &redis.url(),
        &[
            complete,
            event(user, open, Status::Pending),
            event(user, open, Status::Complete),
        ],
    )
    .await;
    assert_eq!(client.status().await, (open, "complete".to_owned()));
    assert!(client.hears_nothing().await);
}

#[actix_web::test]
async fn a_failing_ledger_is_asked_again() {
    let server = TestServer::start(Options::default());
    let (user, request) = (Uuid::new_v4(), Uuid::new_v4());
    {
        let mut ledger = server.ledger.lock().unwrap();
        ledger.events = vec![event(user, request, Status::Complete)];
        ledger.failures = 1;
        ledger.panics = 1;
    }
    let mut client = server.connect(user).await;
    assert_eq!(client.status().await, (request, "complete".to_owned()));
    let hub = server.report("user_hub").await;
    assert_eq!((hub.restarts, hub.silent), (0, false));
}

#[actix_web::test]
async fn a_client_without_its_statuses_is_asked_to_come_back() {
    let server = TestServer::start(Options::default());
    server.ledger.lock().unwrap().failures = 100;
    let mut client = server.connect(Uuid::new_v4()).await;
    let close = client.closed().await;
    assert_eq!(u16::from(close.code), 1013);
    assert!(close.reason.starts_with("retry_after_ms="));
    server.await_sessions(0).await;
}

#[actix_web::test]
async fn statuses_missed_while_redis_was_away_are_sent_when_it_is_back() {
    let mut redis = TestRedis::start();
    let server = TestServer::start(with_redis(redis.url()));
    let (user, request) = (Uuid::new_v4(), Uuid::new_v4());
    let mut client = server.connect(user).await;
    server.await_sessions(1).await;
    server.await_subscriptions(1).await;
    publish(&redis.url(), &[event(user, request, Status::Pending)]).await;
    assert_eq!(client.status().await.1, "pending");

    redis.kill();
    until("the bridge", async || {
        server.report("redis_bridge").await.state == "connecting"
    })
    .await;
    server.ledger.lock().unwrap().events = vec![event(user, request, Status::Complete)];
    redis.restart();
    assert_eq!(client.status().await, (request, "complete".to_owned()));
    let next = Uuid::new_v4();
    publish(
        &redis.url(),
        &[
            event(user, request, Status::Complete),
            event(user, next, Status::Pending),
        ],
    )
    .await;
    assert_eq!(client.status().await, (next, "pending".to_owned()));
    let bridge = server.report("redis_bridge").await;
    assert_eq!(bridge.restarts, 1);
    assert!(bridge.last_error.is_some());
}

#[actix_web::test]
async fn a_half_open_connection_to_redis_is_noticed_within_ten_seconds() {
    let redis = TestRedis::start();
    let proxy = TcpProxy::to_port(redis.port());
    let server = TestServer::start(with_redis(redis.url_at(proxy.port())));
    let (user, request) = (Uuid::new_v4(), Uuid::new_v4());
    let mut client = server.connect(user).await;
    server.await_sessions(1).await;
    server.await_subscriptions(1).await;

    proxy.set(Fault::BlackHole);
    let began = Instant::now();
    publish(&redis.url(), &[event(user, request, Status::Complete)]).await;
    server.ledger.lock().unwrap().events = vec![event(user, request, Status::Complete)];
    until("the bridge", async || {
        server.report("redis_bridge").await.state == "connecting"
    })
    .await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    proxy.set(Fault::None);
    assert_eq!(client.status().await, (request, "complete".to_owned()));
}

#[actix_web::test]
async fn garbage_on_a_channel_is_counted_and_ignored() {
    let redis = TestRedis::start();
    let server = TestServer::start(with_redis(redis.url()));
    let (user, request) = (Uuid::new_v4(), Uuid::new_v4());
    let mut client = server.connect(user).await;
    server.await_sessions(1).await;
    server.await_subscriptions(1).await;
    for garbage in ["", "{", "{\"status\":\"complete\"}", "\u{0}"] {
        redis.command(&["PUBLISH", "wildside:events:0", garbage]);
    }
    publish(&redis.url(), &[event(user, request, Status::Complete)]).await;
    assert_eq!(client.status().await, (request, "complete".to_owned()));
    assert_eq!(
        server.report("redis_bridge").await.details["malformed_events"],
        4
    );
}

#[actix_web::test]
async fn a_subscription_moves_with_the_address_of_redis() {
    let old = TestRedis::start();
    let new = old.start_replica();
    new.command(&["REPLICAOF", "NO", "ONE"]);
    let proxy = TcpProxy::to_port(old.port());
    let server = TestServer::start(with_redis(old.url_at(proxy.port())));
    let (user, request) = (Uuid::new_v4(), Uuid::new_v4());
    let mut client = server.connect(user).await;
    server.await_sessions(1).await;
    server.await_subscriptions(1).await;
    proxy.move_to(new.port());
    server.await_subscriptions(2).await;
    publish(&new.url(), &[event(user, request, Status::Pending)]).await;
    assert_eq!(client.status().await, (request, "pending".to_owned()));
}
