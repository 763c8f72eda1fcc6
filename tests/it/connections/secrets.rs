//! Secrets in files, and what a process does when they change.

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use wildside_test_support::{CITY, PostgresServer, TestRedis};

use crate::connections::stage::{Service, command};

/// A file that its owner alone can read.
fn put(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    write(&file, format!("{text}\n")).unwrap();
    set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn rotated_passwords_need_no_restart() {
    let (server, redis) = (PostgresServer::start(), TestRedis::start());
    server.expect_error("57P01");
    server.create_migrated("walks");
    server.sql("walks", CITY);
    let folder = tempfile::tempdir().unwrap();
    let database = put(folder.path(), "database", &server.url("walks"));
    let queue = put(folder.path(), "redis", &redis.url());
    let service = Service::start(&[
        ("DATABASE_URL_FILE", database.to_str().unwrap()),
        ("REDIS_URL_FILE", queue.to_str().unwrap()),
    ])
    .await;
    let mut ada = service.user("ada").await;
    service.walk(&mut ada, 60).await;

    server.sql("postgres", "ALTER ROLE wildside PASSWORD 'the next one'");
    let old = server.url("walks");
    let (before, after) = old.split_once('@').unwrap();
    let user = &before[..before.rfind(':').unwrap()];
    let next = format!("{user}:the%20next%20one@{after}");
    put(folder.path(), "database", &next);
    redis.command(&["CONFIG", "SET", "requirepass", "another"]);
    let next = format!("redis://:another@127.0.0.1:{}/", redis.port());
    put(folder.path(), "redis", &next);
    let drop_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'wildside'";
    let ended = std::process::Command::new("redis-cli")
        .args(["-p", &redis.port().to_string(), "-a", "another"])
        .args(["CLIENT", "KILL", "SKIPME", "yes"])
        .output()
        .unwrap();
    let killed = String::from_utf8_lossy(&ended.stdout).trim().parse();
    assert!(killed.is_ok_and(|killed: u32| killed > 0), "{ended:?}");
    let psql = wildside_test_support::postgres_client("psql")
        .args([&format!("{user}:the%20next%20one@{after}"), "-c", drop_all])
        .output()
        .unwrap();
    assert!(psql.status.success(), "{psql:?}");
    service
        .until(async || {
            let asked = service.is_ready().await;
            asked && service.log().matches("subscribed to status events").count() > 1
        })
        .await;
    service.walk(&mut ada, 45).await;
}

#[test]
fn a_secret_is_in_one_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = put(
        folder.path(),
        "database",
        "postgres://u:hunter2@h/d?color=red",
    );
    let file = file.to_str().unwrap();
    let migrate = |variables: &[(&str, &str)]| command(&["migrate"], variables).1;
    let both = migrate(&[
        ("DATABASE_URL", "postgres://h/d"),
        ("DATABASE_URL_FILE", file),
    ]);
    assert!(both.contains("unset one of them"), "{both}");
    let wrong = migrate(&[("DATABASE_URL_FILE", file)]);
    assert!(
        wrong.contains("DATABASE_URL_FILE: ") && wrong.contains("`color`"),
        "{wrong}"
    );
    assert!(!wrong.contains("hunter2"), "{wrong}");
    let missing = migrate(&[("DATABASE_URL_FILE", "/nowhere")]);
    assert!(
        missing.contains("DATABASE_URL_FILE: can't read /nowhere"),
        "{missing}"
    );
    set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    let public = migrate(&[("DATABASE_URL_FILE", file)]);
    assert!(public.contains("chmod o-rwx"), "{public}");
    let none = migrate(&[]);
    assert!(
        none.contains("DATABASE_URL: is not set, nor is DATABASE_URL_FILE"),
        "{none}"
    );
}
