//! Requests for walks as maintainers find them.

use reqwest::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::api::app::{Client, TestApp};
use crate::api::city;

/// Ids of the requests at `path`.
async fn found(client: &mut Client, path: &str) -> Vec<Value> {
    let answer = client.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let found: Vec<Value> = serde_json::from_value(answer.json()).unwrap();
    found
        .iter()
        .map(|request| request["request_id"].clone())
        .collect()
}

#[actix_web::test]
async fn a_request_is_found_by_its_id_its_trace_or_its_user() {
    let app = TestApp::spawn();
    city::load(&app);
    let (mut root, mut ada, mut bob) = (
        app.user("root").await,
        app.user("ada").await,
        app.user("bob").await,
    );
    app.database
        .sql("UPDATE users SET role = 'admin' WHERE username = 'root'");
    let (first, second) = (city::ask(&mut ada).await, city::ask(&mut bob).await);
    let of = |column: &str| {
        app.database.sql(&format!(
            "SELECT {column} FROM route_requests WHERE id = '{first}'"
        ))
    };
    let (trace, user) = (of("trace_id"), of("user_id"));
    for id in [first.to_string(), trace, user] {
        let path = format!("/api/v1/admin/requests/{}", id.trim());
        assert_eq!(found(&mut root, &path).await, [first.to_string()], "{path}");
    }
    let newest = [second.to_string(), first.to_string()];
    assert_eq!(found(&mut root, "/api/v1/admin/requests").await, newest);
    let unknown = format!("/api/v1/admin/requests/{}", Uuid::new_v4());
    assert_eq!(found(&mut root, &unknown).await, Vec::<Value>::new());
    assert_eq!(
        ada.get("/api/v1/admin/requests").await.status,
        StatusCode::FORBIDDEN
    );
}
