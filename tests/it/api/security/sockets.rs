//! WebSockets that are opened by the wrong page, or say too much.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::Method;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::report;
use crate::api::app::TestApp;
use crate::api::websocket::{Socket, connect, frame, socket_of};

/// The code with which the server closes the connection, whatever it says before.
async fn close_code(socket: &mut Socket) -> Option<u16> {
    let closing = async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Close(close) = message {
                return close.map(|close| close.code.into());
            }
        }
        None
    };
    timeout(Duration::from_secs(20), closing)
        .await
        .expect("the connection stays open")
}

#[actix_web::test]
async fn no_page_of_another_site_gets_a_socket() {
    let app = TestApp::spawn();
    let ada = app.user("ada").await;
    let own = format!("http://{}", app.address);
    for origin in [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        "file://".to_owned(),
        format!("{own}.evil.example"),
        format!("http://evil.example/{own}"),
        format!("http://{}:{}", app.address.ip(), app.address.port() ^ 1),
    ] {
        let answer = connect(&app, ada.cookie.as_deref(), Some(&origin)).await;
        report(
            &format!("a handshake with the cookie of a user, by {origin}"),
            answer.as_ref().err().unwrap(),
        );
        assert_eq!(answer.err(), Some(403), "{origin}");
    }
    assert!(
        connect(&app, ada.cookie.as_deref(), Some(&own))
            .await
            .is_ok()
    );
}

#[actix_web::test]
async fn a_flood_of_frames_ends_the_connection() {
    let app = TestApp::spawn();
    let ada = app.user("ada").await;
    let ping = Message::Ping(Vec::new().into());
    let piece = Message::Frame(Frame::message(
        b"x".to_vec(),
        OpCode::Data(Data::Text),
        false,
    ));
    for (name, message) in [
        ("texts", Message::text("{}")),
        ("pings", ping),
        ("first pieces", piece),
        ("binary frames", Message::binary(vec![0])),
    ] {
        let mut socket = socket_of(&app, &ada).await;
        for _ in 0..500 {
            // The connection may be closed before all is sent.
            if socket.send(message.clone()).await.is_err() {
                break;
            }
        }
        let code = close_code(&mut socket).await;
        report(&format!("500 {name} at once"), format_args!("{code:?}"));
        assert!(matches!(code, Some(1002 | 1008)), "{name}: {code:?}");
    }
}

#[actix_web::test]
async fn a_message_too_long_ends_the_connection() {
    let app = TestApp::spawn();
    let ada = app.user("ada").await;
    let mut socket = socket_of(&app, &ada).await;
    socket.send(Message::text("x".repeat(1_000_000))).await.ok();
    let whole = close_code(&mut socket).await;
    let mut socket = socket_of(&app, &ada).await;
    let piece = |opcode, last| {
        Message::Frame(Frame::message(
            vec![b'x'; 10_000],
            OpCode::Data(opcode),
            last,
        ))
    };
    socket.send(piece(Data::Text, false)).await.unwrap();
    socket.send(piece(Data::Continue, false)).await.unwrap();
    let pieces = close_code(&mut socket).await;
    report("a message of 1 MB", format_args!("{whole:?}"));
    report(
        "a message of 20 KB in two pieces",
        format_args!("{pieces:?}"),
    );
    assert_eq!((whole, pieces), (Some(1009), Some(1009)));
}

#[actix_web::test]
async fn rubbish_is_answered_and_nothing_of_it_comes_back() {
    let app = TestApp::spawn();
    let ada = app.user("ada").await;
    let deep = "[".repeat(10_000);
    for (name, text) in [
        ("10,000 arrays deep", deep.as_str()),
        (
            "1e400",
            r#"{"type":"update_location","route_id":"00000000-0000-0000-0000-000000000000","location":{"type":"Point","coordinates":[1e400,0]}}"#,
        ),
        (
            "NaN",
            r#"{"type":"update_location","location":{"coordinates":[NaN,0]}}"#,
        ),
        (
            "a location beyond the earth",
            r#"{"type":"update_location","route_id":"00000000-0000-0000-0000-000000000000","location":{"type":"Point","coordinates":[181,0]}}"#,
        ),
        ("a type that is no text", r#"{"type":["update_location"]}"#),
        (
            "a frame of the server",
            r#"{"type":"route_generation_status","status":"complete"}"#,
        ),
        (
            "SQL",
            r#"{"type":"update_location","route_id":"' OR 1=1 --"}"#,
        ),
        (
            "a key twice",
            r#"{"type":"update_location","type":"update_location"}"#,
        ),
    ] {
        let mut socket = socket_of(&app, &ada).await;
        socket.send(Message::text(text)).await.unwrap();
        let answer = frame(&mut socket).await;
        report(name, &answer["code"]);
        assert_eq!(answer["type"], "error", "{name}");
        assert!(!answer["message"].as_str().unwrap().contains("1=1"));
    }
}

#[actix_web::test]
async fn a_user_has_so_many_connections() {
    let app = TestApp::spawn();
    let ada = app.user("ada").await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(socket_of(&app, &ada).await);
    }
    let code = close_code(&mut socket_of(&app, &ada).await).await;
    report("the 21st connection of a user", format_args!("{code:?}"));
    assert_eq!(code, Some(1008));
}

#[actix_web::test]
async fn a_connection_does_not_outlive_its_login() {
    let app = TestApp::spawn();
    let (mut ada, mut bob, eve) = (
        app.user("ada").await,
        app.user("bob").await,
        app.user("eve").await,
    );
    let mut sockets = [socket_of(&app, &ada).await, socket_of(&app, &bob).await];
    let mut other = socket_of(&app, &eve).await;
    ada.send(Method::POST, "/api/v1/logout", None, &[]).await;
    bob.delete("/api/v1/users/me").await;
    for (name, socket) in ["a log-out", "the end of an account"]
        .iter()
        .zip(&mut sockets)
    {
        let code = close_code(socket).await;
        report(
            &format!("a connection after {name}"),
            format_args!("{code:?}"),
        );
        assert_eq!(code, Some(1008));
    }
    other.send(Message::text("{}")).await.unwrap();
    assert_eq!(frame(&mut other).await["type"], "error");
}
