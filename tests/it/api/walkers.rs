//! Saving, progress and notes of walkers.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::app::{Client, TestApp};
use crate::api::city;

async fn app_with_walk() -> (TestApp, Client, Uuid) {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let route = city::walk(&app, &mut ada).await;
    (app, ada, route)
}

#[actix_web::test]
async fn exports_keep_names_as_they_are() {
    let (_app, mut ada, route) = app_with_walk().await;
    let gpx = ada.get(&format!("/api/v1/routes/{route}.gpx")).await;
    assert_eq!(
        (gpx.status, gpx.header("content-type")),
        (StatusCode::OK, "application/gpx+xml")
    );
    assert!(
        gpx.text
            .contains("<name>1 Café &lt;Zoë&gt; &amp; Söhne</name>"),
        "{}",
        gpx.text
    );
    assert!(gpx.text.contains("<trkpt lat=\"43.73\" lon=\"7.42\"/>"));
    let geojson = ada.get(&format!("/api/v1/routes/{route}.geojson")).await;
    assert_eq!(geojson.header("content-type"), "application/geo+json");
    let collection = geojson.json();
    assert_eq!(collection["type"], "FeatureCollection");
    assert_eq!(collection["features"][2]["properties"]["name"], "展望台");
    let features = collection["features"].as_array().unwrap();
    assert!(features.iter().all(|feature| feature["id"].is_string()));
}

#[actix_web::test]
async fn other_apps_see_which_walk_it_is_and_the_order_of_its_stops() {
    let (_app, mut ada, route) = app_with_walk().await;
    let gpx = ada.get(&format!("/api/v1/routes/{route}.gpx")).await;
    let (_, name) = gpx.text.split_once("<metadata><name>").unwrap();
    let (name, _) = name.split_once("</name>").unwrap();
    assert!(name.starts_with("Walk of ") && name.contains(" km, 20"));
    let track = format!("<trk><name>{name}</name>");
    assert!(gpx.text.contains(&track), "{}", gpx.text);
    let file = gpx.header("content-disposition");
    assert!(file.contains("walk-of-") && file.contains(".gpx"), "{file}");
    // The same stops as waypoints and, between start and end, in the route.
    let names = |element: &str| -> Vec<String> {
        let begin = format!("<{element} ");
        let elements = gpx.text.split(&begin).skip(1);
        elements
            .map(|element| element.split(['<', '>']).nth(3).unwrap().to_owned())
            .map(|text| text.split(' ').next().unwrap().to_owned())
            .collect()
    };
    let numbers = names("wpt");
    assert_eq!(numbers[..2], ["1", "2"]);
    let route_points = names("rtept");
    assert_eq!(route_points[1..=numbers.len()], numbers);
    assert_eq!(route_points[0], "Start");
    assert_eq!(route_points.last().unwrap(), "End");
}

