//! Places by name, variants and pace: what a request may choose, and how it is refused.

use chrono::{DateTime, DurationRound, FixedOffset, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::api::app::TestApp;
use crate::api::city;

fn with(fields: &Value) -> Value {
    let mut body = city::body();
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[actix_web::test]
async fn a_choice_is_part_of_the_request() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let chosen =
        json!({"include_poi_ids": [22], "exclude_poi_ids": [11, 5], "variant": 2, "pace": 1.1});
    for (body, rows) in [
        (with(&chosen), 1),
        (with(&json!({"variant": 0})), 2),
        (city::body(), 3),
    ] {
        let answer = ada.post("/api/v1/routes", &body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        let found = app.database.sql("SELECT count(*) FROM route_requests");
        assert_eq!(found.trim(), rows.to_string());
    }
    let keys = app
        .database
        .sql("SELECT count(DISTINCT cache_key) FROM route_requests");
    assert_eq!(
        keys.trim(),
        "2",
        "no choice is the same as the first variant"
    );
    let params = app
        .database
        .sql("SELECT params FROM route_requests ORDER BY created_at LIMIT 1");
    let params: Value = serde_json::from_str(params.trim()).unwrap();
    assert_eq!(params["include_poi_ids"], json!([22]));
    assert_eq!(params["exclude_poi_ids"], json!([5, 11]));
    assert_eq!(
        (&params["variant"], &params["pace"]),
        (&json!(2), &json!(1.1))
    );
}

#[actix_web::test]
async fn a_departure_is_part_of_the_request_in_steps_of_five_minutes() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let tomorrow = (Utc::now() + TimeDelta::days(1)).duration_trunc(TimeDelta::hours(1));
    let tomorrow = tomorrow.unwrap();
    let east = FixedOffset::east_opt(9 * 3600).unwrap();
    let a_little_later = (tomorrow + TimeDelta::seconds(100)).with_timezone(&east);
    let an_hour_later = tomorrow + TimeDelta::hours(1);
    for depart_at in [
        tomorrow.to_rfc3339(),
        a_little_later.to_rfc3339(),
        an_hour_later.to_rfc3339(),
    ] {
        let answer = ada
            .post("/api/v1/routes", &with(&json!({"depart_at": depart_at})))
            .await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    }
    ada.post("/api/v1/routes", &city::body()).await;
    let found = app.database.sql(
        "SELECT count(DISTINCT cache_key), count(DISTINCT params ->> 'depart_at') FROM route_requests",
    );
    assert_eq!(found.trim(), "3|2");
    let stored = app
        .database
        .sql("SELECT params ->> 'depart_at' FROM route_requests ORDER BY created_at LIMIT 1");
    assert_eq!(stored.trim().parse::<DateTime<Utc>>().unwrap(), tomorrow);
}

#[actix_web::test]
async fn a_choice_that_can_not_be_is_refused_with_the_cause() {
    let app = TestApp::spawn();
    city::load(&app);
    app.database.sql(
        "INSERT INTO pois (id, location, name, kind, osm_tags) \
             VALUES (33, ST_Point(7.43, 44.9), 'Far', 'viewpoint', '{}')",
    );
    let mut ada = app.user("ada").await;
    let eleven: Vec<i64> = (1..=11).collect();
    for (fields, status, field, code) in [
        (
            json!({"include_poi_ids": eleven}),
            400,
            "include_poi_ids",
            "wrong_length",
        ),
        (
            json!({"include_poi_ids": [22, "x"]}),
            400,
            "include_poi_ids[1]",
            "wrong_type",
        ),
        (
            json!({"exclude_poi_ids": 22}),
            400,
            "exclude_poi_ids",
            "wrong_type",
        ),
        (
            json!({"include_poi_ids": [22], "exclude_poi_ids": [22]}),
            400,
            "include_poi_ids[0]",
            "duplicate",
        ),
        (json!({"variant": 10}), 400, "variant", "out_of_range"),
        (json!({"variant": -1}), 400, "variant", "out_of_range"),
        (json!({"variant": 1.5}), 400, "variant", "wrong_type"),
        (json!({"pace": 0.2}), 400, "pace", "out_of_range"),
        (json!({"pace": "fast"}), 400, "pace", "wrong_type"),
        (json!({"depart_at": 5}), 400, "depart_at", "wrong_type"),
        (
            json!({"depart_at": "2026-12-24T18:00:00"}),
            400,
            "depart_at",
            "invalid_time",
        ),
        (
            json!({"depart_at": "2020-12-24T18:00:00Z"}),
            400,
            "depart_at",
            "out_of_range",
        ),
        (
            json!({"depart_at": "9999-12-24T18:00:00+01:00"}),
            400,
            "depart_at",
            "out_of_range",
        ),
        (
            json!({"include_poi_ids": [22, 77]}),
            422,
            "include_poi_ids",
            "unknown_place",
        ),
        (
            json!({"include_poi_ids": [33]}),
            422,
            "include_poi_ids",
            "out_of_reach",
        ),
    ] {
        let answer = ada.post("/api/v1/routes", &with(&fields)).await;
        assert_eq!(answer.status.as_u16(), status, "{fields}: {}", answer.text);
        let fault = &answer.json()["details"][0];
        assert_eq!(
            (&fault["field"], &fault["code"]),
            (&json!(field), &json!(code))
        );
    }
}

#[actix_web::test]
async fn a_walk_says_how_well_it_fits() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let route = city::walk(&app, &mut ada).await;
    let url = format!("/api/v1/routes/{route}");
    let old = ada.get(&url).await.json();
    assert!(old.get("fit").is_none(), "of before it was kept");
    assert_eq!(old["pois"][0]["matches"], true);
    app.database.sql(&format!(
        "UPDATE routes SET details = details || $${}$$ WHERE id = '{route}'",
        json!({
            "fit": {"matched_stops": 1, "filled_stops": 1, "appeal_share": 0.5, "summary": "So so."},
            "unmatched": [{"position": 2, "reason": "A sight on the way."}],
            "openings": [{"position": 1, "state": "open", "until": "2026-12-01T18:00:00+01:00"}],
            "same_until": "2026-12-01T12:00:00Z"
        })
    ));
    let walk = ada.get(&url).await.json();
    assert_eq!(walk["fit"]["summary"], "So so.");
    assert_eq!(walk["pois"][0]["matches"], true);
    assert!(walk["pois"][0].get("reason").is_none());
    let opening = json!({"state": "open", "until": "2026-12-01T18:00:00+01:00"});
    assert_eq!(walk["pois"][0]["opening"], opening);
    assert!(walk["pois"][1].get("opening").is_none());
    assert_eq!(walk["pois"][1]["matches"], false);
    assert_eq!(walk["pois"][1]["reason"], "A sight on the way.");
    for kept in ["fit", "unmatched", "openings", "same_until"] {
        assert!(walk["details"].get(kept).is_none(), "{kept}");
    }
    let link = ada.post(&format!("{url}/share"), &json!({})).await.json();
    let shared = app.client().get(link["url"].as_str().unwrap()).await.json();
    assert_eq!(shared["pois"][0]["opening"], opening, "whoever walks it");
    assert_eq!(shared["pois"][1]["matches"], true, "the wish is private");
    assert!(shared["pois"][1].get("reason").is_none());
    for kept in ["fit", "unmatched", "openings", "same_until"] {
        assert!(shared["details"].get(kept).is_none(), "{kept}");
    }
}
