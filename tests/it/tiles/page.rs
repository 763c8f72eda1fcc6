//! The page at `/`: the journey of people who come for a walk, in a browser. See `tests/browser/page.mjs`.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::tiles::database::Database;
use crate::tiles::endpoint::{Server, write_keys};

const JOURNEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/page.mjs");

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/guide.mjs");
const OUTAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/outage.mjs");

/// State of the page on one screen.
#[derive(Debug, Deserialize)]
struct Shown {
    title: String,
    stops: Vec<String>,
    drawn: BTreeSet<String>,
    streets: usize,
    directions: usize,
    reasons: Vec<String>,
    credit: String,
    #[serde(default)]
    overflows: bool,
}

/// A walk at its link, as somebody without an account sees it.
#[derive(Debug, Deserialize)]
struct Shared {
    stops: Vec<String>,
    buttons: Vec<String>,
}

/// Stops of a walk, and of another one for the same wish.
#[derive(Debug, Deserialize)]
struct Another {
    before: Vec<String>,
    after: Vec<String>,
}

/// What a walker was told on the way, in order.
#[derive(Debug, Deserialize)]
struct Guided {
    awake: String,
    said: Vec<String>,
    next: Vec<String>,
    done: Vec<f64>,
    walkers: usize,
}

/// A walk along which somebody was led.
#[derive(Debug, Deserialize)]
struct Led {
    stops: Vec<String>,
    guided: Guided,
    strayed: String,
    failures: Vec<String>,
    axe: Vec<String>,
}

/// All that was seen on the way.
#[derive(Debug, Deserialize)]
struct Journey {
    #[serde(flatten)]
    desk: Shown,
    phone: Shown,
    dark: Shown,
    walks: usize,
    shared: Shared,
    withdrawn: String,
    another: Another,
    left: Vec<String>,
    files: BTreeSet<String>,
    refusal: String,
    requests: Vec<String>,
    failures: Vec<String>,
    axe: Vec<String>,
}

