//! The PostgreSQL and the Redis of `make run`, whose data stay.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use wildside_dev::postgres::{self, User};
use wildside_dev::redis;

use super::which;
use crate::settings::variable;
use crate::supervisor::Supervisor;

const DATABASE: &str = "wildside";

/// Starts a server unless one is given, and returns the URL of its database.
pub(super) fn start_postgres(stage: &mut Supervisor) -> Result<String> {
    if let Some(url) = variable("DATABASE_URL") {
        stage.clock.step("using the PostgreSQL of DATABASE_URL");
        return Ok(url);
    }
    let folder = stage.state.folder("postgres")?;
    let user = User::entering(&folder)?;
    stage.stop_leftover("postgres", &postgres::program("postgres")?, "INT")?;
    let (_, password) = stage.state.secret::<18>("postgres.password")?;
    let data = folder.join("data");
    if !data.join("PG_VERSION").exists() {
        create_cluster(stage, &user, &folder, &password)?;
    }
    let port = stage.state.port("postgres")?;
    stage
        .clock
        .step(&format!("starting PostgreSQL on 127.0.0.1:{port}"));
    let settings = ["shared_buffers=128MB"];
    stage.start("postgres", user.server(&data, port, &settings, "INT")?)?;
    let server = format!("postgres://wildside:{password}@127.0.0.1:{port}");
    let answers = || sql(&server, "SELECT 1").is_ok();
    stage.wait_until("postgres", Duration::from_mins(1), answers)?;
    let found = format!("SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'");
    if sql(&server, &found)?.is_empty() {
        sql(&server, &format!("CREATE DATABASE {DATABASE}"))?;
    }
    Ok(format!("{server}/{DATABASE}"))
}

/// Makes the cluster aside, so that one which is there is whole.
fn create_cluster(stage: &Supervisor, user: &User, folder: &Path, password: &str) -> Result<()> {
    stage.clock.step("creating a database cluster");
    for left in ["data", "new"] {
        let _ = fs::remove_dir_all(folder.join(left));
    }
    let secret = stage.state.write("postgres/password", password)?;
    user.give(&secret)?;
    let new = folder.join("new");
    stage.complete("initdb", &user.initdb(&new, &secret, "scram-sha-256")?)?;
    fs::remove_file(secret)?;
    fs::rename(new, folder.join("data")).context("the new cluster can't be moved")
}

/// Runs one SQL text in the database that is always there.
fn sql(server: &str, text: &str) -> Result<String> {
    let output = postgres::client("psql")?
        .args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-d",
            &format!("{server}/postgres"),
            "-c",
            text,
        ])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "PostgreSQL refuses {text}: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Starts a server unless one is given, and returns its URL.
pub(super) fn start_redis(stage: &mut Supervisor) -> Result<String> {
    if let Some(url) = variable("REDIS_URL") {
        stage.clock.step("using the Redis of REDIS_URL");
        return Ok(url);
    }
    let folder = stage.state.folder("redis")?;
    stage.stop_leftover("redis", &which(redis::PROGRAM).unwrap_or_default(), "TERM")?;
    let port = stage.state.port("redis")?;
    let (_, password) = stage.state.secret::<18>("redis.password")?;
    stage
        .clock
        .step(&format!("starting Redis on 127.0.0.1:{port}"));
    let mut config = redis::settings(port, &password, &folder);
    config.push(("appendonly".to_owned(), "yes".to_owned()));
    let lines = config
        .iter()
        .map(|(name, value)| format!("{name} \"{value}\"\n"));
    let file = stage
        .state
        .write("redis/redis.conf", &lines.collect::<String>())?;
    stage.start(
        "redis",
        redis::server(&[file.display().to_string()], "TERM"),
    )?;
    let answers = || is_redis(port, &password);
    stage.wait_until("redis", Duration::from_secs(30), answers)?;
    Ok(format!("redis://:{password}@127.0.0.1:{port}/"))
}

fn is_redis(port: u16, password: &str) -> bool {
    let output = Command::new("redis-cli")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "ping"])
        .env("REDISCLI_AUTH", password)
        .output();
    output.is_ok_and(|output| output.stdout.starts_with(b"PONG"))
}
