//! Walks that can't be, whatever the streets are: refused when they are asked for.

use serde_json::{Value, json};

use crate::api::app::{Client, TestApp};
use crate::api::city;

fn from_to(start: [f64; 2], end: [f64; 2], minutes: u32) -> Value {
    let point = |at: [f64; 2]| json!({"type": "Point", "coordinates": at});
    json!({"start_location": point(start), "end_location": point(end), "duration_minutes": minutes})
}

#[actix_web::test]
async fn an_end_out_of_reach_is_refused_with_how_far_the_walk_gets() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let helsinki = from_to(city::START, [24.95, 60.17], 180);
    let far = ada.post("/api/v1/routes", &helsinki).await;
    assert_eq!(far.codes(), ["unprocessable", "out_of_reach"]);
    let fault = &far.json()["details"][0];
    assert_eq!(fault["field"], "end_location");
    assert_eq!(fault["reach_metres"], 12_960.0);
    assert!(fault["distance_metres"].as_f64().unwrap() > 2e6, "{fault}");
    assert_eq!(fault["swapped_coordinates_suspected"], false);
    let message = far.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("13.0 km far"), "{message}");

    let [lon, lat] = city::START;
    let swapped = from_to(city::START, [lat, lon + 0.001], 60);
    let swapped = ada.post("/api/v1/routes", &swapped).await;
    assert_eq!(
        swapped.json()["details"][0]["swapped_coordinates_suspected"],
        true
    );
    assert_eq!(
        app.database
            .sql("SELECT count(*) FROM route_requests")
            .trim(),
        "0"
    );
}

#[actix_web::test]
async fn an_end_that_is_not_loaded_is_refused_as_such_a_start_is() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let [lon, _] = city::START;
    let outside = from_to(city::START, [lon, 43.76], 60);
    let outside = ada.post("/api/v1/routes", &outside).await;
    assert_eq!(outside.codes(), ["unprocessable", "outside_coverage"]);
    let fault = &outside.json()["details"][0];
    assert_eq!(fault["field"], "end_location.coordinates");
    assert_eq!(
        fault["covered"][0]["bbox"],
        json!([7.4, 43.72, 7.44, 43.75])
    );
}

/// A degree of latitude is shortest at the equator: 250 m are more of it than anywhere else.
#[actix_web::test]
async fn a_street_250_metres_from_a_start_at_the_equator_is_near() {
    let app = TestApp::spawn();
    city::load(&app);
    let metres = |metres: f64| metres / 110_574.0;
    app.database.sql(&format!(
        "UPDATE areas SET boundary = ST_Multi(ST_MakeEnvelope(7, -1, 8, 1, 4326)); \
         UPDATE walk_edges SET geom = ST_GeomFromText('LINESTRING(7.42 {north}, 7.422 {north})', 4326)",
        north = metres(249.5)
    ));
    let mut ada = app.user("ada").await;
    for (south, status) in [(0.0, 202), (1.0, 422)] {
        let start = [7.421, -metres(south)];
        let answer = ada
            .post("/api/v1/routes", &json!({"start_location": {"type": "Point", "coordinates": start}, "duration_minutes": 60}))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    }
}

