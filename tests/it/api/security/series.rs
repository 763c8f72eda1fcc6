//! Words of a stranger in every place that a request, a frame or a job has for one: none becomes a series of `/metrics`.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use wildside_test_support::{TestDatabase, TestRedis};

use super::report;
use crate::api::app::Client;
use crate::api::log::PASSWORD;
use crate::api::process::{Process, until};
use crate::api::websocket::connect_to;

/// Is in each of the words, and in nothing else.
const MARK: &str = "zqx";

/// A request with a word of its own in every place that has room for one.
fn request(number: usize) -> String {
    let word = format!("{MARK}{number}");
    let method = match number % 4 {
        0 => "GET".to_owned(),
        1 => word.to_uppercase(),
        2 => format!("{word}-_!"),
        _ => ["TRACE", "CONNECT", "PROPFIND", "get", "POST"][number / 4 % 5].to_owned(),
    };
    let path = [
        format!("/{word}"),
        "/healthz".to_owned(),
        format!("/api/v1/routes/{word}"),
        format!("/api/v1/{word}/{word}"),
        format!("/docs/{word}"),
        format!("/api/v1/pois?{word}={word}"),
        "/api/v1/login".to_owned(),
    ];
    let path = &path[number % path.len()];
    // What comes after a CONNECT would be a tunnel's.
    let method = if method == "CONNECT" {
        "OTHER"
    } else {
        &method
    };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {word}\r\nUser-Agent: {word}\r\nContent-Type: {word}/{word}\r\n\
         Accept: {word}\r\nAccept-Encoding: {word}\r\nOrigin: http://{word}\r\nTraceparent: {word}\r\n\
         Cookie: {word}={word}\r\nX-Forwarded-For: {word}, 192.0.2.7\r\n{word}: {word}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Sends requests on one connection, and waits for all answers.
async fn send_all(address: SocketAddr, numbers: std::ops::Range<usize>) {
    let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
    let expected = numbers.len() + 1;
    let writing = async {
        for number in numbers {
            write.write_all(request(number).as_bytes()).await.unwrap();
        }
        let last = b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        write.write_all(last).await.unwrap();
    };
    let mut answers = Vec::new();
    let ((), read) = tokio::join!(writing, read.read_to_end(&mut answers));
    read.unwrap();
    let answers = String::from_utf8_lossy(&answers);
    assert_eq!(answers.matches("HTTP/1.1 ").count(), expected);
}

/// Requests that are refused before they are understood.
async fn send_broken(address: SocketAddr, number: usize) {
    for request in [
        format!("GET / HTTP/{MARK}{number}\r\n\r\n"),
        format!("GET / {MARK}{number}/1.1\r\nHost: h\r\n\r\n"),
        format!("{MARK}{number}\r\n\r\n"),
        format!(
            "{MARK}{number} /ws HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: {MARK}\r\n\r\n"
        ),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        // However the connection ends.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
}

/// Frames of types that nobody knows; each is answered.
async fn send_frames(address: SocketAddr, cookie: Option<&str>, number: usize) {
    let mut socket = connect_to(address, cookie, None).await.unwrap();
    for frame in [
        json!({"type": format!("{MARK}{number}")}),
        json!({"type": "update_location", "route_id": format!("{MARK}{number}")}),
    ] {
        socket.send(Message::text(frame.to_string())).await.unwrap();
        socket.next().await.unwrap().unwrap();
    }
}

/// Jobs and events of kinds that nobody knows.
fn push_jobs(redis: &TestRedis, number: usize) {
    let word = format!("{MARK}{number}");
    for queue in ["route_generation", "enrichment"] {
        let stream = format!("wildside:queue:{{{queue}}}");
        let fields = ["id", "kind", "trace_id", "payload", "runs", &word];
        let mut words = vec!["XADD", &stream, "*"];
        words.extend(fields.iter().flat_map(|field| [*field, word.as_str()]));
        redis.command(&words);
    }
    let event = json!({"type": word, "status": word, "stage": word}).to_string();
    redis.command(&["PUBLISH", "wildside:events:3", &event]);
}

async fn metrics(address: SocketAddr) -> String {
    let answer = Client::of(address).get("/metrics").await;
    assert_eq!(answer.status.as_u16(), 200);
    answer.text
}

/// The names and labels of all series.
fn series(metrics: &str) -> BTreeSet<&str> {
    let samples = metrics.lines().filter(|line| !line.starts_with('#'));
    samples
        .filter_map(|line| Some(line.rsplit_once(' ')?.0))
        .collect()
}

async fn annoy(server: &Process, redis: &TestRedis, cookie: Option<&str>, round: usize) {
    let address = server.address();
    for connection in 0..4 {
        let first = (round * 4 + connection) * 700;
        send_all(address, first..first + 700).await;
    }
    for number in 0..10 {
        send_broken(address, round * 10 + number).await;
        send_frames(address, cookie, round * 10 + number).await;
        push_jobs(redis, round * 10 + number);
    }
    let buried = format!("dead_jobs{{queue=\"enrichment\"}} {}", round * 10 + 10);
    let complaint = || format!("the metrics never say {buried}: {}", server.log());
    until(complaint, async || metrics(address).await.contains(&buried)).await;
}

#[actix_web::test]
async fn no_word_of_a_stranger_becomes_a_series() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let variables = [
        ("WILDSIDE_MODE", "all"),
        ("WILDSIDE_METRICS_BIND", "127.0.0.1:0"),
        ("WILDSIDE_REQUESTS_BURST", "1000"),
        // The floods have an address of their own, so that they alone are limited.
        ("WILDSIDE_TRUSTED_PROXIES", "127.0.0.1/32"),
        ("OVERPASS_URL", "http://127.0.0.1:1/"),
    ];
    let server = Process::start(&database, &redis, &variables);
    server.ready().await;
    let mut ada = server.client();
    let body = json!({"username": "ada", "password": PASSWORD});
    assert_eq!(ada.post("/api/v1/users", &body).await.status.as_u16(), 201);
    let cookie = ada.cookie.as_deref();

    annoy(&server, &redis, cookie, 0).await;
    let before = metrics(server.address()).await;
    annoy(&server, &redis, cookie, 1).await;
    let after = metrics(server.address()).await;

    let known = series(&before);
    let new: Vec<_> = series(&after).difference(&known).copied().collect();
    report(
        "5,600 requests with odd methods, paths, hosts and headers",
        format_args!("{} series, then {} more", known.len(), new.len()),
    );
    let odd: Vec<_> = after
        .lines()
        .filter(|line| line.to_lowercase().contains(MARK))
        .take(3)
        .collect();
    assert!(odd.is_empty(), "{odd:#?}");
    // A few of what is limited by the second may come late.
    assert!(new.len() < 200, "{new:#?}");
    for method in ["TRACE", "PROPFIND", "get"] {
        assert!(!after.contains(&format!("method=\"{method}\"")), "{method}");
    }
}
