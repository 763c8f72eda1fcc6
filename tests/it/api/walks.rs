//! Asking for walks and getting them.

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::app::TestApp;
use crate::api::city;

#[actix_web::test]
async fn a_request_is_accepted_and_its_walk_can_be_seen() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let answer = ada.post("/api/v1/routes", &city::body()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let accepted = answer.json();
    assert_eq!(accepted["status"], "pending");
    assert_eq!(answer.header("location"), accepted["status_url"]);
    let status_url = accepted["status_url"].as_str().unwrap();
    let pending = ada.get(status_url).await;
    assert_eq!(
        (
            pending.json()["status"].as_str(),
            pending.header("retry-after")
        ),
        (Some("pending"), "1")
    );
    assert_eq!(
        app.redis
            .command(&["XLEN", "wildside:queue:{route_generation}"])
            .trim(),
        ":1"
    );

    let request = accepted["request_id"].as_str().unwrap().parse().unwrap();
    let route = city::finish(&app, request);
    let complete = ada.get(status_url).await;
    assert_eq!(complete.json()["route_id"], route.to_string());
    assert_eq!(complete.header("retry-after"), "");
    let walk = ada.get(&format!("/api/v1/routes/{route}")).await.json();
    assert_eq!(walk["path"]["coordinates"][0], json!([7.42, 43.73]));
    assert_eq!(walk["pois"][0]["name"], "Café <Zoë> & Söhne");
    assert_eq!(walk["bounds"], json!([7.42, 43.73, 7.422, 43.73]));
    assert_eq!(walk["saved"], false);
    assert!(
        walk["attribution"]
            .as_str()
            .unwrap()
            .contains("OpenStreetMap")
    );
}

