//! Clients that take their time, so that nobody else gets any.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::report;
use crate::app::TestApp;

/// Longer than any limit of this server, shorter than a client that never ends.
const PATIENCE: Duration = Duration::from_secs(15);

fn impatient() -> TestApp {
    TestApp::with(&[
        ("WILDSIDE_HEADER_TIMEOUT_SECONDS", "1"),
        ("WILDSIDE_BODY_TIMEOUT_SECONDS", "1"),
        ("WILDSIDE_KEEP_ALIVE_SECONDS", "1"),
    ])
}

/// Sends `first`, then a byte now and then, until the server ends the connection: what it said, and after how long.
async fn dribble(address: SocketAddr, first: &str) -> (String, Duration) {
    let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
    let started = Instant::now();
    write.write_all(first.as_bytes()).await.unwrap();
    let writing = async {
        while write.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = writing => {}
        ended = timeout(PATIENCE, read.read_to_end(&mut answer)) => drop(ended.expect("the server waits for ever")),
    }
    (
        String::from_utf8_lossy(&answer).into_owned(),
        started.elapsed(),
    )
}

const POST: &str = "POST /api/v1/login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";

#[actix_web::test]
async fn who_dribbles_is_cut_off() {
    let app = impatient();
    let length = format!("{POST}Content-Length: 60000\r\n\r\n{{");
    let chunks = format!("{POST}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n");
    let unread = "POST /api/v1/logout HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
    for (name, first, status) in [
        ("a head, byte by byte", "GET /", "408"),
        ("headers, byte by byte", "GET / HTTP/1.1\r\nX-A: ", "408"),
        ("nothing, then byte by byte", "", "408"),
        ("a body, byte by byte", &length, "408"),
        ("a chunk, byte by byte", &chunks, "4"),
        ("a body that nobody reads", unread, "401"),
    ] {
        let (answer, after) = dribble(app.address, first).await;
        report(
            name,
            format_args!(
                "{:?} after {after:.1?}",
                answer.lines().next().unwrap_or("closed")
            ),
        );
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{name}: {answer}"
        );
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{name}: {answer}");
    }
}

#[actix_web::test]
async fn who_is_idle_is_sent_away() {
    let app = impatient();
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    let started = Instant::now();
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "an idle connection stays open");
    report(
        "an idle connection",
        format_args!("closed after {:.1?}", started.elapsed()),
    );
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert!(started.elapsed() > Duration::from_millis(500));
}

#[actix_web::test]
async fn hundreds_of_slow_clients_hold_nobody_up() {
    let app = TestApp::spawn();
    let slow = join_all((0..500).map(|_| async {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(POST.as_bytes()).await.unwrap();
        stream
    }))
    .await;
    let started = Instant::now();
    let answer = app.client().get("/api/v1/interest-themes").await;
    report(
        "a request beside 500 slow clients",
        format_args!("{} after {:.1?}", answer.status, started.elapsed()),
    );
    assert_eq!(answer.status.as_u16(), 200);
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
    drop(slow);
}
