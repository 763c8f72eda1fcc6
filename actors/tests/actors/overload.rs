//! Clients that never read, and more events than they can take.

use std::fs;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use uuid::Uuid;
use wildside_actors::user_hub::HubConfig;
use wildside_actors::{Status, StatusEvent};
use wildside_test_support::TestRedis;

use crate::support::{LARGE, Options, TestServer, event, publish, until};

/// Resident memory of this process in MiB.
fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}

/// A client with a small receive buffer that never reads after the handshake.
async fn deaf(port: u16, user: Uuid) -> impl Sized {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    client_async(format!("ws://127.0.0.1:{port}/ws/{user}"), stream)
        .await
        .unwrap()
        .0
}

fn burst(user: Uuid, events: usize) -> Vec<StatusEvent> {
    let wordy = |_| StatusEvent {
        stage: Some("x".repeat(4000)),
        ..event(user, Uuid::new_v4(), Status::Pending)
    };
    (0..events).map(wordy).collect()
}

#[actix_web::test]
async fn clients_that_never_read_are_dropped_and_cost_little() {
    const DEAF: usize = 500;
    let redis = TestRedis::start();
    let hub = HubConfig {
        max_sessions_per_user: 2 * DEAF,
        ..HubConfig::default()
    };
    let options = Options {
        redis_url: Some(redis.url()),
        hub,
        stuck_after: Duration::from_secs(10),
        ..Options::default()
    };
    let server = TestServer::start(options);
    server.await_subscriptions(1).await;
    let (crowd, reader) = (Uuid::new_v4(), Uuid::new_v4());
    let mut deaf_clients = Vec::new();
    for _ in 0..DEAF {
        deaf_clients.push(deaf(server.port, crowd).await);
    }
    let mut client = server.connect(reader).await;
    server.await_sessions(DEAF as u64 + 1).await;

    let before = resident_mib();
    let mut peak = before;
    let mut slowest = Duration::ZERO;
    // 4 MB for each of those who do not read: 2 GB, if it were kept.
    for _ in 0..100 {
        let mut events = burst(crowd, 10);
        events.push(event(reader, Uuid::new_v4(), Status::Complete));
        let began = Instant::now();
        publish(&redis.url(), &events).await;
        assert_eq!(client.status().await.1, "complete");
        slowest = slowest.max(began.elapsed());
        peak = peak.max(resident_mib());
    }
    // All were found to be slow, long before their sockets are ended.
    server.await_sessions(1).await;
    let hub = server.report("user_hub").await;
    assert_eq!(hub.details["dropped_as_slow"], DEAF);
    // 128 KiB of the HTTP layer's and 64 shared frames for each.
    assert!(peak - before < 200.0, "from {before} to {peak} MiB");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    // Then the kernel ends their sockets, and with them their actors.
    until("the mailboxes of those dropped", async || {
        server.report("ws_session").await.mailbox_depth == 0
    })
    .await;
    drop(deaf_clients);
}

/// Reads an answer in small pieces with `pause` between them; how much of it came until the end, whatever that was.
async fn sip(port: u16, head: &str, pause: Duration) -> usize {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    let request = format!("GET /large HTTP/1.1\r\nHost: h\r\n{head}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut total, mut piece) = (0, [0; 256]);
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        total += read;
        // No sleep is shorter than a millisecond.
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    total
}

#[actix_web::test]
async fn an_answer_is_not_kept_for_ever_for_who_takes_it_in_sips() {
    let server = TestServer::start(Options {
        stuck_after: Duration::from_secs(1),
        ..Options::default()
    });
    let sipping = sip(server.port, "", Duration::from_millis(100));
    let sipped = timeout(Duration::from_mins(1), sipping).await;
    assert!(sipped.expect("the server keeps the answer") < LARGE);
    // Whoever reads at once may have it all, however large it is.
    let whole = sip(server.port, "Connection: close\r\n", Duration::ZERO).await;
    assert!(whole > LARGE, "{whole}");
}
