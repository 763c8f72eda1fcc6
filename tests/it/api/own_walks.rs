//! A walk in one user's hands: named, shared by a link, deleted.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::app::{Client, TestApp};
use crate::api::{city, log};

async fn app_with_walk() -> (TestApp, Client, Uuid) {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let route = city::walk(&app, &mut ada).await;
    (app, ada, route)
}

fn path(route: Uuid) -> String {
    format!("/api/v1/routes/{route}")
}

/// Makes a walk another user's as well, who asked for just the same.
async fn give(app: &TestApp, client: &mut Client, route: Uuid) {
    let asked = city::ask(client).await;
    app.database.sql(&format!(
        "UPDATE route_requests SET status = 'complete', route_id = '{route}' WHERE id = '{asked}'"
    ));
}

async fn name(client: &mut Client, route: Uuid, name: Value) -> StatusCode {
    let body = json!({ "name": name });
    client.patch(&path(route), &body).await.status
}

/// Address of the link, whose secret must not be in a log.
async fn share(client: &mut Client, route: Uuid) -> String {
    let link = client
        .post(&format!("{}/share", path(route)), &json!({}))
        .await;
    assert_eq!(link.status, StatusCode::OK, "{}", link.text);
    log::keep_secret(link.json()["token"].as_str().unwrap());
    link.json()["url"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_name_is_shown_wherever_the_walk_is_and_can_be_taken_away() {
    let (app, mut ada, route) = app_with_walk().await;
    let mut bob = app.user("bob").await;
    give(&app, &mut bob, route).await;
    assert_eq!(ada.get(&path(route)).await.json()["name"], Value::Null);
    let called = "Kahvi & <pulla>";
    assert_eq!(name(&mut ada, route, json!("First")).await, 204);
    assert_eq!(
        name(&mut ada, route, json!(format!("  {called} "))).await,
        204
    );

    assert_eq!(ada.get(&path(route)).await.json()["name"], called);
    let list = ada.get("/api/v1/users/me/routes").await.json();
    assert_eq!(list["data"][0]["name"], called);
    let gpx = ada.get(&format!("{}.gpx", path(route))).await;
    let title = "<metadata><name>Kahvi &amp; &lt;pulla&gt;</name>";
    assert!(gpx.text.contains(title), "{}", gpx.text);
    assert!(gpx.header("content-disposition").contains("walk-of-"));
    let geojson = ada.get(&format!("{}.geojson", path(route))).await;
    assert_eq!(geojson.json()["features"][0]["properties"]["name"], called);
    assert_eq!(bob.get(&path(route)).await.json()["name"], Value::Null);

    assert_eq!(name(&mut ada, route, Value::Null).await, 204);
    assert_eq!(ada.get(&path(route)).await.json()["name"], Value::Null);
}

#[actix_web::test]
async fn a_name_that_is_none_is_refused_with_its_fault() {
    let (_app, mut ada, route) = app_with_walk().await;
    for (body, code) in [
        (json!({}), "required"),
        (json!({"name": ""}), "wrong_length"),
        (json!({"name": "x".repeat(101)}), "wrong_length"),
        (json!({"name": "a\u{7}b"}), "invalid_character"),
        (json!({"name": 7}), "wrong_type"),
    ] {
        let answer = ada.patch(&path(route), &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.codes(), ["invalid_request", code], "{body}");
    }
}

#[actix_web::test]
async fn a_link_shows_the_walk_to_anybody_until_it_is_taken_back() {
    let (app, mut ada, route) = app_with_walk().await;
    let (mut bob, mut nobody) = (app.user("bob").await, app.client());
    assert_eq!(name(&mut ada, route, json!("By the harbour")).await, 204);
    let link = share(&mut ada, route).await;
    assert_eq!(share(&mut ada, route).await, link, "one link for a walk");
    assert_eq!(ada.get(&path(route)).await.json()["shared"], true);

    for client in [&mut nobody, &mut bob] {
        let seen = client.get(&link).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        let walk = seen.json();
        assert_eq!(walk["name"], "By the harbour");
        assert_eq!(walk["pois"][1]["name"], "展望台");
        assert!(walk["path"]["coordinates"][2].is_array());
        // Nothing of what was asked for, when, or by whom.
        for private in ["id", "generation_params", "created_at", "saved"] {
            assert!(walk.get(private).is_none(), "{private}");
        }
    }
    assert_eq!(bob.get(&path(route)).await.status, StatusCode::NOT_FOUND);

    let taken = ada.delete(&format!("{}/share", path(route))).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT);
    assert_eq!(nobody.get(&link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ada.get(&path(route)).await.json()["shared"], false);
    let anew = share(&mut ada, route).await;
    assert_ne!(anew, link, "a link that was taken back stays so");
}

#[actix_web::test]
async fn a_link_ends_with_the_account() {
    let (app, mut ada, route) = app_with_walk().await;
    let link = share(&mut ada, route).await;
    let gone = ada.delete("/api/v1/users/me").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    let followed = app.client().get(&link).await;
    assert_eq!(followed.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_deleted_walk_is_gone_with_all_that_was_left_on_it() {
    let (app, mut ada, route) = app_with_walk().await;
    give(&app, &mut ada, route).await;
    let link = share(&mut ada, route).await;
    assert_eq!(name(&mut ada, route, json!("Home")).await, 204);
    let note = json!({"body": "where I live"});
    ada.post(&format!("{}/notes", path(route)), &note).await;
    let visited = json!({"visited_poi_ids": [11]});
    ada.put(&format!("{}/progress", path(route)), &visited)
        .await;
    ada.send(Method::PUT, &format!("{}/saved", path(route)), None, &[])
        .await;

    let deleted = ada.delete(&path(route)).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    assert_eq!(ada.get(&path(route)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ada.delete(&path(route)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.client().get(&link).await.status, StatusCode::NOT_FOUND);
    let list = ada.get("/api/v1/users/me/routes").await.json();
    assert_eq!(list["data"], json!([]));
    for table in [
        "routes",
        "route_requests",
        "route_names",
        "shared_routes",
        "saved_routes",
        "route_notes",
        "route_progress",
    ] {
        let rows = app.database.sql(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows, "0", "{table}");
    }
}

#[actix_web::test]
async fn a_walk_that_others_have_stays_for_them_without_its_owner() {
    let (app, mut ada, route) = app_with_walk().await;
    let mut bob = app.user("bob").await;
    give(&app, &mut bob, route).await;
    assert_eq!(name(&mut bob, route, json!("Mine")).await, 204);
    let deleted = ada.delete(&path(route)).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    assert_eq!(ada.get(&path(route)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bob.get(&path(route)).await.json()["name"], "Mine");
    let left =
        "SELECT user_id IS NULL, created_at = date_trunc('day', created_at, 'UTC') FROM routes";
    assert_eq!(app.database.sql(left), "t|t");
}

#[actix_web::test]
async fn a_walk_that_was_asked_for_thousands_of_times_goes_whole() {
    let (app, mut ada, route) = app_with_walk().await;
    app.database.sql(&format!(
        "INSERT INTO route_requests (id, user_id, params, cache_key, status, route_id, trace_id, repeated) \
         SELECT gen_random_uuid(), user_id, params, cache_key, status, route_id, trace_id, true \
         FROM route_requests, generate_series(1, 4100) WHERE route_id = '{route}'"
    ));
    let deleted = ada.delete(&path(route)).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    let left = app
        .database
        .sql("SELECT (SELECT count(*) FROM route_requests), (SELECT count(*) FROM routes)");
    assert_eq!(left, "0|0");
}
