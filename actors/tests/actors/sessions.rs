//! Tests of sessions: frames, silence and ends.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use uuid::Uuid;
use wildside_actors::protocol::{Limits, Rate};
use wildside_actors::user_hub::{CloseAll, HubConfig};
use wildside_test_support::{Fault, TcpProxy};

use crate::support::{Client, Options, TestServer};

fn location(route_id: Uuid, lat: f64) -> serde_json::Value {
    json!({"type": "update_location", "route_id": route_id, "location": {"type": "Point", "coordinates": [-3.19, lat]}})
}

async fn connected(options: Options) -> (TestServer, Client) {
    let server = TestServer::start(options);
    let client = server.connect(Uuid::new_v4()).await;
    server.await_sessions(1).await;
    (server, client)
}

#[actix_web::test]
async fn a_location_is_answered_by_the_progress_of_the_walk() {
    let (_server, mut client) = connected(Options::default()).await;
    let route_id = Uuid::new_v4();
    client.say(&location(route_id, 55.95)).await;
    assert_eq!(
        client.frame().await,
        json!({"type": "walk_progress", "route_id": route_id, "on_route": true, "metres_off_route": 55.95,
               "remaining_metres": 1200.0, "next_poi_id": 11, "metres_to_next": 80.0})
    );
    client.say(&json!({"type": "updateLocation", "routeId": Uuid::nil(), "location": {"type": "Point", "coordinates": [0, 0]}})).await;
    assert_eq!(
        client.frame().await,
        json!({"type": "error", "code": "not_found", "message": "no such route"})
    );
}

#[actix_web::test]
async fn only_the_newest_of_the_waiting_locations_is_matched() {
    let (_server, mut client) = connected(Options::default()).await;
    for lat in [1.0, 2.0, 3.0, 4.0] {
        client.say(&location(Uuid::from_u128(1), lat)).await;
    }
    assert_eq!(client.frame().await["metres_off_route"], 1.0);
    assert_eq!(client.frame().await["metres_off_route"], 4.0);
    assert!(client.hears_nothing().await);
}

#[actix_web::test]
async fn too_many_locations_are_refused_and_the_connection_stays() {
    let (_server, mut client) = connected(Options::default()).await;
    let mut refused = 0;
    for _ in 0..10 {
        client.say(&location(Uuid::new_v4(), 1.0)).await;
        refused += usize::from(client.frame().await["code"] == "too_many_requests");
    }
    assert!((4..=5).contains(&refused), "{refused} of 10 refused");
    client.say(&json!({"type": "hello"})).await;
    assert_eq!(client.frame().await["code"], "unknown_type");
}

#[actix_web::test]
async fn a_frame_that_is_not_understood_is_answered_by_an_error() {
    let (_server, mut client) = connected(Options::default()).await;
    for (text, code) in [
        ("", "invalid_json"),
        ("{", "invalid_json"),
        ("[]", "invalid_frame"),
        ("null", "invalid_frame"),
        ("{\"type\":7}", "invalid_frame"),
        ("{\"type\":\"subscribe\"}", "unknown_type"),
        ("{\"type\":\"update_location\"}", "invalid_frame"),
        (
            "{\"type\":\"update_location\",\"route_id\":\"x\",\"location\":{\"type\":\"Point\",\"coordinates\":[1,2]}}",
            "invalid_frame",
        ),
        (&location(Uuid::new_v4(), 90.5).to_string(), "out_of_range"),
        (&"[".repeat(10_000), "invalid_json"),
    ] {
        client.send(Message::text(text)).await;
        let frame = client.frame().await;
        assert_eq!(
            (frame["type"].as_str(), frame["code"].as_str()),
            (Some("error"), Some(code)),
            "{text:.80}"
        );
    }
    client.send(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(client.frame().await["code"], "binary_frame");
}

#[actix_web::test]
async fn fragments_are_joined() {
    let (_server, mut client) = connected(Options::default()).await;
    let text = location(Uuid::nil(), 1.0).to_string();
    let (first, rest) = text.split_at(20);
    let (second, third) = rest.split_at(30);
    let fragment = |text: &str, opcode, last| {
        Message::Frame(Frame::message(
            Bytes::copy_from_slice(text.as_bytes()),
            OpCode::Data(opcode),
            last,
        ))
    };
    client.send(fragment(first, Data::Text, false)).await;
    client
        .send(Message::Ping(Bytes::from_static(b"in between")))
        .await;
    client.send(fragment(second, Data::Continue, false)).await;
    client.send(fragment(third, Data::Continue, true)).await;
    assert_eq!(client.frame().await["code"], "not_found");
}

#[actix_web::test]
async fn a_frame_that_is_too_long_closes_with_1009() {
    let (server, mut client) = connected(Options::default()).await;
    client.send(Message::text("x".repeat(16 * 1024))).await;
    assert_eq!(client.frame().await["code"], "invalid_json");
    client.send(Message::text("x".repeat(16 * 1024 + 1))).await;
    assert_eq!(u16::from(client.closed().await.code), 1009);
    server.await_sessions(0).await;

    let mut fragments = server.connect(Uuid::new_v4()).await;
    let fragment = |opcode| {
        Message::Frame(Frame::message(
            vec![b'x'; 9_000],
            OpCode::Data(opcode),
            false,
        ))
    };
    fragments.send(fragment(Data::Text)).await;
    fragments.send(fragment(Data::Continue)).await;
    assert_eq!(u16::from(fragments.closed().await.code), 1009);
}

#[actix_web::test]
async fn a_flood_closes_with_1008() {
    let (server, mut client) = connected(Options::default()).await;
    for _ in 0..100 {
        client.send(Message::text("{}")).await;
    }
    assert_eq!(u16::from(client.closed().await.code), 1008);
    server.await_sessions(0).await;
}

fn impatient() -> Limits {
    Limits {
        ping_every: Duration::from_millis(100),
        silent_after: Duration::from_millis(350),
        ..Limits::DEFAULT
    }
}

#[actix_web::test]
async fn a_client_that_answers_pings_stays() {
    let limits = Limits {
        frames: Rate {
            burst: 60.0,
            per_second: 20.0,
        },
        ..impatient()
    };
    let (server, mut client) = connected(Options {
        limits,
        ..Options::default()
    })
    .await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        assert!(client.hears_nothing().await || began.elapsed() < Duration::from_secs(1));
    }
    assert_eq!(server.sessions().await, 1);
}

