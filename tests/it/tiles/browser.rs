//! The styles and tiles as a browser draws them. See `tests/browser/draw.mjs`.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;
use wildside_test_support::TileServer;

use crate::tiles::database::Database;
use crate::tiles::fixture::{OTHER_ROUTE, ROUTE, token};

const DRAW: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/draw.mjs");
const CENTER: (f64, f64) = (24.94, 60.17);
const ZOOM: i32 = 15;
/// Size of the map on the test page.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 700.0;

#[derive(Deserialize)]
struct Drawing {
    layers: BTreeMap<String, Vec<Drawn>>,
    failures: Vec<String>,
    requests: Vec<String>,
}

#[derive(Deserialize)]
struct Drawn {
    properties: Value,
    #[serde(rename = "type")]
    shape: String,
    point: Option<Pixel>,
}

#[derive(Deserialize, Clone, Copy)]
struct Pixel {
    x: f64,
    y: f64,
}

fn draw(server: &TileServer, style: &str, token: &str) -> Drawing {
    let tiles = server.url().replace("/tiles", "");
    let walk = format!("{tiles}/tiles/routes/{ROUTE}/{{z}}/{{x}}/{{y}}.pbf?token={token}");
    let center = format!("{},{}", CENTER.0, CENTER.1);
    let output = Command::new("node")
        .args([DRAW, &tiles, &walk, style, &center, &ZOOM.to_string()])
        .output()
        .expect("node is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "make browser installs what is needed: {errors}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Drawing {
    fn layer(&self, name: &str) -> &[Drawn] {
        self.layers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The values of an integer property in a layer.
    fn integers(&self, layer: &str, property: &str) -> BTreeSet<i64> {
        let features = self.layer(layer).iter();
        features
            .map(|feature| feature.properties[property].as_i64().unwrap())
            .collect()
    }
}

/// Position of a place on the screen: web mercator, tiles of 512 pixels.
fn pixel(longitude: f64, latitude: f64) -> Pixel {
    let world = 512.0 * f64::from(1 << ZOOM);
    let x = |longitude: f64| (longitude + 180.0) / 360.0 * world;
    let y = |latitude: f64| (1.0 - latitude.to_radians().tan().asinh() / PI) / 2.0 * world;
    Pixel {
        x: x(longitude) - x(CENTER.0) + WIDTH / 2.0,
        y: y(latitude) - y(CENTER.1) + HEIGHT / 2.0,
    }
}

/// Ids of the places in view and where they belong on the screen.
async fn places(database: &Database, sql: &str) -> BTreeMap<i64, Pixel> {
    let rows = database.client.query(sql, &[]).await.unwrap();
    let all = rows
        .iter()
        .map(|row| (row.get(0), pixel(row.get(1), row.get(2))));
    all.filter(|(_, at)| (0.0..WIDTH).contains(&at.x) && (0.0..HEIGHT).contains(&at.y))
        .collect()
}

fn assert_in_place(drawn: &[Drawn], places: &BTreeMap<i64, Pixel>) {
    for feature in drawn {
        let id = feature.properties["id"].as_i64().unwrap();
        let (Some(is), Some(belongs)) = (feature.point, places.get(&id)) else {
            continue; // its circle reaches into view
        };
        assert_eq!(feature.shape, "Point");
        assert!((is.x - belongs.x).hypot(is.y - belongs.y) < 1.0, "{id}");
    }
}

#[tokio::test]
async fn places_and_the_walk_are_drawn_where_they_are() {
    let database = Database::filled().await;
    let server = TileServer::start(&database.server.url());
    let pois = "SELECT id, ST_X(location::geometry), ST_Y(location::geometry) FROM pois";
    let pois = places(&database, pois).await;
    let stops = "
        SELECT p.id, ST_X(location::geometry), ST_Y(location::geometry)
        FROM route_pois s JOIN pois p ON p.id = poi_id AND route_id = '11111111-2222-4333-8444-555555555555'";
    let stops = places(&database, stops).await;
    assert!(pois.len() > 50 && stops.len() == 8);

    for style in ["light", "dark"] {
        let drawing = draw(&server, style, &token(ROUTE));
        assert_eq!(drawing.failures, Vec::<String>::new());
        assert!(
            drawing
                .integers("pois", "id")
                .is_superset(&pois.keys().copied().collect())
        );
        assert_in_place(drawing.layer("pois"), &pois);
        assert_eq!(
            drawing.integers("stops", "id"),
            stops.keys().copied().collect()
        );
        assert_in_place(drawing.layer("stops"), &stops);
        assert_eq!(
            drawing.integers("stop-numbers", "position"),
            (1..=8).collect()
        );
        assert!(!drawing.layer("walk").is_empty());
        for line in drawing.layer("walk") {
            assert_eq!(line.properties["id"], ROUTE.to_string());
        }
        for request in drawing.requests {
            assert!(
                request.starts_with("http://127.0.0.1:"),
                "a foreign host: {request}"
            );
        }
    }
}

#[tokio::test]
async fn without_the_right_token_the_map_is_there_and_the_walk_is_not() {
    let database = Database::filled().await;
    let server = TileServer::start(&database.server.url());
    let drawing = draw(&server, "light", &token(OTHER_ROUTE));
    assert!(!drawing.layer("pois").is_empty());
    assert!(drawing.layer("walk").is_empty() && drawing.layer("stops").is_empty());
    assert!(
        drawing
            .failures
            .iter()
            .all(|failure| failure.contains("403"))
    );
    assert!(!drawing.failures.is_empty());
}

#[tokio::test]
async fn the_base_map_of_a_city_is_drawn() {
    let database = Database::of_helsinki().await;
    let server = TileServer::start(&database.server.url());
    for style in ["light", "dark"] {
        let drawing = draw(&server, style, "none");
        for layer in [
            "major-streets",
            "streets",
            "paths",
            "steps",
            "rails",
            "parks",
            "squares",
            "water",
            "buildings",
            "street-names",
            "pois",
            "poi-names",
        ] {
            assert!(!drawing.layer(layer).is_empty(), "{style}: {layer}");
        }
        let names = drawing.layer("street-names").iter();
        let names: BTreeSet<_> = names
            .filter_map(|street| street.properties["name"].as_str())
            .collect();
        assert!(names.contains("Mannerheimintie"), "{names:?}");
    }
}
