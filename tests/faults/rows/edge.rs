//! Processes that are told to hang up, and a stranger who holds connections.

use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 60,
        fault: "processes told to hang up",
        done: "SIGHUP to a server and a worker, five times, while people ask",
        quick: true,
        play: || hung_up().boxed_local(),
    },
    Row {
        number: 61,
        fault: "connections held by a stranger",
        done: "1,500 connections from one address, each with a good request and half of a second one",
        quick: false,
        play: || held_connections().boxed_local(),
    },
];

async fn hung_up() -> Outcome {
    let mut scene = Scene::start(1, &["50"], 20.0).await;
    for _ in 0..5 {
        scene.server().signal("HUP");
        scene.worker().signal("HUP");
        scene.goes_on(20).await;
    }
    scene
        .worker()
        .logs("told to read its keys again", PATIENCE)
        .await;
    assert!(scene.all_run(), "a process has ended");
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::seen(format!("all went on; {report}"))
}

async fn held_connections() -> Outcome {
    const HELD: usize = 1_500;
    const MOST: usize = 200;
    let fleet = Fleet::start();
    let most = MOST.to_string();
    let limit = [("WILDSIDE_CONNECTIONS_PER_ADDRESS", &*most)];
    let servers = vec![fleet.server(&limit).await];
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    let scene = Scene::of(fleet, servers, workers, 20.0).await;
    let port = scene.server().port();
    let mut held = Vec::new();
    for _ in 0..HELD / 100 {
        held.extend(join_all((0..100).map(|_| hold(port))).await);
    }
    let began = Instant::now();
    let refused = held.iter().filter(|held| held.1.contains(" 429 ")).count();
    assert!(refused >= HELD - 3 * MOST, "{refused} refused");
    scene.goes_on(40).await;
    let ends = held.into_iter().map(|(stream, _)| is_ended(stream));
    let ended = join_all(ends).await.into_iter().filter(|ended| *ended);
    assert_eq!(ended.count(), HELD);
    let freed = began.elapsed();
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        freed,
        format!("{refused} refused, the others closed; {report}"),
    )
}

/// A connection from an address that nobody else has, and the first line of what it was answered.
async fn hold(port: u16) -> (TcpStream, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 66], 0).into()).unwrap();
    let mut stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    // One that is refused may be closed before all is sent.
    let _ = stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        .await;
    let mut answer = [0; 32];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read.unwrap_or(0)]).into_owned();
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nX-A: ").await;
    (stream, answer)
}

/// Test that the server ends the connection before long.
async fn is_ended(mut stream: TcpStream) -> bool {
    let limit = Duration::from_secs(15);
    let reading = async { while let Ok(1..) = stream.read(&mut [0; 1024]).await {} };
    timeout(limit, reading).await.is_ok()
}
