//! Server and worker under measurement, in a process of their own.

use std::io::{self, BufRead, BufReader};
use std::process::{self, Child, Command, Stdio};
use std::{env, fs, future, thread};

use actix::System;
use wildside::config::Config;
use wildside::process::server::Application;
use wildside::process::worker::Worker;
use wildside::telemetry;
use wildside::telemetry::observability::Observability;
use wildside_actors::route_supervisor::Engine;

use crate::place::Place;

/// All but the URLs. So many jobs at a time because the instant engine waits for nothing but the database.
const CONFIGURATION: [(&str, &str); 10] = [
    ("WILDSIDE_BIND", "127.0.0.1:0"),
    ("WILDSIDE_LOG", "info"),
    ("WILDSIDE_LOG_FORMAT", "json"),
    ("SESSION_ALLOW_EPHEMERAL", "1"),
    ("SESSION_COOKIE_SECURE", "0"),
    ("WILDSIDE_REQUESTS_PER_SECOND", "0"),
    ("WILDSIDE_CONNECTIONS_PER_ADDRESS", "0"),
    ("WILDSIDE_ROUTE_REQUESTS_PER_MINUTE", "0"),
    ("WILDSIDE_SIGNUPS_PER_ADDRESS", "0"),
    ("WILDSIDE_JOB_CONCURRENCY", "32"),
];

pub(crate) struct Subject {
    process: Child,
    pub(crate) port: u16,
    /// Path of the WebSocket.
    pub(crate) websocket: &'static str,
}

impl Subject {
    /// Server and worker with an engine that takes no time.
    pub(crate) fn wildside(place: &Place) -> Self {
        Self::own(place, "instant")
    }

    /// Server and worker as they are.
    pub(crate) fn with_engine(place: &Place) -> Self {
        Self::own(place, "engine")
    }

    fn own(place: &Place, engine: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .arg(engine)
            .envs(CONFIGURATION)
            .env("DATABASE_URL", &place.database_url)
            .env("REDIS_URL", place.redis.url());
        Self::start(command, "/ws")
    }

    /// express with `BullMQ` and Socket.IO.
    pub(crate) fn peer(place: &Place) -> Self {
        let mut command = Command::new("node");
        command
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/benches/chain/peer/server.mjs"
            ))
            .args([&place.database_url, &place.redis.url()]);
        Self::start(command, "/socket.io/?EIO=4&transport=websocket")
    }

    /// Starts a process that prints its port and ends with its standard input.
    fn start(mut command: Command, websocket: &'static str) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Self {
            process,
            port: line.trim().parse().unwrap(),
            websocket,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn resident_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = kib.unwrap().trim().trim_end_matches(" kB").parse().unwrap();
        kib * 1.024 / 1000.0
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// Serves and works in this process until its standard input ends.
pub(crate) fn run(engine: Engine) {
    thread::spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).unwrap();
        process::exit(0);
    });
    let config = Config::from_env().unwrap();
    telemetry::init(&config.telemetry).unwrap();
    System::new().block_on(async {
        let application = Application::build(&config, Observability::new().unwrap()).unwrap();
        let observability = &application.state().observability;
        let worker = Worker::start_with_engine(&config, observability, engine).unwrap();
        println!("{}", application.address().port());
        let (serving, working) = (
            application.run(future::pending()),
            worker.run(future::pending()),
        );
        tokio::try_join!(serving, working).unwrap();
    });
}
