//! The page at `/`: the journey of people who come for a walk, in a browser. See `tests/browser/page.mjs`.

use std::collections::BTreeSet;
use std::process::Command;

use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;

use crate::tiles::database::Database;
use crate::tiles::endpoint::Server;

const JOURNEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/page.mjs");

/// State of the page on one screen.
#[derive(Debug, Deserialize)]
struct Shown {
    title: String,
    stops: Vec<String>,
    drawn: BTreeSet<String>,
    streets: usize,
    directions: usize,
    credit: String,
    #[serde(default)]
    overflows: bool,
}

/// All that was seen on the way.
#[derive(Debug, Deserialize)]
struct Journey {
    #[serde(flatten)]
    desk: Shown,
    phone: Shown,
    dark: Shown,
    walks: usize,
    files: BTreeSet<String>,
    refusal: String,
    requests: Vec<String>,
    failures: Vec<String>,
    axe: Vec<String>,
}

fn take_the_journey(page: &str) -> Journey {
    let output = Command::new("node").args([JOURNEY, page]).output();
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
    assert!(
        shown.title.starts_with(&format!("{stops} stops in ")),
        "{shown:?}"
    );
    assert!(shown.drawn.contains(route), "{shown:?}");
    for position in 1..=stops {
        let stop = format!("stops {position}");
        assert!(shown.drawn.contains(&stop), "{shown:?}");
    }
    assert!(shown.streets > 0 && shown.directions > stops, "{shown:?}");
    assert!(shown.credit.contains("OpenStreetMap"), "{shown:?}");
    assert!(!shown.overflows, "{shown:?}");
}

#[tokio::test]
async fn people_sign_up_take_a_walk_and_find_it_again() {
    let database = Database::of_helsinki().await;
    let server = Server::start(&database, &[("WILDSIDE_MODE", "all")]).await;
    let page = format!("http://{}/", server.address());
    let seen = take_the_journey(&page);
    assert_eq!(seen.failures, Vec::<String>::new());
    assert_eq!(seen.axe, Vec::<String>::new());
    let routes = "SELECT 'walk ' || id FROM routes ORDER BY created_at LIMIT 1";
    let route: String = database.value(routes, &[]).await;
    for shown in [&seen.desk, &seen.phone, &seen.dark] {
        assert_walk(shown, &route);
    }
    assert_eq!(seen.walks, 1);
    let files = ["200 geojson", "200 gpx"].map(str::to_owned);
    assert_eq!(seen.files, BTreeSet::from(files));
    assert!(seen.refusal.contains("Go to"), "{}", seen.refusal);
    assert!(seen.refusal.contains("Number: "), "{}", seen.refusal);
    for request in seen.requests {
        assert!(
            request.starts_with(&page) || request.starts_with("blob:"),
            "a foreign host: {request}"
        );
    }
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
    let missing = get(&server, "/assets/none.js").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let posted = Client::new().post(format!("http://{}/", server.address()));
    let posted = posted.send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(header(&posted, "allow"), "GET, HEAD, OPTIONS");
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