#[actix_web::test]
async fn a_half_open_client_is_closed() {
    let server = TestServer::start(Options {
        limits: impatient(),
        ..Options::default()
    });
    let proxy = TcpProxy::to_port(server.port);
    let client = server.connect_through(proxy.port(), Uuid::new_v4()).await;
    server.await_sessions(1).await;
    proxy.set(Fault::BlackHole);
    server.await_sessions(0).await;
    drop(client);
}

#[actix_web::test]
async fn a_client_that_closes_or_vanishes_is_forgotten() {
    let server = TestServer::start(Options::default());
    let (mut polite, rude) = (
        server.connect(Uuid::new_v4()).await,
        server.connect(Uuid::new_v4()).await,
    );
    server.await_sessions(2).await;
    polite.send(Message::Close(None)).await;
    server.await_sessions(1).await;
    drop(rude);
    server.await_sessions(0).await;
}

#[actix_web::test]
async fn a_new_connection_outlives_the_end_of_an_old_one_of_the_same_user() {
    let server = TestServer::start(Options::default());
    let user = Uuid::new_v4();
    for _ in 0..20 {
        let old = server.connect(user).await;
        server.await_sessions(1).await;
        let new = server.connect(user).await;
        drop(old);
        server.await_sessions(1).await;
        drop(new);
        server.await_sessions(0).await;
    }
}

#[actix_web::test]
async fn limits_of_connections_hold() {
    let hub = HubConfig {
        max_sessions: 3,
        max_sessions_per_user: 2,
        ..HubConfig::default()
    };
    let server = TestServer::start(Options {
        hub,
        ..Options::default()
    });
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    let _first = server.connect(ada).await;
    let _second = server.connect(ada).await;
    server.await_sessions(2).await;
    assert_eq!(
        u16::from(server.connect(ada).await.closed().await.code),
        1008
    );
    let _third = server.connect(bob).await;
    server.await_sessions(3).await;
    assert_eq!(
        u16::from(server.connect(Uuid::new_v4()).await.closed().await.code),
        1013
    );
    assert_eq!(server.sessions().await, 3);
}

#[actix_web::test]
async fn on_shutdown_everyone_is_told_to_connect_elsewhere() {
    let server = TestServer::start(Options::default());
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(server.connect(Uuid::new_v4()).await);
    }
    server.await_sessions(50).await;
    let closing = server.hub.ask(CloseAll {
        deadline: Instant::now() + Duration::from_secs(5),
    });
    assert_eq!(closing.await, Ok(0));
    for client in &mut clients {
        let close = client.closed().await;
        assert_eq!(u16::from(close.code), 1001);
        assert!(close.reason.starts_with("retry_after_ms="));
    }
    let mut late = server.connect(Uuid::new_v4()).await;
    assert_eq!(u16::from(late.closed().await.code), 1001);
    server.stop().await;
}