/// All of the earth is loaded; nobody has mapped the street at its ends.
#[actix_web::test]
async fn the_ends_of_the_earth_are_answered_at_once() {
    let app = TestApp::spawn();
    city::load(&app);
    app.database
        .sql("UPDATE areas SET boundary = ST_Multi(ST_MakeEnvelope(-180, -90, 180, 90, 4326))");
    let mut ada = app.user("ada").await;
    for (start, end, code) in [
        ([179.99, -16.8], [-179.99, -16.8], "no_walkable_way_nearby"),
        ([180.0, 0.0], [-180.0, 0.0], "no_walkable_way_nearby"),
        ([0.0, 0.0], [-0.0, 0.0], "no_walkable_way_nearby"),
        ([0.0, 90.0], [180.0, 90.0], "no_walkable_way_nearby"),
        ([0.0, -90.0], [-180.0, -90.0], "no_walkable_way_nearby"),
        ([-180.0, 89.9], [180.0, -89.9], "out_of_reach"),
    ] {
        let answer = ada.post("/api/v1/routes", &from_to(start, end, 180)).await;
        assert_eq!(answer.codes(), ["unprocessable", code], "{start:?} {end:?}");
    }
    for number in ["NaN", "Infinity", "1e400", "\"7.42\""] {
        let body = format!(
            r#"{{"start_location": {{"type": "Point", "coordinates": [{number}, 43.73]}}, "duration_minutes": 60}}"#
        );
        let body = Some(("application/json", body.into_bytes()));
        let answer = ada
            .send_raw(reqwest::Method::POST, "/api/v1/routes", body, &[])
            .await;
        assert_eq!(answer.status.as_u16(), 400, "{number}: {}", answer.text);
    }
}

/// A village on both sides of 180°, whose only street is in the far west of the map.
#[actix_web::test]
async fn the_antimeridian_is_a_place_like_others() {
    let app = TestApp::spawn();
    app.database.sql(
        "INSERT INTO areas (name, boundary, source_digest) SELECT 'village', ST_Collect(half), 'none' FROM (VALUES \
             (ST_MakeEnvelope(179.98, -16.82, 180, -16.78, 4326)), (ST_MakeEnvelope(-180, -16.82, -179.98, -16.78, 4326)) \
         ) AS halves (half); \
         INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, geom) \
         SELECT id, 1, 0, 0, 1, 2, 160, 'footway', false, \
             ST_GeomFromText('LINESTRING(-179.9995 -16.8, -179.998 -16.8)', 4326) FROM areas; \
         INSERT INTO pois (id, location, name, kind, popularity_score) VALUES \
             (11, 'POINT(179.99 -16.8)', 'West', 'viewpoint', 0.4), (21, 'POINT(-179.99 -16.8)', 'East', 'viewpoint', 0.6)",
    );
    let mut ada = app.user("ada").await;
    let round = |lon: f64| json!({"start_location": {"type": "Point", "coordinates": [lon, -16.8]}, "duration_minutes": 60});
    for lon in [-179.9996, 179.9995, 180.0] {
        let answer = ada.post("/api/v1/routes", &round(lon)).await;
        assert_eq!(answer.status.as_u16(), 202, "{lon}: {}", answer.text);
    }
    let far = ada.post("/api/v1/routes", &round(179.995)).await;
    assert_eq!(far.codes(), ["unprocessable", "no_walkable_way_nearby"]);
    let metres = far.json()["details"][0]["nearest_metres"].as_f64().unwrap();
    assert!((metres - 586.0).abs() < 3.0, "{metres}");
    let africa = ada.post("/api/v1/routes", &round(20.0)).await;
    assert_eq!(africa.codes(), ["unprocessable", "outside_coverage"]);
    let bbox = &africa.json()["details"][0]["covered"][0]["bbox"];
    assert_eq!(bbox, &json!([179.98, -16.82, -179.98, -16.78]));

    let places = async |client: &mut Client, bbox: &str| {
        let answer = client.get(&format!("/api/v1/pois?bbox={bbox}")).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        let all = answer.json().as_array().unwrap().clone();
        let names = all
            .iter()
            .map(|place| place["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        places(&mut ada, "179.9,-17,-179.9,-16").await,
        ["East", "West"]
    );
    assert_eq!(
        places(&mut ada, "179.9,-17,-179.9,-16&limit=1").await,
        ["East"]
    );
    assert_eq!(places(&mut ada, "179.9,-17,180,-16").await, ["West"]);
    let wide = ada.get("/api/v1/pois?bbox=178,-17,-179,-16").await;
    assert_eq!(wide.status.as_u16(), 400, "{}", wide.text);
}
