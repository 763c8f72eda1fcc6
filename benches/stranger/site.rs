//! A server and a worker of one build, with their database and Redis.

use std::fs::{self, File};
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::sleep;
use wildside_test_support::{PostgresServer, TestRedis, free_port};

use crate::watch::Memory;

const DATABASE: &str = "stranger";
/// Of every account.
pub(crate) const PASSWORD: &str = "a fine long password";
/// As shipped: what is committed has reached the disk.
const DURABLE: [&str; 5] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "autovacuum=on",
    "shared_buffers=128MB",
];

pub(crate) struct Site {
    pub(crate) postgres: PostgresServer,
    pub(crate) redis: TestRedis,
    pub(crate) server: Process,
    pub(crate) worker: Process,
    /// Address that it listens on.
    pub(crate) host: String,
    _logs: TempDir,
}

/// One role of the build; killed when dropped.
pub(crate) struct Process(Child);

impl Site {
    /// Fills a database that the build itself has migrated, and starts both roles.
    pub(crate) async fn start(build: &str) -> Self {
        let postgres = PostgresServer::start_in(&std::env::temp_dir(), &DURABLE);
        // Builds of before hand over cursors of any date.
        postgres.expect_error("22008");
        let redis = TestRedis::start();
        let logs = TempDir::with_prefix("wildside-stranger-").unwrap();
        let (port, metrics_port) = (free_port(), free_port());
        let command = |arguments: &[&str]| {
            let mut command = Command::new(build);
            command
                .args(arguments)
                .env_clear()
                .env("DATABASE_URL", postgres.url(DATABASE))
                .env("REDIS_URL", redis.url())
                .env("WILDSIDE_BIND", format!("127.0.0.1:{port}"))
                .env("WILDSIDE_METRICS_BIND", format!("127.0.0.1:{metrics_port}"))
                .env("SESSION_ALLOW_EPHEMERAL", "1")
                .env("SESSION_COOKIE_SECURE", "0");
            command
        };
        postgres.create_database(DATABASE);
        run(command(&["migrate"]), "");
        fill(&postgres, || {
            run(command(&["users", "create", "model"]), PASSWORD);
        });
        let start = |mode| {
            let log = File::create(logs.path().join(mode)).unwrap();
            Process::start(command(&["--mode", mode]), log)
        };
        let site = Self {
            server: start("server"),
            worker: start("worker"),
            host: format!("127.0.0.1:{port}"),
            postgres,
            redis,
            _logs: logs,
        };
        site.wait_until_ready().await;
        site
    }

    /// The address of an endpoint.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// Memory of the processes now.
    pub(crate) fn memory(&self) -> Memory {
        let info = self.redis.command(&["INFO", "memory"]);
        let used = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        Memory {
            server: self.server.resident_mb(),
            worker: self.worker.resident_mb(),
            redis: used.unwrap().trim().parse::<f64>().unwrap() / 1e6,
        }
    }

    async fn wait_until_ready(&self) {
        let http = client_from([127, 0, 0, 1].into());
        let url = self.url("/health/ready");
        while !http
            .get(&url)
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
        {
            sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Process {
    fn start(mut command: Command, log: File) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.stderr(log).spawn().unwrap())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    fn resident_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        // It has ended: nothing is held, which the readiness tells.
        kib.map_or(0.0, |kib| {
            kib.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1.024e-3
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Places and streets, then accounts and walks; both fit the tables of any build.
fn fill(postgres: &PostgresServer, add_model: impl FnOnce()) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/stranger");
    let read = |name| fs::read_to_string(folder.join(name)).unwrap();
    postgres.sql(DATABASE, &read("city.sql"));
    add_model();
    postgres.sql(DATABASE, &read("accounts.sql"));
    postgres.sql(DATABASE, "VACUUM ANALYZE");
    postgres.sql(DATABASE, "CHECKPOINT");
}

/// Runs a command of the build to its end.
fn run(mut command: Command, input: &str) {
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

/// An HTTP client whose connections come from this address.
pub(crate) fn client_from(address: IpAddr) -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .local_address(address)
        .tcp_nodelay(true);
    builder
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Logs in from an address, and answers the cookie.
pub(crate) async fn log_in(site: &Site, http: &reqwest::Client, name: &str) -> String {
    let body = serde_json::json!({"username": name, "password": PASSWORD});
    let answer = http
        .post(site.url("/api/v1/login"))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{name} can't log in");
    cookie_of(&answer)
}

/// The session cookie that comes with an answer, as a client sends it back.
pub(crate) fn cookie_of(answer: &reqwest::Response) -> String {
    let cookies = answer.headers().get_all("set-cookie");
    let mut texts = cookies.iter().filter_map(|cookie| cookie.to_str().ok());
    let session = texts.find(|cookie| cookie.starts_with("session="));
    session
        .and_then(|cookie| cookie.split(';').next())
        .unwrap_or_default()
        .to_owned()
}
