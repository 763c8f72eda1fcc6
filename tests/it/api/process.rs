//! The server as a process of its own: how it starts, takes new keys while it runs, and ends.

use std::fs::{Permissions, set_permissions, write};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wildside_test_support::{TestDatabase, TestRedis, free_port};

use crate::api::app::Client;
use crate::api::log::PASSWORD;

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

/// Code and standard error of `wildside health` beside a server on `port`.
fn health(mode: &str, port: u16) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_wildside"))
        .args(["--mode", mode, "health"])
        .env("WILDSIDE_BIND", format!("0.0.0.0:{port}"))
        .env("WILDSIDE_METRICS_BIND", format!("[::]:{port}"))
        .output()
        .unwrap();
    (
        out.status.code(),
        String::from_utf8_lossy(&out.stderr).into_owned(),
    )
}

#[actix_web::test]
async fn the_health_command_tells_whether_the_process_beside_it_is_ready() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let server = Process::start(&database, &redis, &[("WILDSIDE_DRAIN_SECONDS", "60")]);
    server.ready().await;
    assert_eq!(health("server", server.port), (Some(0), String::new()));

    server.signal("-TERM");
    until(
        || "it does not drain".to_owned(),
        async || health("all", server.port).0 == Some(1),
    )
    .await;
    let (_, said) = health("server", server.port);
    assert!(said.contains("about to end"), "{said}");

    let (code, said) = health("worker", free_port());
    assert_eq!(code, Some(1));
    assert!(said.contains("nothing answers on [::1]:"), "{said}");
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
    let cases: [Case<'_>; 6] = [
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
        (
            "to be changed by everybody",
            Some((&good, 0o602)),
            "can be changed by everybody",
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
        assert_eq!(last.matches(cause).count(), 1, "{name}: {log}");
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

/// A tmpfs of its own, as an orchestrator makes one of a secret; needs root.
struct Mount(tempfile::TempDir);

impl Mount {
    fn new() -> Option<Self> {
        Self::of(&["-t", "tmpfs", "-o", "mode=755", "none"])
    }

    /// A folder once more, under another path.
    fn bind(folder: &Path) -> Option<Self> {
        Self::of(&["--bind", folder.to_str().unwrap()])
    }

    fn of(what: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount").args(what).arg(folder.path()).output();
        let done = mount.is_ok_and(|output| output.status.success());
        let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        assert!(done || !root, "root can't mount");
        done.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn make_read_only(&self, options: &str) {
        let remounted = Command::new("mount")
            .args(["-o", options])
            .arg(self.path())
            .status();
        assert!(remounted.unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[actix_web::test]
async fn keys_that_an_orchestrator_mounts_are_taken() {
    let Some(mount) = Mount::new() else {
        eprintln!("not tried: only root can mount");
        return;
    };
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let versioned = mount.path().join("..2026_11_30");
    std::fs::create_dir(&versioned).unwrap();
    for (name, mode) in [("0644", 0o644), ("0444", 0o444), ("0440", 0o440)] {
        put_key(&versioned.join(name), &"k".repeat(64), mode);
        symlink(format!("..data/{name}"), mount.path().join(name)).unwrap();
    }
    symlink("..2026_11_30", mount.path().join("..data")).unwrap();
    let public = mount.path().join("0644");
    let variables = [("SESSION_KEY_FILE", public.to_str().unwrap())];
    let (status, log) = Process::start(&database, &redis, &variables).ended().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("mount it read-only"), "{log}");
    mount.make_read_only("remount,ro");
    for name in ["0644", "0444", "0440", ""] {
        let path = mount.path().join(name);
        let path = path.to_str().unwrap();
        let variables = [("SESSION_KEY_FILE", path), ("TILE_TOKEN_KEY_FILE", path)];
        let server = Process::start(&database, &redis, &variables);
        server.ready().await;
        server.logs("session keys loaded").await;
    }
}

#[actix_web::test]
async fn a_disk_is_no_secret_because_it_is_read_only() {
    let disk = tempfile::tempdir().unwrap();
    put_key(&disk.path().join("session.key"), &"k".repeat(64), 0o644);
    let kind = Command::new("stat")
        .args(["-f", "-c", "%T"])
        .arg(disk.path())
        .output();
    if kind.unwrap().stdout.starts_with(b"tmpfs") {
        eprintln!("not tried: temporary files are in memory here");
        return;
    }
    let Some(mount) = Mount::bind(disk.path()) else {
        eprintln!("not tried: only root can mount");
        return;
    };
    mount.make_read_only("remount,bind,ro");
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let path = mount.path().join("session.key");
    let variables = [("SESSION_KEY_FILE", path.to_str().unwrap())];
    let (status, log) = Process::start(&database, &redis, &variables).ended().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("can be read by everybody"), "{log}");
}

#[actix_web::test]
async fn a_hangup_ends_no_process() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("session.key");
    for (mode, said) in [
        ("worker", "told to read its keys again"),
        ("all", "session keys changed"),
    ] {
        put_key(&key, &"o".repeat(64), 0o600);
        let health = free_port();
        let bind = format!("127.0.0.1:{health}");
        let mut process = Process::start(
            &database,
            &redis,
            &[
                ("WILDSIDE_MODE", mode),
                ("WILDSIDE_METRICS_BIND", &bind),
                ("SESSION_KEY_FILE", key.to_str().unwrap()),
            ],
        );
        if mode == "worker" {
            process.port = health;
        }
        process.ready().await;
        put_key(&key, &"n".repeat(64), 0o600);
        process.signal("-HUP");
        process.logs(said).await;
        process.ready().await;
        process.signal("-TERM");
        let (status, log) = process.ended().await;
        assert!(status.success(), "{mode}: {log}");
    }
}

#[actix_web::test]
async fn maintainers_may_have_a_door_of_their_own() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let admin = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let variables = [
        ("WILDSIDE_ADMIN_BIND", &*admin.to_string()),
        ("WILDSIDE_HTTP_THREADS", "1"),
        ("WILDSIDE_HEADER_TIMEOUT_SECONDS", "60"),
        ("WILDSIDE_MAX_CONNECTIONS", "16"),
        ("WILDSIDE_CONNECTIONS_PER_ADDRESS", "0"),
    ];
    let server = Process::start(&database, &redis, &variables);
    server.ready().await;
    for path in [
        "/metrics",
        "/%6Detrics",
        "/admin",
        "/admin/page.js",
        "/api/v1/admin/actors",
        "/api/v1/admin/jobs",
    ] {
        let status = |address| async move { Client::of(address).get(path).await.status.as_u16() };
        assert_eq!(status(server.address()).await, 404, "{path}");
        let inside = status(admin).await;
        let needs_login = path.starts_with("/api/");
        assert_eq!(inside, if needs_login { 401 } else { 200 }, "{path}");
        let mut client = server.client();
        let options = client.send(Method::OPTIONS, path, None, &[]).await;
        assert_eq!(options.status.as_u16(), 404, "{path}");
    }
    let mut ada = server.client();
    let body = json!({"username": "ada", "password": PASSWORD});
    assert_eq!(ada.post("/api/v1/users", &body).await.status.as_u16(), 201);
    let mut inside = Client::of(admin);
    inside.cookie.clone_from(&ada.cookie);
    for (path, expected) in [
        ("/api/v1/users/me", 200),
        ("/api/v1/admin/actors", 403),
        ("/health/ready", 200),
    ] {
        let status = inside.get(path).await.status.as_u16();
        assert_eq!(status, expected, "{path}");
    }
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(TcpStream::connect(server.address()).await.unwrap());
    }
    let mut inside = Client::of(admin);
    let full = timeout(PATIENCE, inside.get("/metrics")).await;
    let counted = full.expect("the public has all connections").text;
    drop(all);
    assert!(counted.contains(r#"endpoint="/api/v1/users",method="POST",status="201""#));
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
