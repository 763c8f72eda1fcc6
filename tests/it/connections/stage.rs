//! The service as a process on given connections, and a walk through it.

use std::net::SocketAddr;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::NamedTempFile;
use wildside_test_support::free_port;

use crate::api::app::Client;

const PATIENCE: Duration = Duration::from_secs(40);

/// A variable of the environment and its value.
pub(super) type Variable<'a> = (&'a str, &'a str);

/// Outcome of a command of the binary: whether it succeeded, and all that it said.
pub(super) fn command(words: &[&str], variables: &[Variable]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wildside"))
        .args(words)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Server and worker in one process; killed when dropped.
pub(super) struct Service {
    child: Child,
    port: u16,
    log: NamedTempFile,
}

impl Service {
    /// Starts it and waits until it is ready.
    pub(super) async fn start(variables: &[Variable<'_>]) -> Self {
        let (port, log) = (free_port(), NamedTempFile::new().unwrap());
        let child = Command::new(env!("CARGO_BIN_EXE_wildside"))
            .args(["--mode", "all"])
            .env_clear()
            .env("WILDSIDE_BIND", format!("127.0.0.1:{port}"))
            .env(
                "WILDSIDE_METRICS_BIND",
                format!("127.0.0.1:{}", free_port()),
            )
            .env("SESSION_COOKIE_SECURE", "0")
            .env("SESSION_ALLOW_EPHEMERAL", "1")
            .env("WILDSIDE_REQUESTS_PER_SECOND", "0")
            .envs(variables.iter().copied())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let service = Self { child, port, log };
        service.until(async || service.is_ready().await).await;
        service
    }

    /// Test for readiness.
    pub(super) async fn is_ready(&self) -> bool {
        let url = format!("http://127.0.0.1:{}/health/ready", self.port);
        let answer = reqwest::get(&url).await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Waits until a condition holds.
    pub(super) async fn until(&self, condition: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition().await {
            assert!(Instant::now() < deadline, "{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Somebody with a fresh account.
    pub(super) async fn user(&self, name: &str) -> Client {
        let mut client = Client::of(SocketAddr::from(([127, 0, 0, 1], self.port)));
        let body = json!({"username": name, "password": "a fine long password"});
        let answer = client.post("/api/v1/users", &body).await;
        assert_eq!(answer.status, 201, "{}\n{}", answer.text, self.log());
        client
    }

    /// Asks for a walk in the city of the tests and waits for it; `minutes` make it another one.
    pub(super) async fn walk(&self, client: &mut Client, minutes: u32) {
        let body = json!({
            "start_location": {"type": "Point", "coordinates": [7.4241, 43.7331]},
            "duration_minutes": minutes,
            "interest_theme_ids": [],
        });
        let asked = client.post("/api/v1/routes", &body).await;
        assert!(asked.status.is_success(), "{}\n{}", asked.text, self.log());
        let id = asked.json()["request_id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/routes/status/{id}");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = client.get(&path).await;
            match status.json()["status"].as_str() {
                Some("complete") => return,
                Some("failed") | None => panic!("{}\n{}", status.text, self.log()),
                _ => assert!(Instant::now() < deadline, "{}", self.log()),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
