//! Clients that take their time, so that nobody else gets any.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::report;
use crate::api::app::TestApp;
use crate::api::process::until;

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

/// A good request, and the answer that it gets.
const GOOD: &str = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

#[actix_web::test]
async fn who_dribbles_after_a_good_request_is_cut_off_too() {
    let app = impatient();
    let refused = "POST /api/v1/logout HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (name, first, answers) in [
        ("one byte of a second request", format!("{GOOD}G"), 1),
        (
            "half of a second head",
            format!("{GOOD}GET / HTTP/1.1\r\nX-A: "),
            1,
        ),
        ("a third request", format!("{GOOD}{GOOD}GET"), 2),
        ("chunks that nobody reads", format!("{refused}ffff\r\n"), 1),
    ] {
        let dribbled = dribble(app.address, &first).await;
        let silent = silence(app.address, &first).await;
        for (how, (answer, after)) in [("byte by byte", dribbled), ("in silence", silent)] {
            report(
                &format!("{name}, {how}"),
                format_args!("closed after {after:.1?}"),
            );
            assert_eq!(
                answer.matches("HTTP/1.1 ").count(),
                answers,
                "{name}, {how}: {answer}"
            );
        }
    }
}

/// Sends `first` and no more, until the server ends the connection.
async fn silence(address: SocketAddr, first: &str) -> (String, Duration) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let started = Instant::now();
    stream.write_all(first.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let ended = timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
    ended.expect("the server waits for ever").unwrap();
    (answer, started.elapsed())
}

#[actix_web::test]
async fn a_second_head_has_time_to_arrive() {
    let app = TestApp::spawn();
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    for _ in 0..3 {
        let (first, second) = GOOD.as_bytes().split_at(20);
        stream.write_all(first).await.unwrap();
        sleep(Duration::from_millis(300)).await;
        stream.write_all(second).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        // The rest of the answer is in one packet with its beginning.
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
    }
}

/// Count of requests for `/healthz`, by any method, that the server has answered.
async fn answered(app: &TestApp) -> u64 {
    let metrics = app.client().get("/metrics").await.text;
    let line = metrics.lines().find_map(|line| {
        line.strip_prefix(
            r#"http_requests_total{endpoint="/healthz",method="OPTIONS",status="204"} "#,
        )
    });
    line.map_or(0, |count| count.parse().unwrap())
}

#[actix_web::test]
async fn who_does_not_read_is_not_listened_to() {
    const REQUESTS: usize = 50_000;
    let app = TestApp::spawn();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let (deaf, mut write) = socket.connect(app.address).await.unwrap().into_split();
    let writing = actix_web::rt::spawn(async move {
        let request = b"OPTIONS /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
        let _ = write.write_all(&request.repeat(REQUESTS)).await;
    });
    let deadline = Instant::now() + Duration::from_mins(1);
    let (mut before, mut now) = (0, answered(&app).await);
    while now == 0 || now > before {
        assert!(Instant::now() < deadline, "from {before} to {now}");
        sleep(Duration::from_secs(1)).await;
        (before, now) = (now, answered(&app).await);
    }
    report("answered requests of a client that reads nothing", now);
    assert!(now < REQUESTS as u64 / 2, "{now}");
    writing.abort();
    drop(deaf);
}

#[actix_web::test]
async fn an_address_has_so_many_connections() {
    let limit = ("WILDSIDE_CONNECTIONS_PER_ADDRESS", "3");
    let app = TestApp::with(&[limit]);
    let connect = || TcpStream::connect(app.address);
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = connect().await.unwrap();
        stream.write_all(GOOD.as_bytes()).await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        open.push(stream);
    }
    let (refusal, _) = silence(app.address, GOOD).await;
    report(
        "the fourth connection of an address",
        refusal.lines().next().unwrap_or_default(),
    );
    assert!(refusal.starts_with("HTTP/1.1 429 "), "{refusal}");
    let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["code"], "too_many_requests");
    let trace = format!("Trace-Id: {}", body["trace_id"].as_str().unwrap());
    assert!(
        head.contains(&trace) && head.contains("Retry-After: "),
        "{head}"
    );
    assert!(crate::api::log::text().contains("connections refused"));
    drop(open.pop());
    let last = "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let freed = async || {
        silence(app.address, last)
            .await
            .0
            .starts_with("HTTP/1.1 200")
    };
    until(|| "the place stays taken".to_owned(), freed).await;

    let app = TestApp::with(&[limit, ("WILDSIDE_TRUSTED_PROXIES", "127.0.0.0/8")]);
    let through_proxy = join_all((0..10).map(|_| async {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(GOOD.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        (stream, answer)
    }))
    .await;
    assert!(
        through_proxy
            .iter()
            .all(|(_, answer)| answer == b"HTTP/1.1 200")
    );
}

#[actix_web::test]
async fn who_is_idle_is_sent_away() {
    let app = impatient();
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(GOOD.as_bytes()).await.unwrap();
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
