//! Requests a second of the main endpoints, each beside a bare handler that does the same I/O, in one run.
//!
//! The server is a process of its own, with the configuration and the logs of production.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod bare;
mod ours;

use std::process::Command;

use serde_json::json;
use wildside_test_support::{TestDatabase, TestRedis, street};

use crate::bare::Stored;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PATH: &str = "LINESTRING(7.42 43.73, 7.421 43.73, 7.422 43.73)";
const BODY: &str =
    r#"{"start_location":{"type":"Point","coordinates":[7.4202,43.7301]},"duration_minutes":60}"#;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let connections = arguments.next().unwrap_or_else(|| "64".to_owned());
    if connections == ours::ROLE {
        return ours::serve();
    }
    let seconds = arguments.next().unwrap_or_else(|| "5".to_owned());
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    load_street(&database);
    let server = ours::Server::start(&database.url(), &redis.url());
    let ours = server.address.clone();
    let (cookie, stored) = prepare(&ours, &database, &redis);
    let theirs = bare::start(database.url(), redis.url(), stored);

    println!(
        "{:<44} {:>10} {:>10} {:>10} {:>10}",
        "", "requests/s", "p50", "p99", "target"
    );
    let post = format!(
        "wrk.method = 'POST'; wrk.body = '{BODY}'; wrk.headers['Content-Type'] = 'application/json'"
    );
    let get = String::new();
    let rows = [
        ("bare: static JSON", &theirs, "/static", &get, ""),
        (
            "interest themes",
            &ours,
            "/api/v1/interest-themes",
            &get,
            ">= 50000",
        ),
        ("bare: one query", &theirs, "/query", &get, ""),
        ("who am I", &ours, "/api/v1/users/me", &get, ">= 12000"),
        (
            "bare: two statements, two Redis commands",
            &theirs,
            "/write",
            &get,
            "",
        ),
        (
            "a walk, answered from the cache",
            &ours,
            "/api/v1/routes",
            &post,
            ">= 5000",
        ),
    ];
    for (name, address, path, lua, target) in rows {
        let script = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(script.path(), lua).unwrap();
        let output = Command::new("wrk")
            .args(["-t2", "--latency", "-c", &connections, "-d", &seconds])
            .args(["-H", &format!("Cookie: {cookie}"), "-s"])
            .arg(script.path())
            .arg(format!("http://{address}{path}"))
            .output()
            .expect("wrk is not installed");
        report(name, &String::from_utf8_lossy(&output.stdout), target);
    }
}

fn load_street(database: &TestDatabase) {
    database.sql(&street(PATH));
}

/// Logs in, and puts a walk into the cache. Returns the cookie, and who asked for which walk.
fn prepare(address: &str, database: &TestDatabase, redis: &TestRedis) -> (String, Stored) {
    actix_web::rt::System::new().block_on(async {
        let client = reqwest::Client::new();
        let account = json!({"username": "bench", "password": "a fine long password"});
        let signed_up = client.post(format!("http://{address}/api/v1/users")).json(&account).send().await.unwrap();
        let cookies = signed_up.headers().get_all("set-cookie").iter();
        let cookie = cookies.filter_map(|cookie| cookie.to_str().ok()).find(|cookie| cookie.starts_with("session="));
        let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
        let request = client.post(format!("http://{address}/api/v1/routes")).header("cookie", &cookie);
        let asked = request.header("content-type", "application/json").body(BODY).send().await.unwrap();
        assert_eq!(asked.status(), 202, "{}", asked.text().await.unwrap());
        let rows = database.sql(&format!(
            "INSERT INTO routes (path, distance_metres, duration_seconds, score, details) \
             VALUES (ST_GeomFromText('{PATH}', 4326), 160, 900, 2, '{{}}') RETURNING id; SELECT cache_key, user_id FROM route_requests"
        ));
        let (route, request) = rows.split_once('\n').unwrap();
        let (key, user) = request.split_once('|').unwrap();
        redis.command(&["SET", key, &format!("{{\"route_id\":\"{route}\"}}")]);
        let stored = Stored {
            user_id: user.parse().unwrap(),
            route_id: route.parse().unwrap(),
        };
        (cookie, stored)
    })
}

fn report(name: &str, output: &str, target: &str) {
    let value = |label: &str| {
        let line = output.lines().find(|line| line.trim().starts_with(label));
        line.and_then(|line| line.split_whitespace().last())
            .unwrap_or("?")
            .to_owned()
    };
    println!(
        "{name:<44} {:>10} {:>10} {:>10} {target:>10}",
        value("Requests/sec:"),
        value("50%"),
        value("99%")
    );
    if let Some(line) = output.lines().find(|line| line.contains("Non-2xx")) {
        println!("  {}", line.trim());
    }
}