fn take_the_journey<Seen: DeserializeOwned>(script: &str, page: &str) -> Seen {
    let output = Command::new("node").args([script, page]).output();
    let output = output.expect("node is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "make browser installs what is needed: {errors}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_walk(shown: &Shown, route: &str) {
    let stops = shown.stops.len();
    assert!(stops >= 3, "{shown:?}");
    assert!(shown.drawn.contains(route), "{shown:?}");
    for position in 1..=stops {
        let stop = format!("stops {position}");
        assert!(shown.drawn.contains(&stop), "{shown:?}");
    }
    assert!(shown.streets > 0 && shown.directions > stops, "{shown:?}");
    let reasons = &shown.reasons;
    assert!(
        reasons
            .iter()
            .any(|why| why.starts_with("Because you like ")),
        "{shown:?}"
    );
    assert!(shown.credit.contains("OpenStreetMap"), "{shown:?}");
    assert!(!shown.overflows, "{shown:?}");
}

/// The stops ahead, one after the other. A quick walker passes some that are close together between two of his places.
fn assert_in_order(next: &[String], stops: &[String]) {
    let mut ahead = stops.iter();
    let in_order = next.iter().all(|stop| ahead.any(|name| name == stop));
    assert!(in_order && next.len() >= 3, "{next:?} of {stops:?}");
}

fn assert_guided(guided: &Guided, stops: &[String]) {
    assert_eq!(guided.awake, "screen");
    assert!(guided.said.len() >= 5, "{guided:?}");
    assert_in_order(&guided.next, stops);
    // Where the way turns back, both of its sides are near.
    let advances = guided.done.windows(2).all(|pair| pair[1] > pair[0] - 15.0);
    assert!(advances && guided.done.len() > 10, "{guided:?}");
    assert_eq!(guided.walkers, 0);
}

#[tokio::test]
async fn people_sign_up_take_a_walk_and_find_it_again() {
    let database = Database::of_helsinki().await;
    let server = Server::start(&database, &[("WILDSIDE_MODE", "all")]).await;
    let page = format!("http://{}/", server.address());
    let seen: Journey = take_the_journey(JOURNEY, &page);
    assert_eq!(seen.failures, Vec::<String>::new());
    assert_eq!(seen.axe, Vec::<String>::new());
    let routes = "SELECT 'walk ' || id FROM routes ORDER BY created_at LIMIT 1";
    let route: String = database.value(routes, &[]).await;
    for shown in [&seen.desk, &seen.phone, &seen.dark] {
        assert_walk(shown, &route);
    }
    assert!(
        seen.desk.title.contains(" stops in "),
        "{}",
        seen.desk.title
    );
    assert_eq!(seen.phone.title, "By the harbour");
    assert_eq!(seen.walks, 1);
    let files = ["200 geojson", "200 gpx"].map(str::to_owned);
    assert_eq!(seen.files, BTreeSet::from(files));
    assert_eq!(seen.shared.stops, seen.desk.stops);
    assert_eq!(seen.shared.buttons, ["Plan a walk of my own"]);
    assert!(
        seen.withdrawn.contains("has been withdrawn"),
        "{}",
        seen.withdrawn
    );
    assert_eq!(seen.another.before, seen.desk.stops);
    assert_ne!(seen.another.after, seen.another.before);
    assert_eq!(seen.left, ["★ By the harbour"]);
    assert!(seen.refusal.contains("Go to"), "{}", seen.refusal);
    assert!(seen.refusal.contains("Number: "), "{}", seen.refusal);
    for request in seen.requests {
        assert!(
            request.starts_with(&page) || request.starts_with("blob:"),
            "a foreign host: {request}"
        );
    }
}

#[tokio::test]
async fn people_are_led_along_a_walk_to_its_end_and_back_to_it() {
    let database = Database::of_helsinki().await;
    let server = Server::start(&database, &[("WILDSIDE_MODE", "all")]).await;
    let seen: Led = take_the_journey(GUIDE, &format!("http://{}/", server.address()));
    assert_eq!(seen.failures, Vec::<String>::new());
    assert_eq!(seen.axe, Vec::<String>::new());
    assert_guided(&seen.guided, &seen.stops);
    assert!(seen.strayed.contains("Turn round"), "{}", seen.strayed);
}

/// What the page did while its server was away and when it was back.
#[derive(Debug, Deserialize)]
struct Outage {
    shells: Vec<String>,
    stops: Vec<String>,
    without: Vec<String>,
    drawn: BTreeSet<String>,
    listed: Vec<String>,
    directions: usize,
    alone: Vec<String>,
    notices: Vec<String>,
    elsewhere: String,
    sockets: usize,
    left_after_logout: usize,
    failures: Vec<String>,
}

/// Goes through an outage: the script says when the server shall go, and when it shall come back.
async fn go_through_an_outage(database: &Database) -> Outage {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("session.key");
    write_keys(&key, &"k".repeat(64));
    let variables = [
        ("WILDSIDE_MODE", "all"),
        ("SESSION_KEY_FILE", key.to_str().unwrap()),
    ];
    let mut server = Some(Server::start(database, &variables).await);
    let address = server.as_ref().unwrap().address().to_owned();
    let mut script = tokio::process::Command::new("node")
        .args([OUTAGE, &format!("http://{address}/")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut answers = script.stdin.take().unwrap();
    let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        match line.as_str() {
            "stop" => server = None,
            "start" => server = Some(Server::start_at(&address, database, &variables).await),
            seen => return serde_json::from_str(seen).unwrap(),
        }
        answers.write_all(b"done\n").await.unwrap();
    }
    panic!("the script ended early; server there: {}", server.is_some());
}

#[tokio::test]
async fn a_saved_walk_is_there_without_a_server_and_the_way_goes_on_when_it_is_back() {
    let database = Database::of_helsinki().await;
    let seen = go_through_an_outage(&database).await;
    assert!(seen.stops.len() >= 3, "{seen:?}");
    assert_eq!(seen.shells.len(), 1, "{seen:?}");
    assert!(seen.shells[0].contains("/assets/"), "{seen:?}");
    assert_eq!(seen.without, seen.stops);
    assert!(
        seen.drawn.iter().any(|part| part.starts_with("base ")),
        "{seen:?}"
    );
    assert!(seen.drawn.contains("walk"), "{seen:?}");
    assert_eq!(seen.listed.len(), 1, "{seen:?}");
    assert!(seen.directions > seen.stops.len(), "{seen:?}");
    assert_in_order(&seen.alone, &seen.stops);
    assert_eq!(seen.notices, ["No connection", "none"]);
    assert!(seen.elsewhere.starts_with("★ "), "{seen:?}");
    assert!(seen.sockets >= 2, "{seen:?}");
    assert_eq!(seen.left_after_logout, 0);
    assert_eq!(seen.failures, Vec::<String>::new());
}

async fn get(server: &Server, path: &str) -> Response {
    let url = format!("http://{}{path}", server.address());
    Client::new().get(url).send().await.unwrap()
}

/// The answer as it is sent.
async fn get_compressed(server: &Server, path: &str) -> Response {
    let url = format!("http://{}{path}", server.address());
    let client = Client::builder().no_gzip().build().unwrap();
    let request = client.get(url).header("accept-encoding", "br;q=0.5, gzip");
    request.send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// Addresses of files that a text names.
fn assets(text: &str) -> Vec<String> {
    let name = regex::Regex::new(r"/?assets/[\w.-]+").unwrap();
    name.find_iter(text)
        .map(|found| format!("/{}", found.as_str().trim_start_matches('/')))
        .collect()
}

#[tokio::test]
async fn the_page_is_small_strict_and_kept_by_browsers() {
    let database = Database::create().await;
    let server = Server::start(&database, &[]).await;
    let page = get(&server, "/").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(header(&page, "cache-control"), "no-cache");
    let policy = header(&page, "content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(!page.contains("style=") && !page.contains("<script>"));
    let mut names = assets(&page);
    assert!(names.len() >= 3, "{page}");
    while let Some(name) = names.pop() {
        let file = get_compressed(&server, &name).await;
        assert_eq!(file.status(), StatusCode::OK, "{name}");
        let kept = "public, max-age=31536000, immutable";
        assert_eq!(header(&file, "cache-control"), kept, "{name}");
        assert_eq!(header(&file, "content-encoding"), "gzip", "{name}");
        assert_eq!(header(&file, "vary"), "Accept-Encoding", "{name}");
        // Workers have that of their own file.
        assert_eq!(header(&file, "content-security-policy"), policy, "{name}");
    }
    let beside = [
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icon-192.png", "image/png"),
        ("/icon-maskable-512.png", "image/png"),
    ];
    for (name, content_type) in beside {
        let file = get(&server, name).await;
        assert_eq!(file.status(), StatusCode::OK, "{name}");
        assert_eq!(header(&file, "content-type"), content_type);
        assert_eq!(header(&file, "cache-control"), "no-cache", "{name}");
        assert_eq!(header(&file, "content-security-policy"), policy, "{name}");
    }
    let missing = get(&server, "/icon-7.png").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let missing = get(&server, "/assets/none.js").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    for path in ["/", "/sw.js"] {
        let posted = Client::new().post(format!("http://{}{path}", server.address()));
        let posted = posted.send().await.unwrap();
        assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&posted, "allow"), "GET, HEAD, OPTIONS");
    }
}

#[tokio::test]
async fn the_page_asks_for_tiles_where_they_are() {
    let database = Database::create().await;
    let template = "https://tiles.example/t/routes/{route_id}/{z}/{x}/{y}.pbf?token={token}";
    let server = Server::start(&database, &[("TILE_URL_TEMPLATE", template)]).await;
    let page = get(&server, "/").await;
    let policy = header(&page, "content-security-policy");
    assert!(
        policy.contains("connect-src 'self' https://tiles.example;"),
        "{policy}"
    );
    let page = page.text().await.unwrap();
    assert!(page.contains("data-tiles=\"https://tiles.example/t\""));
    let tile = get(&server, "/tiles/base/14/9327/4742.pbf").await;
    assert_eq!(tile.status(), StatusCode::NOT_FOUND);
}
