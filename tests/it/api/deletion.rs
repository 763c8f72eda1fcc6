//! Accounts that are deleted: gone at once, removed bit by bit.

use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;
use wildside::config::RetentionConfig;
use wildside::maintenance::{Chore, Tools, run_now};
use wildside::queue::Producer;
use wildside::{db, shared_redis};

use crate::api::app::{Client, TestApp};
use crate::api::city;
use crate::api::log::PASSWORD;

/// Tools of a worker for its chores.
pub fn tools(app: &TestApp) -> Tools {
    let redis = shared_redis::connect(&app.redis.url()).unwrap();
    Tools {
        db: db::pool(&app.database.url(), 4),
        producer: Producer::new(redis.clone()),
        cache: redis.clone(),
        redis,
        retention: RetentionConfig {
            days: 30,
            walks_per_user: 10_000,
        },
    }
}

/// Grace period of deleted accounts is over.
pub fn let_a_minute_pass(app: &TestApp) {
    app.database
        .sql("UPDATE users SET deleted_at = deleted_at - interval '2 minutes' WHERE deleted_at IS NOT NULL");
}

/// Does the chore that removes what deleted accounts have left.
pub async fn remove(app: &TestApp) -> String {
    let removed = run_now(Chore::RemoveDeletedAccounts, &tools(app)).await;
    removed.unwrap().expect("nobody else is at it")
}

async fn delete_me(client: &mut Client) {
    let answer = client.delete("/api/v1/users/me").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

#[actix_web::test]
async fn a_deleted_account_is_gone_at_once_and_its_name_is_free() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let id = ada.get("/api/v1/users/me").await.json()["id"].clone();
    let route = city::walk(&app, &mut ada).await;
    let mut copy = ada.clone();
    delete_me(&mut ada).await;
    for path in [
        "/api/v1/users/me".to_owned(),
        format!("/api/v1/routes/{route}"),
    ] {
        assert_eq!(copy.get(&path).await.status, StatusCode::UNAUTHORIZED);
    }
    let login = json!({"username": "ada", "password": PASSWORD});
    let refused = app.client().post("/api/v1/login", &login).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let nobody = app.database.sql(&format!(
        "SELECT count(*) FROM users WHERE deleted_at IS NULL OR display_name <> '' OR username <> '~' || {}",
        id.to_string().replace('"', "'")
    ));
    assert_eq!(nobody, "0");
    assert_eq!(
        app.database.sql("SELECT count(*) FROM user_credentials"),
        "0"
    );
    // Somebody else takes the name, and sees nothing of the other.
    let mut heir = app.user("Ada").await;
    let walks = heir.get("/api/v1/users/me/routes").await.json();
    assert_eq!(walks["data"], json!([]));
    delete_me(&mut heir).await;
}

#[actix_web::test]
async fn a_walk_that_nobody_else_sees_goes_and_another_loses_its_owner_and_its_time() {
    let app = TestApp::spawn();
    city::load(&app);
    let (mut ada, mut bob) = (app.user("ada").await, app.user("bob").await);
    let alone = city::walk(&app, &mut ada).await;
    let shared = city::walk(&app, &mut ada).await;
    let asked = city::ask(&mut bob).await;
    app.database.sql(&format!(
        "UPDATE route_requests SET status = 'complete', route_id = '{shared}' WHERE id = '{asked}'"
    ));
    let path = format!("/api/v1/routes/{shared}");
    assert_eq!(bob.get(&path).await.status, StatusCode::OK);
    let note = json!({"body": "where I live"});
    let noted = ada.post(&format!("{path}/notes"), &note).await;
    assert_eq!(noted.status, StatusCode::CREATED, "{}", noted.text);
    ada.put(&format!("{path}/saved"), &json!({})).await;
    delete_me(&mut ada).await;

    assert!(remove(&app).await.starts_with("0 accounts"), "too early");
    let_a_minute_pass(&app);
    assert_eq!(remove(&app).await, "1 accounts and 0 rows removed");
    let left =
        "SELECT id, user_id IS NULL, created_at = date_trunc('day', created_at, 'UTC') FROM routes";
    assert_eq!(
        app.database.sql(left),
        format!("{shared}|t|t"),
        "{alone} is left"
    );
    assert_eq!(bob.get(&path).await.status, StatusCode::OK);
    for table in ["route_notes", "saved_routes"] {
        let rows = app.database.sql(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows, "0", "{table}");
    }
    assert_eq!(app.database.sql("SELECT username FROM users"), "bob");
}

#[actix_web::test]
async fn an_admin_deletes_accounts_and_others_do_not() {
    let app = TestApp::spawn();
    let (mut root, mut ada, mut eve) = (
        app.user("root").await,
        app.user("ada").await,
        app.user("eve").await,
    );
    app.database
        .sql("UPDATE users SET role = 'admin' WHERE username = 'root'");
    let id = ada.get("/api/v1/users/me").await.json()["id"].clone();
    let path = format!("/api/v1/users/{}", id.as_str().unwrap());
    assert_eq!(eve.delete(&path).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ada.get("/api/v1/users/me").await.status, StatusCode::OK);
    let places = || app.redis.command(&["KEYS", "wildside:{attempts}:places:*"]);
    let known = places().matches(":places:").count();
    assert_eq!(root.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(places().matches(":places:").count(), known - 1);
    assert_eq!(
        ada.get("/api/v1/users/me").await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(root.delete(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(root.get(&path).await.status, StatusCode::NOT_FOUND);
    let unknown = format!("/api/v1/users/{}", Uuid::new_v4());
    assert_eq!(root.delete(&unknown).await.status, StatusCode::NOT_FOUND);
    let listed = root.get("/api/v1/users").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
}
