//! Our server, in a process of its own.

use std::io::{self, BufRead, BufReader};
use std::process::{self, Child, Command, Stdio};
use std::{env, future, thread};

use wildside::config::Config;
use wildside::process::server::Application;
use wildside::telemetry;
use wildside::telemetry::observability::Observability;

/// The argument that makes this program the server.
pub(crate) const ROLE: &str = "server";

const CONFIGURATION: [(&str, &str); 9] = [
    ("DATABASE_POOL_SIZE", "16"),
    ("WILDSIDE_BIND", "127.0.0.1:0"),
    ("WILDSIDE_LOG", "info"),
    ("WILDSIDE_LOG_FORMAT", "json"),
    ("SESSION_ALLOW_EPHEMERAL", "1"),
    ("SESSION_COOKIE_SECURE", "0"),
    ("WILDSIDE_REQUESTS_PER_SECOND", "0"),
    ("WILDSIDE_CONNECTIONS_PER_ADDRESS", "0"),
    ("WILDSIDE_ROUTE_REQUESTS_PER_MINUTE", "0"),
];

pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(database_url: &str, redis_url: &str) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .arg(ROLE)
            .envs(CONFIGURATION)
            .env("DATABASE_URL", database_url)
            .env("REDIS_URL", redis_url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut address).unwrap();
        Self {
            process,
            address: address.trim().to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// Prints the address and serves until the standard input ends.
pub(crate) fn serve() {
    thread::spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).unwrap();
        process::exit(0);
    });
    let config = Config::from_env().unwrap();
    telemetry::init(&config.telemetry).unwrap();
    actix_web::rt::System::new().block_on(async {
        let application = Application::build(&config, Observability::new().unwrap()).unwrap();
        println!("{}", application.address());
        application.run(future::pending()).await.unwrap();
    });
}
