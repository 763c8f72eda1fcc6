//! The page in `web/`: from a click in a browser to the walk on the map. See `tests/browser/walk.mjs`.

use std::collections::BTreeSet;
use std::process::Command;

use serde::Deserialize;
use wildside_test_support::TileServer;

use crate::tiles::database::Database;
use crate::tiles::endpoint::{Server, write_keys};

const WALK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/walk.mjs");

/// State of the page at the end.
#[derive(Debug, Deserialize)]
struct Shown {
    status: String,
    stops: Vec<String>,
    drawn: BTreeSet<String>,
    requests: Vec<String>,
    failures: Vec<String>,
}

fn take_a_walk(page: &str) -> Shown {
    let output = Command::new("node").args([WALK, page]).output();
    let output = output.expect("node is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "make browser installs what is needed: {errors}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_click_ends_in_a_walk_on_the_map() {
    let database = Database::of_helsinki().await;
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    write_keys(&keys, &"k".repeat(32));
    let variables = [
        ("WILDSIDE_MODE", "all"),
        ("TILE_TOKEN_KEY_FILE", keys.to_str().unwrap()),
    ];
    let server = Server::start(&database, &variables).await;
    let tiles = TileServer::start_with_page(&database.server.url(), server.address());

    let shown = take_a_walk(&tiles.page_url());
    assert_eq!(shown.failures, Vec::<String>::new());
    let stops = shown.stops.len();
    assert!(stops >= 3, "{shown:?}");
    assert!(
        shown.status.ends_with(&format!("{stops} stops")),
        "{shown:?}"
    );
    let route: String = database
        .value("SELECT 'walk ' || id FROM routes", &[])
        .await;
    assert!(shown.drawn.contains(&route), "{shown:?}");
    for position in 1..=stops {
        assert!(
            shown.drawn.contains(&format!("stops {position}")),
            "{shown:?}"
        );
    }
    for request in shown.requests {
        assert!(
            request.starts_with(&tiles.page_url()) || request.starts_with("blob:"),
            "a foreign host: {request}"
        );
    }
}
