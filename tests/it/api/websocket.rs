//! The WebSocket from outside.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::api::app::{Client, TestApp};
use crate::api::city;

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn connect(
    app: &TestApp,
    cookie: Option<&str>,
    origin: Option<&str>,
) -> Result<Socket, u16> {
    connect_to(app.address, cookie, origin).await
}

/// A connection whose sentences are in a language.
pub async fn socket_in(app: &TestApp, client: &Client, language: &str) -> Socket {
    let address = format!("ws://{}/ws?language={language}", app.address);
    let mut request = address.into_client_request().unwrap();
    let cookie = format!("session={}", client.cookie.as_deref().unwrap());
    request
        .headers_mut()
        .insert("cookie", cookie.parse().unwrap());
    connect_async(request).await.unwrap().0
}

pub async fn connect_to(
    address: SocketAddr,
    cookie: Option<&str>,
    origin: Option<&str>,
) -> Result<Socket, u16> {
    let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
    if let Some(cookie) = cookie {
        request
            .headers_mut()
            .insert("cookie", format!("session={cookie}").parse().unwrap());
    }
    if let Some(origin) = origin {
        request
            .headers_mut()
            .insert("origin", origin.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
            Err(response.status().as_u16())
        }
        Err(error) => panic!("{error}"),
    }
}

pub async fn socket_of(app: &TestApp, client: &Client) -> Socket {
    connect(app, client.cookie.as_deref(), None).await.unwrap()
}

/// The next frame that is JSON.
pub async fn frame(socket: &mut Socket) -> Value {
    loop {
        let message = timeout(Duration::from_secs(10), socket.next())
            .await
            .expect("no frame came")
            .unwrap()
            .unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[actix_web::test]
async fn only_logged_in_users_of_own_pages_may_connect() {
    let app = TestApp::spawn();
    let ada = app.user("ada").await;
    let cookie = ada.cookie.as_deref();
    assert_eq!(connect(&app, None, None).await.err(), Some(401));
    assert_eq!(connect(&app, Some("forged"), None).await.err(), Some(401));
    assert_eq!(
        connect(&app, cookie, Some("https://evil.example"))
            .await
            .err(),
        Some(403)
    );
    let own = format!("http://{}", app.address);
    assert!(connect(&app, cookie, Some(&own)).await.is_ok());
}

#[actix_web::test]
async fn the_status_of_a_request_comes_to_its_user_alone() {
    let app = TestApp::spawn();
    city::load(&app);
    let (mut ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (mut socket, mut other) = (socket_of(&app, &ada).await, socket_of(&app, &bob).await);
    let request = city::ask(&mut ada).await;
    let pending = frame(&mut socket).await;
    assert_eq!(pending["type"], "route_generation_status");
    assert_eq!(
        (pending["request_id"].as_str(), pending["status"].as_str()),
        (Some(request.to_string().as_str()), Some("pending"))
    );

    let route = city::finish(&app, request);
    let mut reconnected = socket_of(&app, &ada).await;
    let complete = frame(&mut reconnected).await;
    assert_eq!(
        (complete["status"].as_str(), complete["route_id"].as_str()),
        (Some("complete"), Some(route.to_string().as_str()))
    );
    assert!(
        timeout(Duration::from_millis(300), other.next())
            .await
            .is_err(),
        "bob heard of it"
    );
}

#[actix_web::test]
async fn a_position_is_matched_to_the_walk_and_rubbish_answered() {
    let app = TestApp::spawn();
    city::load(&app);
    let (mut ada, bob) = (app.user("ada").await, app.user("bob").await);
    let route = city::walk(&app, &mut ada).await;
    let mut socket = socket_of(&app, &ada).await;
    assert_eq!(frame(&mut socket).await["status"], "complete");
    let here = json!({"type": "update_location", "route_id": route, "location": {"type": "Point", "coordinates": [7.4205, 43.73]}});
    socket.send(Message::text(here.to_string())).await.unwrap();
    let progress = frame(&mut socket).await;
    assert_eq!(
        (progress["type"].as_str(), progress["on_route"].as_bool()),
        (Some("walk_progress"), Some(true)),
        "{progress}"
    );
    assert_eq!(progress["next_poi_id"], 11);
    assert!(
        (progress["metres_to_next"].as_f64().unwrap() - 40.2).abs() < 1.0,
        "{progress}"
    );

    for rubbish in ["{", "[]", "{\"type\":\"fly\"}", "\u{1F37A}"] {
        socket.send(Message::text(rubbish)).await.unwrap();
        assert_eq!(frame(&mut socket).await["type"], "error", "{rubbish}");
    }
    let mut other = socket_of(&app, &bob).await;
    other.send(Message::text(here.to_string())).await.unwrap();
    assert_eq!(frame(&mut other).await["code"], "not_found");
    other.send(Message::text("x".repeat(20_000))).await.unwrap();
    let closed = timeout(Duration::from_secs(5), other.next()).await.unwrap();
    match closed {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1009),
        other => panic!("not closed: {other:?}"),
    }
}