#[actix_web::test]
async fn a_saved_walk_stays_in_the_cache() {
    let (app, mut ada, route) = app_with_walk().await;
    let key = app
        .database
        .sql("SELECT cache_key FROM route_requests")
        .trim()
        .to_owned();
    let ttl = |app: &TestApp| {
        app.redis
            .command(&["TTL", &key])
            .trim()
            .trim_start_matches(':')
            .parse::<i64>()
            .unwrap()
    };
    app.redis.command(&[
        "SET",
        &key,
        &format!("{{\"route_id\":\"{route}\"}}"),
        "EX",
        "60",
    ]);
    let path = format!("/api/v1/routes/{route}/saved");
    let none = ada.send(Method::PUT, &path, None, &[]).await;
    assert_eq!(none.status, StatusCode::NO_CONTENT, "{}", none.text);
    assert_eq!(ttl(&app), -1);
    assert_eq!(
        ada.get(&format!("/api/v1/routes/{route}")).await.json()["saved"],
        true
    );
    assert_eq!(
        ada.get("/api/v1/users/me/routes?saved=true").await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(ada.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert!(ttl(&app) > 0);
    assert_eq!(
        ada.get("/api/v1/users/me/routes?saved=true").await.json()["data"],
        json!([])
    );
    assert_eq!(
        ada.get("/api/v1/users/me/routes").await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[actix_web::test]
async fn progress_is_kept_and_nothing_overwritten_unseen() {
    let (_app, mut ada, route) = app_with_walk().await;
    let path = format!("/api/v1/routes/{route}/progress");
    assert_eq!(
        ada.get(&path).await.json(),
        json!({"visited_poi_ids": [], "revision": 0, "updated_at": null})
    );
    let first = ada
        .put(
            &path,
            &json!({"visited_poi_ids": [11], "expected_revision": 0}),
        )
        .await;
    assert_eq!(
        (first.status, first.json()["revision"].as_i64()),
        (StatusCode::OK, Some(1)),
        "{}",
        first.text
    );
    let stale = ada
        .put(
            &path,
            &json!({"visited_poi_ids": [22], "expected_revision": 0}),
        )
        .await;
    assert_eq!(stale.codes(), ["conflict", "revision_mismatch"]);
    let strange = ada.put(&path, &json!({"visited_poi_ids": [11, 33]})).await;
    assert_eq!(strange.json()["details"][0]["field"], "visited_poi_ids[1]");
    assert_eq!(ada.get(&path).await.json()["visited_poi_ids"], json!([11]));
}

#[actix_web::test]
async fn notes_are_written_once_read_and_deleted() {
    let (_app, mut ada, route) = app_with_walk().await;
    let path = format!("/api/v1/routes/{route}/notes");
    let note = json!({"body": "Zoë's cake: 🍰 <b>", "poi_id": 11});
    let key = [("idempotency-key", "5b0b2b46-9f6a-4d4e-8d2c-0d8e6f1f7c55")];
    let first = ada.send(Method::POST, &path, Some(&note), &key).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = ada.send(Method::POST, &path, Some(&note), &key).await;
    assert_eq!(
        (again.json(), again.header("idempotency-replayed")),
        (first.json(), "true")
    );
    let notes = ada.get(&path).await.json();
    assert_eq!(
        (notes.as_array().unwrap().len(), &notes[0]["body"]),
        (1, &note["body"])
    );
    let id = notes[0]["id"].as_str().unwrap();
    assert_eq!(
        ada.delete(&format!("{path}/{id}")).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        ada.delete(&format!("{path}/{id}")).await.status,
        StatusCode::NOT_FOUND
    );
    for body in [
        json!({"body": ""}),
        json!({"body": "x".repeat(4001)}),
        json!({"body": "a\u{0}b"}),
        json!({"body": "x", "poi_id": 5}),
    ] {
        assert_eq!(
            ada.post(&path, &body).await.status,
            StatusCode::BAD_REQUEST,
            "{body}"
        );
    }
}

#[actix_web::test]
async fn nothing_of_a_walk_is_shown_to_somebody_else() {
    let (app, mut ada, route) = app_with_walk().await;
    let note = ada
        .post(
            &format!("/api/v1/routes/{route}/notes"),
            &json!({"body": "mine"}),
        )
        .await
        .json();
    let request = app
        .database
        .sql("SELECT id FROM route_requests")
        .trim()
        .to_owned();
    let note = format!("notes/{}", note["id"].as_str().unwrap());
    let at = |rest: &str| format!("/api/v1/routes/{route}{rest}");
    let body = |value: Value| Some(value);
    let probes = [
        (
            Method::GET,
            format!("/api/v1/routes/status/{request}"),
            None,
        ),
        (Method::GET, at(""), None),
        (Method::GET, at(".gpx"), None),
        (Method::GET, at(".geojson"), None),
        (Method::PUT, at("/saved"), None),
        (Method::DELETE, at("/saved"), None),
        (Method::GET, at("/progress"), None),
        (
            Method::PUT,
            at("/progress"),
            body(json!({"visited_poi_ids": [11]})),
        ),
        (Method::GET, at("/notes"), None),
        (Method::POST, at("/notes"), body(json!({"body": "x"}))),
        (Method::DELETE, at(&format!("/{note}")), None),
        (Method::POST, at("/tile-token"), None),
    ];
    let (mut bob, mut nobody) = (app.user("bob").await, app.client());
    for (method, path, body) in probes {
        let answer = bob.send(method.clone(), &path, body.as_ref(), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "bob: {method} {path}");
        let answer = nobody.send(method.clone(), &path, body.as_ref(), &[]).await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "nobody: {method} {path}"
        );
    }
    assert_eq!(
        app.database.sql("SELECT count(*) FROM route_notes").trim(),
        "1"
    );
}

#[actix_web::test]
async fn places_are_open_to_everybody() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut client = app.client();
    let place = client.get("/api/v1/pois/11").await.json();
    assert_eq!(
        (place["osm_type"].as_str(), place["osm_id"].as_i64()),
        (Some("node"), Some(1))
    );
    assert_eq!(place["tags"]["amenity"], "cafe");
    assert_eq!(
        client.get("/api/v1/pois/999").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        client.get("/api/v1/pois/x").await.status,
        StatusCode::BAD_REQUEST
    );
    let path = "/api/v1/pois?bbox=7.4205,43.729,7.4215,43.731";
    let names = client.get(path).await.json();
    assert_eq!(names.as_array().unwrap().len(), 1, "{names}");
    assert_eq!(client.get(path).await.json(), names);
    for query in [
        "",
        "bbox=1,2,3",
        "bbox=0,0,9,9",
        "bbox=2,0,1,1",
        "bbox=nan,0,1,1",
        "bbox=0,0,1,1&theme_id=1;DROP TABLE pois",
    ] {
        assert_eq!(
            client.get(&format!("/api/v1/pois?{query}")).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
}
