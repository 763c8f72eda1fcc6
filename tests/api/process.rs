//! The server as a process of its own: how it starts, takes new keys while it runs, and ends.

use std::fs::{Permissions, set_permissions, write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wildside_test_support::{TestDatabase, TestRedis, free_port};

use crate::app::Client;
use crate::log::PASSWORD;

const PATIENCE: Duration = Duration::from_secs(20);

/// A running `wildside`; killed when dropped.
pub struct Process {
    child: Child,
    port: u16,
    log: tempfile::NamedTempFile,
}

impl Process {
    pub fn start(database: &TestDatabase, redis: &TestRedis, variables: &[(&str, &str)]) -> Self {
        let (port, log) = (free_port(), tempfile::NamedTempFile::new().unwrap());
        let child = Command::new(env!("CARGO_BIN_EXE_wildside"))
            .env("DATABASE_URL", database.url())
            .env("REDIS_URL", redis.url())
            .env("WILDSIDE_BIND", format!("127.0.0.1:{port}"))
            .env("SESSION_COOKIE_SECURE", "0")
            .envs(variables.iter().copied())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        Self { child, port, log }
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    pub fn client(&self) -> Client {
        Client::of(self.address())
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    }

    pub async fn ready(&self) {
        let url = format!("http://127.0.0.1:{}/health/ready", self.port);
        until(
            || self.log(),
            async || {
                reqwest::get(&url)
                    .await
                    .is_ok_and(|answer| answer.status().is_success())
            },
        )
        .await;
    }

    pub async fn logs(&self, words: &str) {
        until(
            || format!("`{words}` is not in {}", self.log()),
            async || self.log().contains(words),
        )
        .await;
    }

    pub async fn ended(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.log());
            }
            assert!(
                Instant::now() < deadline,
                "the process does not end: {}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub async fn until(complaint: impl Fn() -> String, check: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !check().await {
        assert!(Instant::now() < deadline, "{}", complaint());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn put_key(path: &Path, content: &str, mode: u32) {
    write(path, content).unwrap();
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A name, content and mode of the file, and the cause that is told.
type Case<'a> = (&'a str, Option<(&'a str, u32)>, &'a str);

#[actix_web::test]
async fn keys_that_are_not_sound_stop_the_start_with_one_line() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.key");
    let good = "k".repeat(64);
    let two = format!("{good}\nshort");
    let cases: [Case<'_>; 5] = [
        ("missing", None, "can't read"),
        (
            "short",
            Some(("short", 0o600)),
            "key 1 has 5 bytes, fewer than 64",
        ),
        ("empty", Some(("\n", 0o600)), "holds no key"),
        (
            "for everybody",
            Some((&good, 0o644)),
            "can be read by everybody",
        ),
        ("second short", Some((&two, 0o600)), "key 2 has 5 bytes"),
    ];
    for (name, file, cause) in cases {
        let _ = std::fs::remove_file(&path);
        if let Some((content, mode)) = file {
            put_key(&path, content, mode);
        }
        let variables = [("SESSION_KEY_FILE", path.to_str().unwrap())];
        let (status, log) = Process::start(&database, &redis, &variables).ended().await;
        let last = log.lines().last().unwrap_or_default();
        assert_eq!(status.code(), Some(1), "{name}: {log}");
        assert!(
            last.starts_with("wildside: SESSION_KEY_FILE: ") && last.contains(cause),
            "{name}: {log}"
        );
        assert!(
            !log.contains("panicked") && !log.contains("short\n"),
            "{name}: {log}"
        );
    }
    let variables = [("SESSION_ALLOW_EPHEMERAL", "0")];
    let (status, log) = Process::start(&database, &redis, &variables).ended().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(
        log.ends_with(
            "SESSION_ALLOW_EPHEMERAL=1 would start with a key that dies with the process\n"
        ),
        "{log}"
    );
}

#[actix_web::test]
async fn keys_are_rotated_in_two_steps_while_people_are_logged_in() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.key");
    let (old, new) = ("o".repeat(64), "n".repeat(64));
    put_key(&path, &old, 0o600);
    let variables = [("SESSION_KEY_FILE", path.to_str().unwrap())];
    let server = Process::start(&database, &redis, &variables);
    server.ready().await;
    let mut ada = server.client();
    let body = json!({"username": "ada", "password": PASSWORD});
    assert_eq!(ada.post("/api/v1/users", &body).await.status.as_u16(), 201);
    let first = ada.cookie.clone();

    // Without a signal the file is looked at every few seconds.
    put_key(&path, &format!("{old}\n{new}"), 0o600);
    server.logs("session keys changed").await;
    assert_eq!(ada.get("/api/v1/users/me").await.status.as_u16(), 200);
    assert_eq!(
        ada.cookie, first,
        "written anew though the first key is the same"
    );

    put_key(&path, &format!("{new}\n{old}"), 0o600);
    server.signal("-HUP");
    until(server_says_nothing, async || {
        let mut again = ada.clone();
        assert_eq!(again.get("/api/v1/users/me").await.status.as_u16(), 200);
        again.cookie != first
    })
    .await;
    ada.get("/api/v1/users/me").await;

    put_key(&path, "short", 0o600);
    server.signal("-HUP");
    server.logs("the session keys stay as they were").await;
    assert_eq!(ada.get("/api/v1/users/me").await.status.as_u16(), 200);

    put_key(&path, &new, 0o600);
    server.signal("-HUP");
    let mut late = server.client();
    late.cookie = first;
    until(server_says_nothing, async || {
        late.clone().get("/api/v1/users/me").await.status.as_u16() == 401
    })
    .await;
    assert_eq!(ada.get("/api/v1/users/me").await.status.as_u16(), 200);
    assert_fingerprints(&server.log(), &[&old, &new]);
}

fn server_says_nothing() -> String {
    "the server has not taken the new keys".to_owned()
}

/// Eight digits for each key, and nothing of the keys themselves.
fn assert_fingerprints(log: &str, keys: &[&str]) {
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let fingerprints: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["fingerprints"].as_str())
        .collect();
    let lengths: Vec<usize> = fingerprints.iter().map(|text| text.len()).collect();
    assert_eq!(lengths, [8, 17, 17, 8], "{fingerprints:?}");
    assert_eq!(fingerprints[1][..8], fingerprints[0][..8]);
    assert_eq!(fingerprints[2][..8], fingerprints[3][..8]);
    assert!(keys.iter().all(|key| !log.contains(&key[..16])), "{log}");
}

#[actix_web::test]
async fn every_line_of_its_log_is_json_and_holds_no_secret() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let server = Process::start(&database, &redis, &[("WILDSIDE_LOG", "debug")]);
    server.ready().await;
    let mut ada = server.client();
    let body = json!({"username": "ada", "password": PASSWORD});
    ada.post("/api/v1/users", &body).await;
    ada.get("/api/v1/users/me?token=sesame").await;
    server.signal("-TERM");
    let (cookie, urls) = (ada.cookie.clone().unwrap(), [database.url(), redis.url()]);
    let (status, log) = server.ended().await;
    assert!(status.success(), "{log}");
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    let passwords = urls.iter().map(|url| url.split(['@', ':']).nth(2).unwrap());
    for secret in passwords.chain([cookie.as_str(), PASSWORD, "sesame", "$argon2"]) {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
