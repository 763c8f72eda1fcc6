//! Requests a second of the main endpoints, each beside a bare handler that does the same I/O, in one run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod bare;

use std::process::Command;
use std::sync::mpsc;

use serde_json::json;
use wildside::config::Config;
use wildside::server::Application;
use wildside_test_support::{TestDatabase, TestRedis};

const PATH: &str = "LINESTRING(7.42 43.73, 7.421 43.73, 7.422 43.73)";
const BODY: &str =
    r#"{"start_location":{"type":"Point","coordinates":[7.4202,43.7301]},"duration_minutes":60}"#;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let connections = arguments.next().unwrap_or_else(|| "64".to_owned());
    let seconds = arguments.next().unwrap_or_else(|| "5".to_owned());
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    load_street(&database);
    let config = config(&database.url(), &redis.url());
    let ours = start(move || {
        let application = Application::build(&config).unwrap();
        let address = application.address().to_string();
        (address, async {
            application.run(std::future::pending()).await.unwrap();
        })
    });
    let (database_url, redis_url) = (database.url(), redis.url());
    let theirs = start(move || bare::serve(&database_url, &redis_url));
    let cookie = prepare(&ours, &database, &redis);

    println!(
        "{:<44} {:>10} {:>10} {:>10}",
        "", "requests/s", "p50", "p99"
    );
    let measure = |name: &str, url: String, lua: Option<String>| {
        let mut wrk = Command::new("wrk");
        wrk.args([
            "-t2",
            "--latency",
            "-c",
            &connections,
            "-d",
            &seconds,
            "-H",
            &format!("Cookie: {cookie}"),
        ]);
        let script = tempfile::NamedTempFile::new().unwrap();
        if let Some(lua) = lua {
            std::fs::write(script.path(), lua).unwrap();
            wrk.arg("-s").arg(script.path());
        }
        let output = wrk.arg(url).output().expect("wrk is not installed");
        report(name, &String::from_utf8_lossy(&output.stdout));
    };
    let post = format!(
        "wrk.method = 'POST'; wrk.body = '{BODY}'; wrk.headers['Content-Type'] = 'application/json'"
    );
    measure("bare: static JSON", format!("http://{theirs}/static"), None);
    measure(
        "GET /api/v1/interest-themes",
        format!("http://{ours}/api/v1/interest-themes"),
        None,
    );
    measure("bare: one query", format!("http://{theirs}/query"), None);
    measure(
        "GET /api/v1/users/me",
        format!("http://{ours}/api/v1/users/me"),
        None,
    );
    measure(
        "bare: four statements, two Redis commands",
        format!("http://{theirs}/write"),
        None,
    );
    measure(
        "POST /api/v1/routes, answered from the cache",
        format!("http://{ours}/api/v1/routes"),
        Some(post),
    );
    std::process::exit(0);
}

fn config(database_url: &str, redis_url: &str) -> Config {
    let values = [
        ("DATABASE_URL", database_url),
        ("REDIS_URL", redis_url),
        ("DATABASE_POOL_SIZE", "16"),
        ("WILDSIDE_BIND", "127.0.0.1:0"),
        ("SESSION_ALLOW_EPHEMERAL", "1"),
        ("SESSION_COOKIE_SECURE", "0"),
        ("WILDSIDE_REQUESTS_PER_SECOND", "0"),
        ("WILDSIDE_ROUTE_REQUESTS_PER_MINUTE", "0"),
    ];
    Config::from_lookup(&|name| {
        values
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
    .unwrap()
}

/// Runs a server in a thread of its own and returns its address.
fn start<F: Future>(build: impl FnOnce() -> (String, F) + Send + 'static) -> String {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let (address, serving) = build();
            sender.send(address).unwrap();
            serving.await;
        });
    });
    receiver.recv().unwrap()
}

fn load_street(database: &TestDatabase) {
    database.sql(&format!(
        "INSERT INTO areas (name, boundary, source_digest) \
             VALUES ('street', ST_Multi(ST_MakeEnvelope(7.40, 43.72, 7.44, 43.75, 4326)), 'none'); \
         INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, geom) \
             SELECT id, 1, 0, 0, 1, 2, 160, 'street', false, ST_GeomFromText('{PATH}', 4326) FROM areas;"
    ));
}

/// Logs in, and puts a walk into the cache. Returns the cookie.
fn prepare(address: &str, database: &TestDatabase, redis: &TestRedis) -> String {
    actix_web::rt::System::new().block_on(async {
        let client = reqwest::Client::new();
        let account = json!({"username": "bench", "password": "a fine long password"});
        let signed_up = client.post(format!("http://{address}/api/v1/users")).json(&account).send().await.unwrap();
        let cookie = signed_up.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let request = client.post(format!("http://{address}/api/v1/routes")).header("cookie", &cookie);
        let asked = request.header("content-type", "application/json").body(BODY).send().await.unwrap();
        assert_eq!(asked.status(), 202, "{}", asked.text().await.unwrap());
        let rows = database.sql(&format!(
            "INSERT INTO routes (path, distance_metres, duration_seconds, score, details) \
             VALUES (ST_GeomFromText('{PATH}', 4326), 160, 900, 2, '{{}}') RETURNING id; SELECT cache_key FROM route_requests"
        ));
        let mut rows = rows.lines();
        let (route, key) = (rows.next().unwrap(), rows.next().unwrap());
        redis.command(&["SET", key, &format!("{{\"route_id\":\"{route}\"}}")]);
        cookie
    })
}

fn report(name: &str, output: &str) {
    let value = |label: &str| {
        let line = output.lines().find(|line| line.trim().starts_with(label));
        line.and_then(|line| line.split_whitespace().last())
            .unwrap_or("?")
            .to_owned()
    };
    println!(
        "{name:<44} {:>10} {:>10} {:>10}",
        value("Requests/sec:"),
        value("50%"),
        value("99%")
    );
    if let Some(line) = output.lines().find(|line| line.contains("Non-2xx")) {
        println!("  {}", line.trim());
    }
}
