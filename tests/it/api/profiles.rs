//! Profiles, preferences, interests, and users as an admin sees them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::api::app::{Client, TestApp};

async fn admin(app: &TestApp) -> Client {
    let root = app.user("root").await;
    app.database
        .sql("UPDATE users SET role = 'admin' WHERE username = 'root'");
    root
}

#[actix_web::test]
async fn a_profile_changes_piece_by_piece_and_counts_its_revisions() {
    let app = TestApp::spawn();
    let mut ada = app.user("ada").await;
    let patch = json!({
        "displayName": "Ada Lovelace",
        "preferences": {"popularity_bias": 0.25, "duration_minutes": 90, "accessibility": {"avoid_stairs": true}, "unit_system": "imperial"},
        "expected_revision": 1
    });
    let changed = ada.patch("/api/v1/users/me", &patch).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let me = ada.get("/api/v1/users/me").await.json();
    assert_eq!(me, changed.json());
    assert_eq!(
        (me["display_name"].as_str(), me["revision"].as_i64()),
        (Some("Ada Lovelace"), Some(2))
    );
    let preferences = json!({
        "popularity_bias": 0.25,
        "duration_minutes": 90,
        "accessibility": {"avoid_stairs": true, "prefer_well_lit": false},
        "unit_system": "imperial"
    });
    assert_eq!(me["preferences"], preferences);
    let stale = ada
        .patch(
            "/api/v1/users/me",
            &json!({"display_name": "A", "expected_revision": 1}),
        )
        .await;
    assert_eq!(stale.codes(), ["conflict", "revision_mismatch"]);
    let details = &stale.json()["details"][0];
    assert_eq!(
        (details["expected"].as_i64(), details["actual"].as_i64()),
        (Some(1), Some(2))
    );
    let role = ada
        .patch(
            "/api/v1/users/me",
            &json!({"role": "admin", "id": 1, "revision": 9}),
        )
        .await;
    assert_eq!(role.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_new_password_ends_the_other_sessions() {
    let app = TestApp::spawn();
    let mut ada = app.user("ada").await;
    let mut phone = ada.clone();
    let wrong = json!({"password": "another long password", "current_password": "not it"});
    assert_eq!(
        ada.patch("/api/v1/users/me", &wrong).await.status,
        StatusCode::FORBIDDEN
    );
    let right =
        json!({"password": "another long password", "current_password": "a fine long password"});
    assert_eq!(
        ada.patch("/api/v1/users/me", &right).await.status,
        StatusCode::OK
    );
    assert_eq!(ada.get("/api/v1/users/me").await.status, StatusCode::OK);
    assert_eq!(
        phone.get("/api/v1/users/me").await.status,
        StatusCode::UNAUTHORIZED
    );
    let login = json!({"username": "ada", "password": "another long password"});
    assert_eq!(
        phone.post("/api/v1/login", &login).await.status,
        StatusCode::OK
    );
}

#[actix_web::test]
async fn interests_are_replaced_as_a_whole() {
    let app = TestApp::spawn();
    let mut ada = app.user("ada").await;
    let themes = ada.get("/api/v1/interest-themes").await.json();
    let ids: Vec<Value> = themes
        .as_array()
        .unwrap()
        .iter()
        .take(3)
        .map(|theme| theme["id"].clone())
        .collect();
    let put = ada
        .put(
            "/api/v1/users/me/interests",
            &json!({"interestThemeIds": ids, "expectedRevision": 1}),
        )
        .await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text);
    assert_eq!(put.json()["revision"], 2);
    let mut sorted = ids.clone();
    sorted.sort_by_key(ToString::to_string);
    assert_eq!(
        ada.get("/api/v1/users/me").await.json()["interest_theme_ids"],
        json!(sorted)
    );
    let bad = json!({"interest_theme_ids": [ids[0], "00000000-0000-0000-0000-000000000000"]});
    let refused = ada.put("/api/v1/users/me/interests", &bad).await;
    assert_eq!(
        refused.json()["details"][0]["field"],
        "interest_theme_ids[1]"
    );
    let empty = ada
        .put(
            "/api/v1/users/me/interests",
            &json!({"interest_theme_ids": []}),
        )
        .await;
    assert_eq!(empty.json()["interest_theme_ids"], json!([]));
}

#[actix_web::test]
async fn what_a_request_leaves_out_the_preferences_say() {
    let app = TestApp::spawn();
    crate::api::city::load(&app);
    let (mut ada, mut bob) = (app.user("ada").await, app.user("bob").await);
    let themes = ada.get("/api/v1/interest-themes").await.json();
    let theme = &themes[0]["id"];
    let preferences =
        json!({"preferences": {"popularity_bias": 0.25, "accessibility": {"avoid_stairs": true}}});
    ada.patch("/api/v1/users/me", &preferences).await;
    ada.put(
        "/api/v1/users/me/interests",
        &json!({"interest_theme_ids": [theme]}),
    )
    .await;

    let request = crate::api::city::ask(&mut ada).await;
    let route = crate::api::city::finish(&app, request);
    let params =
        ada.get(&format!("/api/v1/routes/{route}")).await.json()["generation_params"].clone();
    assert_eq!(params["interest_theme_ids"], json!([theme]));
    assert_eq!(params["popularity_bias"], 0.25);
    let accessibility = json!({"avoid_stairs": true, "prefer_well_lit": false});
    assert_eq!(params["accessibility"], accessibility);
    let sources = json!({
        "interest_theme_ids": "preference",
        "popularity_bias": "preference",
        "accessibility": {"avoid_stairs": "preference", "prefer_well_lit": "default"}
    });
    assert_eq!(params["sources"], sources);

    // Who says it and who prefers it share a walk, and each is told the own reasons.
    let key = app.database.sql("SELECT cache_key FROM route_requests");
    let entry = json!({"route_id": route}).to_string();
    app.redis.command(&["SET", key.trim(), &entry]);
    let mut body = crate::api::city::body();
    body["interest_theme_ids"] = json!([theme]);
    body["popularity_bias"] = json!(0.25);
    body["accessibility"] = json!({"avoid_stairs": true});
    let known = bob.post("/api/v1/routes", &body).await.json();
    assert_eq!(known["route_id"], json!(route));
    let path = format!("/api/v1/routes/{route}");
    let of_bob = bob.get(&path).await.json()["generation_params"].clone();
    assert_eq!(
        of_bob["sources"]["accessibility"],
        json!({"avoid_stairs": "request", "prefer_well_lit": "default"})
    );
    assert_eq!(of_bob["sources"]["popularity_bias"], "request");
    let of_ada = ada.get(&path).await.json()["generation_params"].clone();
    assert_eq!(of_ada["sources"], sources);

    body["accessibility"] = json!({"avoid_stairs": false});
    let explicit = ada.post("/api/v1/routes", &body).await.json();
    let id = explicit["request_id"].as_str().unwrap();
    let wanted = app.database.sql(&format!(
        "SELECT params->'accessibility'->'avoid_stairs', params->'sources'->'accessibility'->'avoid_stairs' \
         FROM route_requests WHERE id = '{id}'"
    ));
    assert_eq!(wanted.trim(), "false|\"request\"");
}

#[actix_web::test]
async fn all_themes_there_are_may_be_sent() {
    let app = TestApp::spawn();
    crate::api::city::load(&app);
    let mut ada = app.user("ada").await;
    let themes = ada.get("/api/v1/interest-themes").await.json();
    let ids = themes
        .as_array()
        .unwrap()
        .iter()
        .map(|theme| theme["id"].clone());
    let mut body = crate::api::city::body();
    body["interest_theme_ids"] = ids.collect();
    let answer = ada.post("/api/v1/routes", &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    body["interest_theme_ids"] = (0..101).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    let answer = ada.post("/api/v1/routes", &body).await;
    assert_eq!(answer.codes(), ["invalid_request", "wrong_length"]);
}

#[actix_web::test]
async fn who_asks_how_a_request_fares_is_told_its_stage() {
    let app = TestApp::spawn();
    crate::api::city::load(&app);
    let mut ada = app.user("ada").await;
    let request = crate::api::city::ask(&mut ada).await;
    app.database.sql(
        "UPDATE route_requests SET status = 'in_progress', stage = 'computing', progress = 0.5",
    );
    let status = ada
        .get(&format!("/api/v1/routes/status/{request}"))
        .await
        .json();
    assert_eq!(
        (status["stage"].as_str(), status["progress"].as_f64()),
        (Some("computing"), Some(0.5))
    );
}

#[actix_web::test]
async fn a_cursor_of_any_date_is_answered() {
    use base64::Engine;
    let app = TestApp::spawn();
    let mut root = admin(&app).await;
    for list in ["/api/v1/users", "/api/v1/users/me/routes"] {
        for micros in [
            i64::MIN,
            -210_866_803_200_000_001,
            -62_167_219_200_000_001,
            0,
            253_402_300_799_999_999,
            253_402_300_800_000_000,
            i64::MAX,
        ] {
            for backwards in [0, 1, 2] {
                let mut bytes = vec![backwards];
                bytes.extend(micros.to_be_bytes());
                bytes.extend([0xff; 16]);
                let cursor = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
                let answer = root.get(&format!("{list}?cursor={cursor}")).await;
                let is_date = (0..253_402_300_800_000_000).contains(&micros) && backwards < 2;
                if is_date {
                    assert_eq!(answer.status, StatusCode::OK, "{micros}: {}", answer.text);
                } else {
                    assert_eq!(
                        answer.codes(),
                        ["invalid_request", "invalid_cursor"],
                        "{micros}"
                    );
                }
            }
        }
    }
}

#[actix_web::test]
async fn an_admin_pages_through_all_users() {
    let app = TestApp::spawn();
    let mut root = admin(&app).await;
    app.database.sql(
        "INSERT INTO users (username, display_name, created_at) SELECT 'u' || n, 'U', '2030-01-01' FROM generate_series(1, 24) n",
    );
    let (mut seen, mut link, mut pages) =
        (Vec::new(), "/api/v1/users?limit=10".to_owned(), Vec::new());
    loop {
        let page = root.get(&link).await.json();
        let ids: Vec<Value> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["id"].clone())
            .collect();
        seen.extend(ids.clone());
        pages.push(ids);
        let next = page["links"]["next"].as_str();
        let cursor = next.and_then(|link| link.split_once("cursor="));
        assert_eq!(
            cursor.map(|(_, cursor)| cursor),
            page["next_cursor"].as_str()
        );
        match next {
            Some(next) => link = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
    let all = seen.len();
    seen.sort_by_key(ToString::to_string);
    seen.dedup();
    assert_eq!(seen.len(), all);
    let prev = root.get(&link).await.json()["links"]["prev"]
        .as_str()
        .unwrap()
        .to_owned();
    let back = root.get(&prev).await.json();
    let ids: Vec<Value> = back["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].clone())
        .collect();
    assert_eq!(ids, pages[1]);
    for query in [
        "limit=0",
        "limit=101",
        "cursor=x",
        "cursor=AAAA",
        "limit=1&limit=2",
        "order=asc",
    ] {
        assert_eq!(
            root.get(&format!("/api/v1/users?{query}")).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
}

#[actix_web::test]
async fn only_an_admin_sees_and_changes_others() {
    let app = TestApp::spawn();
    let (mut root, mut ada, mut bob) = (
        admin(&app).await,
        app.user("ada").await,
        app.user("bob").await,
    );
    let id = ada.get("/api/v1/users/me").await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/v1/users/{id}");
    assert_eq!(ada.get(&path).await.status, StatusCode::OK);
    assert_eq!(bob.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        bob.patch(&path, &json!({"display_name": "x"})).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        ada.patch(&path, &json!({"role": "admin"})).await.status,
        StatusCode::FORBIDDEN
    );
    let promoted = root
        .patch(&path, &json!({"role": "admin", "display_name": "Countess"}))
        .await;
    assert_eq!(
        (
            promoted.json()["role"].as_str(),
            promoted.json()["display_name"].as_str()
        ),
        (Some("admin"), Some("Countess"))
    );
    for path in [
        "/api/v1/users",
        "/api/v1/admin/actors",
        "/api/v1/admin/jobs",
        "/api/v1/admin/enrichment",
        "/api/v1/admin/maintenance",
    ] {
        assert_eq!(bob.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(root.get(path).await.status, StatusCode::OK, "{path}");
    }
    let actors = root.get("/api/v1/admin/actors").await.json();
    assert!(
        actors
            .as_array()
            .unwrap()
            .iter()
            .any(|actor| actor["name"] == "user_hub" && actor["silent"] == false)
    );
}
