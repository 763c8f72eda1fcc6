//! Servers for a script, as long as it runs: `servers SET COMMAND…`, with SET one of
//!
//! * `postgres`: a durable PostgreSQL with a migrated database (`OURS`) and one with PostGIS alone (`THEIRS`).
//! * `databases`: a migrated database with `pg_stat_statements`, and a Redis.
//! * `server`, `all`: a migrated database, a Redis, and a Wildside in that mode at `BASE` whose log is in `SERVER_LOG`.
//!
//! The command finds their addresses in its environment.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wildside_dev::child::{Guarded, ending_with_parent};
use wildside_dev::http::answers;
use wildside_test_support::{PostgresServer, TestDatabase, TestRedis, free_port, street};

/// Where the examples of the description begin, so that walks can be asked for.
const STREET: &str = "LINESTRING(7.424 43.738, 7.426 43.739)";
const START_LIMIT: Duration = Duration::from_mins(1);
/// As shipped, with memory for a large load.
const DURABLE: [&str; 6] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "autovacuum=on",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [set, program, arguments @ ..] = &words[..] else {
        panic!("servers postgres|databases|server|all COMMAND…");
    };
    let mut command = Command::new(program);
    command.args(arguments);
    match set.as_str() {
        "postgres" => beside_postgres(command),
        "databases" => beside_databases(command),
        mode => beside_wildside(mode, command),
    }
}

fn beside_postgres(mut command: Command) -> ExitCode {
    let server = PostgresServer::start_in(&std::env::temp_dir(), &DURABLE);
    let (ours, theirs) = (
        server.create_migrated("ours"),
        server.create_database("theirs"),
    );
    server.sql("theirs", "CREATE EXTENSION postgis");
    run(command.env("OURS", ours).env("THEIRS", theirs))
}

fn beside_databases(mut command: Command) -> ExitCode {
    let statements = ["shared_preload_libraries=pg_stat_statements"];
    let server = PostgresServer::start_in(&std::env::temp_dir(), &statements);
    let (database, redis) = (server.create_migrated("wildside"), TestRedis::start());
    server.sql("wildside", "CREATE EXTENSION pg_stat_statements");
    let addresses = [("DATABASE_URL", database), ("REDIS_URL", redis.url())];
    run(command.envs(addresses))
}

fn beside_wildside(mode: &str, mut command: Command) -> ExitCode {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    if mode == "server" {
        database.sql(&street(STREET));
    }
    let folder = TempDir::with_prefix("wildside-servers-").unwrap();
    let log = folder.path().join("server.log");
    let address = format!("127.0.0.1:{}", free_port());
    let addresses = [
        ("DATABASE_URL", database.url()),
        ("REDIS_URL", redis.url()),
        ("WILDSIDE_BIND", address.clone()),
    ];
    let mut wildside = Command::new(programs().join("wildside"));
    wildside.args(["--mode", mode]).envs(addresses.clone());
    let server = Guarded::start(ending_with_parent(&wildside, "KILL"), &log).unwrap();
    wait_until_ready(&server, &address, &log);
    command
        .envs(addresses)
        .env("BASE", format!("http://{address}"))
        .env("SERVER_LOG", &log);
    run(&mut command)
}

/// Folder of the programs of this build.
fn programs() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.ancestors().nth(2).unwrap().to_path_buf()
}

fn wait_until_ready(server: &Guarded, address: &str, log: &Path) {
    let begun = Instant::now();
    while !answers(address, "/health/ready") {
        let said = || std::fs::read_to_string(log).unwrap_or_default();
        assert!(
            server.is_running() && begun.elapsed() < START_LIMIT,
            "{}",
            said()
        );
        sleep(Duration::from_millis(50));
    }
}

fn run(command: &mut Command) -> ExitCode {
    let status = command.status().unwrap();
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}
