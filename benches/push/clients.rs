//! Many WebSocket clients on one thread that do as little as a client may: read, count, answer pings.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use futures::StreamExt;
use futures::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;
use uuid::Uuid;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds since the program began.
pub(crate) fn now_nanos() -> u64 {
    BEGAN.elapsed().as_nanos() as u64
}

/// Number of clients that the limit of open files allows.
pub(crate) fn most_connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let limit: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap();
    limit - 100
}

#[derive(Default)]
struct Tally {
    received: AtomicU64,
    latencies: Mutex<Vec<u32>>,
}

pub(crate) struct Clients {
    pub(crate) users: Vec<Uuid>,
    tally: Arc<Tally>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Clients {
    /// Connects one client for each of the users, and waits for all handshakes.
    pub(crate) fn connect(port: u16, users: &[Uuid]) -> Self {
        let (tally, (stop, stopped), (ready, all_ready)) = (
            Arc::<Tally>::default(),
            watch::channel(false),
            oneshot::channel(),
        );
        let crowd = Crowd {
            port,
            users: users.to_vec(),
            tally: tally.clone(),
            stopped,
        };
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            LocalSet::new().block_on(&runtime, crowd.run(ready));
        });
        all_ready.blocking_recv().unwrap();
        Self {
            users: users.to_vec(),
            tally,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.users.len()
    }

    pub(crate) fn received(&self) -> u64 {
        self.tally.received.load(Relaxed)
    }

    /// The latencies in nanoseconds since the last call, sorted.
    pub(crate) fn latencies(&self) -> Vec<u32> {
        let mut latencies = std::mem::take(&mut *self.tally.latencies.lock().unwrap());
        latencies.sort_unstable();
        latencies
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.thread.take().unwrap().join().unwrap();
    }
}

struct Crowd {
    port: u16,
    users: Vec<Uuid>,
    tally: Arc<Tally>,
    stopped: watch::Receiver<bool>,
}

impl Crowd {
    async fn run(self, ready: oneshot::Sender<()>) {
        let Self {
            port,
            users,
            tally,
            mut stopped,
        } = self;
        let connecting = stream::iter(users)
            .map(|user| handshake(port, user))
            .buffer_unordered(64);
        connecting
            .for_each(|socket| {
                tokio::task::spawn_local(read(socket, tally.clone()));
                std::future::ready(())
            })
            .await;
        ready.send(()).unwrap();
        stopped.wait_for(|stopped| *stopped).await.unwrap();
    }
}

async fn handshake(port: u16, user: Uuid) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let request = format!(
        "GET /ws/{user} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"\r\n\r\n") {
        response.push(socket.read_u8().await.unwrap());
    }
    assert!(
        response.starts_with(b"HTTP/1.1 101"),
        "{}",
        String::from_utf8_lossy(&response)
    );
    socket
}

async fn read(mut socket: TcpStream, tally: Arc<Tally>) {
    let mut buffer = Vec::new();
    loop {
        buffer.reserve(1024);
        match socket.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let mut rest = &buffer[..];
        while let Some((opcode, payload, after)) = frame(rest) {
            match opcode {
                0x1 => note(payload, &tally),
                0x9 => socket.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await.unwrap(),
                _ => return,
            }
            rest = after;
        }
        let consumed = buffer.len() - rest.len();
        buffer.drain(..consumed);
    }
}

/// Splits a server's frame, shorter than 64 KiB, off the bytes.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (header, length) = match *bytes {
        [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
        [_, length, ..] if length < 126 => (2, usize::from(length)),
        _ => return None,
    };
    let (frame, after) = bytes.split_at_checked(header + length)?;
    Some((frame[0] & 0xf, &frame[header..], after))
}

fn note(payload: &[u8], tally: &Tally) {
    const BEFORE_ID: usize = r#"{"type":"route_generation_status","request_id":""#.len();
    let id = Uuid::try_parse_ascii(&payload[BEFORE_ID..BEFORE_ID + 36]).unwrap();
    let latency = now_nanos() - id.as_u128() as u64;
    tally
        .latencies
        .lock()
        .unwrap()
        .push(u32::try_from(latency).unwrap_or(u32::MAX));
    tally.received.fetch_add(1, Relaxed);
}
