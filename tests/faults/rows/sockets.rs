//! WebSocket clients that read slowly, vanish, and come back at the worst moment.

use std::time::{Duration, Instant};

use futures::{FutureExt, Stream, StreamExt};
use serde_json::Value;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};
use wildside_actors::Status;
use wildside_test_support::{Fault, TcpProxy};

use crate::stage::client::{Answer, User};
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 25,
        fault: "client that reads slowly",
        done: "five frames a second are read while the user asks for 600 walks",
        quick: false,
        play: || slow_reader().boxed_local(),
    },
    Row {
        number: 26,
        fault: "half-open WebSockets",
        done: "a black hole between 20 clients and the server",
        quick: false,
        play: || half_open().boxed_local(),
    },
    Row {
        number: 27,
        fault: "client away at the moment its walk is done",
        done: "40 times the connection is cut around the end of a walk, and opened anew at the other server",
        quick: false,
        play: || away_at_the_end().boxed_local(),
    },
];

/// Open WebSocket connections.
const OPEN: &str = "websocket_connections_active";

async fn slow_reader() -> Outcome {
    const WALKS: usize = 600;
    let scene = Scene::start(1, &["0"], 10.0).await;
    let server = scene.server();
    scene.goes_on(10).await;
    let (url, hearing) = (server.url(), server.count(OPEN).await);
    let slow = User::sign_up(&url, "slow").await;
    let socket = slow.connect_deaf(&url).await;
    until("it is connected", PATIENCE, async || {
        server.count(OPEN).await == hearing + 1
    })
    .await;
    let (before, began) = (server.resident_mib(), Instant::now());
    let reading = tokio::spawn(read_slowly(socket));
    let asking = (0..WALKS).map(|_| slow.ask_anew(&url));
    let answers: Vec<_> = futures::stream::iter(asking)
        .buffer_unordered(4)
        .collect()
        .await;
    let is_accepted = |answer: &reqwest::Result<Answer>| answer.as_ref().unwrap().status == 202;
    let walks = answers.iter().filter(|answer| is_accepted(answer)).count();
    until("it is dropped", Duration::from_mins(1), async || {
        server.count(OPEN).await == hearing
    })
    .await;
    let (grown, answer) = (
        server.resident_mib() - before,
        scene.load.history.p99_answer(began, Instant::now()),
    );
    assert!(grown < 50.0, "the server has grown by {grown} MiB");
    assert!(
        answer < Duration::from_secs(2),
        "p99 of the answers: {answer:?}"
    );
    reading.abort();
    let mut again = slow.connect(&url).await.unwrap();
    for _ in 0..walks {
        next_end(&mut again).await;
    }
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::seen(format!(
        "dropped, told all {walks} ends when it came back; the server grew by {grown:.0} MiB, answers to others within {answer:.1?} (p99); {report}"
    ))
}

async fn read_slowly(mut socket: impl Stream<Item = Result<Message, Error>> + Unpin) {
    while let Some(Ok(_)) = socket.next().await {
        sleep(Duration::from_millis(200)).await;
    }
}

async fn half_open() -> Outcome {
    const CLIENTS: usize = 20;
    let scene = Scene::start(1, &["20"], 10.0).await;
    let server = scene.server();
    let proxy = TcpProxy::to_port(server.port());
    let behind_proxy = format!("http://127.0.0.1:{}", proxy.port());
    let hearing = server.count(OPEN).await;
    let user = User::sign_up(&server.url(), "far-away").await;
    let mut sockets = Vec::new();
    for _ in 0..CLIENTS {
        sockets.push(user.connect(&behind_proxy).await.unwrap());
    }
    until("they are counted", PATIENCE, async || {
        server.count(OPEN).await == hearing + CLIENTS as u64
    })
    .await;
    proxy.set(Fault::BlackHole);
    let reaped = until("they are reaped", Duration::from_mins(1), async || {
        server.count(OPEN).await == hearing
    })
    .await;
    scene.goes_on(10).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        reaped,
        format!("all {CLIENTS} reaped, the gauge went down, the others noticed nothing; {report}"),
    )
}

async fn away_at_the_end() -> Outcome {
    const WALKS: u64 = 40;
    let scene = Scene::start(2, &["20"], 10.0).await;
    scene.goes_on(10).await;
    let ann = User::sign_up(&scene.server().url(), "ann").await;
    let mut slowest = Duration::ZERO;
    for number in 0..WALKS {
        // Before, while and after the walk is computed.
        let away_after = Duration::from_millis(2 * number);
        slowest = slowest.max(cut_and_back(&ann, &scene.servers, away_after).await);
    }
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        slowest,
        format!("each of {WALKS} ends was told once, as the status URL tells it; {report}"),
    )
}

/// Asks for a walk and loses the connection soon after; says how long after its return the client knew the end.
async fn cut_and_back(ann: &User, servers: &[Process], away_after: Duration) -> Duration {
    let (here, there) = (servers[0].url(), servers[1].url());
    let mut socket = ann.connect(&here).await.unwrap();
    let answer = ann.ask_anew(&here).await.unwrap();
    let request = answer.body["request_id"].clone();
    let _ = timeout(away_after, async { while socket.next().await.is_some() {} }).await;
    drop(socket);
    let mut socket = ann.connect(&there).await.unwrap();
    let back = Instant::now();
    let told = loop {
        let frame = next_end(&mut socket).await;
        if frame["request_id"] == request {
            break frame;
        }
    };
    let took = back.elapsed();
    let path = answer.body["status_url"].as_str().unwrap();
    let asked = ann.get(&there, path).await.unwrap().body;
    assert_eq!(told["status"], "complete");
    for field in ["status", "route_id"] {
        assert_eq!(told[field], asked[field], "{field}");
    }
    let twice = timeout(Duration::from_millis(50), async {
        while next_end(&mut socket).await["request_id"] != request {}
    });
    assert!(twice.await.is_err(), "the end was told twice");
    took
}

/// The next frame that tells an end.
async fn next_end(socket: &mut (impl Stream<Item = Result<Message, Error>> + Unpin)) -> Value {
    loop {
        let frame = timeout(PATIENCE, socket.next()).await.unwrap();
        let Message::Text(text) = frame.unwrap().unwrap() else {
            continue;
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        let status: Status = serde_json::from_value(frame["status"].clone()).unwrap();
        if status.is_final() {
            return frame;
        }
    }
}