#[actix_web::test]
async fn camel_case_is_understood() {
    let app = TestApp::spawn();
    city::load(&app);
    let body = json!({
        "startLocation": {"type": "Point", "coordinates": city::START},
        "durationMinutes": 45.0,
        "interestThemeIds": [],
        "popularityBias": 0,
        "accessibility": {"avoidStairs": true}
    });
    let answer = app.user("ada").await.post("/api/v1/routes", &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let params = app.database.sql("SELECT params FROM route_requests");
    let params: Value = serde_json::from_str(params.trim()).unwrap();
    assert_eq!(params["duration_minutes"], 45);
    assert_eq!(
        params["accessibility"],
        json!({"avoid_stairs": true, "prefer_well_lit": false})
    );
}

#[actix_web::test]
async fn all_faults_are_named_at_once() {
    let app = TestApp::spawn();
    let body = json!({
        "start_location": {"type": "Point", "coordinates": [200, "x"]},
        "duration_minutes": 14,
        "interest_theme_ids": ["nonsense"],
        "popularity_bias": 1.5,
        "accessibility": {"avoid_stairs": 1},
        "colour": "red"
    });
    let answer = app.user("ada").await.post("/api/v1/routes", &body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let details = answer.json()["details"].as_array().unwrap().clone();
    let fields: Vec<_> = details
        .iter()
        .map(|fault| fault["field"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        fields,
        [
            "start_location.coordinates[0]",
            "start_location.coordinates[1]",
            "duration_minutes",
            "interest_theme_ids[0]",
            "popularity_bias",
            "accessibility.avoid_stairs",
            "colour",
        ]
    );
    let mut body = city::body();
    body["interest_theme_ids"] = json!([Uuid::nil()]);
    let unknown = app.user("eve").await.post("/api/v1/routes", &body).await;
    assert_eq!(unknown.codes(), ["invalid_request", "unknown_theme"]);
}

#[actix_web::test]
async fn where_no_walk_can_begin_the_cause_is_said() {
    let app = TestApp::spawn();
    let mut ada = app.user("ada").await;
    let ask = |at: [f64; 2]| json!({"start_location": {"type": "Point", "coordinates": at}, "duration_minutes": 60});
    let nothing = ada.post("/api/v1/routes", &ask(city::START)).await;
    assert_eq!(nothing.codes(), ["service_unavailable", "not_ready"]);
    assert_eq!(nothing.header("retry-after"), "30");

    city::load(&app);
    let outside = ada.post("/api/v1/routes", &ask([2.35, 48.85])).await;
    assert_eq!(outside.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(outside.codes(), ["unprocessable", "outside_coverage"]);
    assert_eq!(
        outside.json()["details"][0]["covered"][0]["bbox"],
        json!([7.4, 43.72, 7.44, 43.75])
    );
    let swapped = ada.post("/api/v1/routes", &ask([43.73, 7.42])).await;
    assert_eq!(
        swapped.json()["details"][0]["swapped_coordinates_suspected"],
        true
    );
    let wild = ada.post("/api/v1/routes", &ask([7.43, 43.74])).await;
    assert_eq!(wild.codes(), ["unprocessable", "no_walkable_way_nearby"]);
    assert!(
        wild.json()["details"][0]["nearest_metres"]
            .as_f64()
            .unwrap()
            > 1000.0
    );
    let mut far = ask(city::START);
    far["end_location"] = ask([7.43, 43.74])["start_location"].clone();
    let far = ada.post("/api/v1/routes", &far).await;
    assert_eq!(far.codes(), ["unprocessable", "no_walkable_way_nearby"]);
    let fault = &far.json()["details"][0];
    assert_eq!(fault["field"], "end_location");
    assert!(fault["nearest_metres"].as_f64().unwrap() > 1000.0);
}

#[actix_web::test]
async fn a_known_walk_is_answered_from_the_cache() {
    let app = TestApp::spawn();
    city::load(&app);
    let (mut ada, mut bob) = (app.user("ada").await, app.user("bob").await);
    let route = city::walk(&app, &mut ada).await;
    let key = app
        .database
        .sql("SELECT cache_key FROM route_requests")
        .trim()
        .to_owned();
    app.redis
        .command(&["SET", &key, &format!("{{\"route_id\":\"{route}\"}}")]);

    assert_eq!(
        bob.get(&format!("/api/v1/routes/{route}")).await.status,
        StatusCode::NOT_FOUND
    );
    let hit = bob.post("/api/v1/routes", &city::body()).await.json();
    assert_eq!(
        (hit["status"].as_str(), hit["route_id"].as_str()),
        (Some("complete"), Some(route.to_string().as_str()))
    );
    assert_eq!(
        bob.get(&format!("/api/v1/routes/{route}")).await.status,
        StatusCode::OK
    );

    app.database.sql("DELETE FROM routes");
    let miss = bob.post("/api/v1/routes", &city::body()).await.json();
    assert_eq!(miss["status"], "pending");
}

#[actix_web::test]
async fn fifty_requests_with_one_key_are_one() {
    let app = TestApp::spawn();
    city::load(&app);
    let ada = app.user("ada").await;
    let key = Uuid::new_v4().to_string();
    let answers = join_all((0..50).map(|_| {
        let (mut ada, key) = (ada.clone(), key.clone());
        async move {
            ada.send(
                Method::POST,
                "/api/v1/routes",
                Some(&city::body()),
                &[("idempotency-key", &key)],
            )
            .await
        }
    }))
    .await;
    for answer in &answers {
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::ACCEPTED, answers[0].json())
        );
    }
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.header("idempotency-replayed") != "true")
            .count(),
        1
    );
    assert_eq!(
        app.database
            .sql("SELECT count(*) FROM route_requests")
            .trim(),
        "1"
    );

    let mut other = city::body();
    other["duration_minutes"] = json!(90);
    let refused = ada
        .clone()
        .send(
            Method::POST,
            "/api/v1/routes",
            Some(&other),
            &[("idempotency-key", &key)],
        )
        .await;
    assert_eq!(refused.codes(), ["conflict", "key_reused"]);
    app.database
        .sql("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'");
    for replayed in ["", "true"] {
        let anew = ada
            .clone()
            .send(
                Method::POST,
                "/api/v1/routes",
                Some(&other),
                &[("idempotency-key", &key)],
            )
            .await;
        assert_eq!(anew.status, StatusCode::ACCEPTED);
        assert_eq!(anew.header("idempotency-replayed"), replayed);
    }
    let bad = ada
        .clone()
        .send(
            Method::POST,
            "/api/v1/routes",
            Some(&other),
            &[("idempotency-key", "1")],
        )
        .await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn route_requests_have_a_limit_for_each_user() {
    let app = TestApp::with(&[("WILDSIDE_ROUTE_REQUESTS_PER_MINUTE", "3")]);
    city::load(&app);
    let (mut ada, mut bob) = (app.user("ada").await, app.user("bob").await);
    for _ in 0..3 {
        city::ask(&mut ada).await;
    }
    let refused = ada.post("/api/v1/routes", &city::body()).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() <= 21);
    city::ask(&mut bob).await;
}

#[actix_web::test]
async fn while_there_is_no_room_what_was_promised_under_a_key_stays_promised() {
    let app = TestApp::with(&[("WILDSIDE_QUEUE_LIMIT", "1")]);
    city::load(&app);
    let (mut ada, key) = (app.user("ada").await, Uuid::new_v4().to_string());
    let (path, body) = ("/api/v1/routes", city::body());
    let key = [("idempotency-key", key.as_str())];
    let promised = ada.send(Method::POST, path, Some(&body), &key).await;
    assert_eq!(promised.status, StatusCode::ACCEPTED, "{}", promised.text);
    // Longer than a look at the ledger is believed.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(
        ada.post(path, &body).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    let again = ada.send(Method::POST, path, Some(&body), &key).await;
    assert_eq!(
        (again.status, again.json()),
        (StatusCode::ACCEPTED, promised.json())
    );
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[actix_web::test]
async fn without_redis_requests_are_accepted_all_the_same() {
    let mut app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    app.redis.kill();
    let request = city::ask(&mut ada).await;
    let status = ada.get(&format!("/api/v1/routes/status/{request}")).await;
    assert_eq!(status.json()["status"], "pending");
}
