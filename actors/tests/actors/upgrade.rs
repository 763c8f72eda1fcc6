//! Tests of the upgrade to a WebSocket, byte by byte.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{Options, TestServer};

/// A frame with one ping of no content, under a mask of zeros, and its answer.
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
const PONG: [u8; 2] = [0x8a, 0];
/// A frame that says goodbye without a reason, and its answer with code 1000.
const CLOSE: [u8; 6] = [0x88, 0x80, 0, 0, 0, 0];
const CLOSED: [u8; 4] = [0x88, 2, 0x03, 0xe8];

fn handshake(path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: wildside\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// All that a server answers to `sent` until it closes the connection.
async fn exchange(server: &TestServer, sent: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(("127.0.0.1", server.port))
        .await
        .unwrap();
    socket.write_all(sent).await.unwrap();
    let mut answer = Vec::new();
    let reading = socket.read_to_end(&mut answer);
    let closed = timeout(Duration::from_secs(5), reading).await;
    closed.expect("the connection stays open").unwrap();
    answer
}

/// The head of each answer, and what follows the last.
fn heads(mut answer: &[u8]) -> (Vec<String>, &[u8]) {
    let mut heads = Vec::new();
    while answer.starts_with(b"HTTP/1.1 ") {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, rest) = answer.split_at(end.unwrap() + 4);
        heads.push(String::from_utf8_lossy(head).to_lowercase());
        answer = rest;
    }
    (heads, answer)
}

#[actix_web::test]
async fn what_comes_together_with_the_handshake_is_heard() {
    let server = TestServer::start(Options::default());
    let handshake = handshake(&format!("/ws/{}", Uuid::new_v4()));
    let answer = exchange(&server, &[&handshake[..], &PING, &CLOSE].concat()).await;
    let (heads, frames) = heads(&answer);
    assert!(heads[0].starts_with("http/1.1 101 "), "{heads:?}");
    assert!(heads[0].contains("connection: upgrade\r\n"), "{heads:?}");
    assert_eq!(frames, [&PONG[..], &CLOSED].concat());
}

#[actix_web::test]
async fn a_handshake_waits_for_the_answers_before_it() {
    let server = TestServer::start(Options::default());
    let first = b"GET /nowhere HTTP/1.1\r\nHost: wildside\r\n\r\n";
    let handshake = handshake(&format!("/ws/{}", Uuid::new_v4()));
    let answer = exchange(&server, &[first, &handshake[..], &CLOSE].concat()).await;
    let (heads, frames) = heads(&answer);
    let [first, second] = &heads[..] else {
        panic!("{heads:?}");
    };
    assert!(first.starts_with("http/1.1 404 "), "{first}");
    assert!(second.starts_with("http/1.1 101 "), "{second}");
    assert_eq!(frames, CLOSED);
}

#[actix_web::test]
async fn a_handshake_that_is_refused_ends_the_connection() {
    let server = TestServer::start(Options::default());
    for path in ["/ws/nobody", "/nowhere"] {
        let answer = exchange(&server, &[&handshake(path)[..], &PING].concat()).await;
        let (heads, _) = heads(&answer);
        let [head] = &heads[..] else {
            panic!("{heads:?}");
        };
        assert!(head.starts_with("http/1.1 404 "), "{head}");
        assert!(head.contains("connection: close\r\n"), "{head}");
    }
}
