//! Push from Redis to WebSocket clients, measured from outside: the server is a process of its own with the real chain
//! (bridge, broker, hub, session), this one publishes and reads.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a program that measures and reports"
)]

mod bare;
mod clients;
mod publisher;
mod server;
mod subject;

use std::env;
use std::time::{Duration, Instant};

use clients::Clients;
use publisher::Publisher;
use subject::Subject;
use uuid::Uuid;
use wildside_test_support::TestRedis;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections while rate and latency are measured.
const CONNECTIONS: usize = 1_000;

/// A server under measurement: its name and how it is started.
type Contestant = (&'static str, fn(&str) -> Subject);

const CONTESTANTS: [Contestant; 3] = [
    ("wildside", |url| Subject::ours("server", url)),
    ("actix-web-actors", |url| Subject::ours("bare", url)),
    ("ws + ioredis", Subject::peer),
];

/// A measurement and its name, which as an argument asks for this one alone.
type Part = (&'static str, fn(&str, &Subject));

const PARTS: [Part; 5] = [
    ("rate", rate),
    ("latency", latency),
    ("broadcast", broadcast),
    ("memory", memory),
    ("churn", churn),
];

fn main() {
    let arguments: Vec<String> = env::args().collect();
    match &arguments[..] {
        [_, role, redis_url] if role == "server" => server::run(redis_url),
        [_, role, redis_url] if role == "bare" => bare::run(redis_url),
        [_, part, ..] if !part.starts_with('-') => compare(Some(part)),
        _ => compare(None),
    }
}

/// Runs what is wanted. The contestants take turns in each part, each with a fresh server, so that a busy machine is
/// unfair to none.
fn compare(wanted: Option<&str>) {
    let redis = TestRedis::start();
    let contestants = match env::var("PEER").as_deref() {
        Ok("no") => &CONTESTANTS[..2],
        _ => &CONTESTANTS,
    };
    for (part, measure) in PARTS {
        if wanted.is_none_or(|wanted| wanted == part) {
            for (name, start) in contestants {
                print!("{name:<18}");
                measure(&redis.url(), &start(&redis.url()));
            }
        }
    }
}

fn users(count: usize) -> Vec<Uuid> {
    (0..count).map(|_| Uuid::new_v4()).collect()
}

/// As many messages as go through, each to one of the clients.
fn rate(url: &str, subject: &Subject) {
    const SECONDS: u64 = 5;
    let clients = Clients::connect(subject.port, &users(CONNECTIONS));
    let mut publisher = Publisher::connect(url);
    publisher.flood(&clients, Duration::from_secs(1));
    let (received, processor, began) = (
        clients.received(),
        subject.processor_seconds(),
        Instant::now(),
    );
    publisher.flood(&clients, Duration::from_secs(SECONDS));
    let seconds = began.elapsed().as_secs_f64();
    let received = (clients.received() - received) as f64;
    let processor = subject.processor_seconds() - processor;
    println!(
        "unicast            {:>9.0} messages/s (target 100000), {:.1} µs of the server's processor time each",
        received / seconds,
        processor / received * 1e6
    );
}

/// From publication to arrival at 2,000 messages a second.
fn latency(url: &str, subject: &Subject) {
    let clients = Clients::connect(subject.port, &users(CONNECTIONS));
    let mut publisher = Publisher::connect(url);
    publisher.pace(&clients, 2_000, Duration::from_secs(1));
    clients.latencies();
    publisher.pace(&clients, 2_000, Duration::from_secs(10));
    let sorted = clients.latencies();
    let at = |share: f64| f64::from(sorted[(share * (sorted.len() - 1) as f64) as usize]) / 1e6;
    println!(
        "at 2,000/s         p50 {:.2} ms, p99 {:.2} ms (target 0.5), max {:.2} ms of {}",
        at(0.5),
        at(0.99),
        at(1.0),
        sorted.len()
    );
}

/// One message to a user with 2,000 sessions, until the last one has it.
fn broadcast(url: &str, subject: &Subject) {
    let user = Uuid::new_v4();
    let clients = Clients::connect(subject.port, &vec![user; 2_000]);
    let mut publisher = Publisher::connect(url);
    let mut times: Vec<f64> = (0..30)
        .map(|_| publisher.broadcast(&clients, user).as_secs_f64() * 1e3)
        .collect();
    times.sort_by(f64::total_cmp);
    println!("to 2,000 sessions  median {:.1} ms", times[times.len() / 2]);
}

/// Resident memory of the server for each idle connection.
fn memory(_: &str, subject: &Subject) {
    let before = subject.resident_kib();
    let count = clients::most_connections().min(20_000);
    let clients = Clients::connect(subject.port, &users(count));
    std::thread::sleep(Duration::from_secs(2));
    let grown = subject.resident_kib() - before;
    println!(
        "{count} idle         {:.1} KB each (target 12), {:.0} MB in all",
        grown * 1.024 / count as f64,
        grown / 1000.0
    );
    drop(clients);
}

/// Test that 20,000 connects and disconnects leave nothing behind.
fn churn(_: &str, subject: &Subject) {
    let mut resident = Vec::new();
    for _ in 0..4 {
        for _ in 0..5 {
            drop(Clients::connect(subject.port, &users(1_000)));
        }
        std::thread::sleep(Duration::from_millis(500));
        resident.push(format!("{:.0}", subject.resident_kib() / 1000.0));
    }
    println!(
        "connects 4 × 5,000 {} MB (target: flat)",
        resident.join(", ")
    );
}
