//! Changes of one password at the same time.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use super::AT_ONCE;
use crate::api::app::TestApp;
use crate::api::log::PASSWORD;

#[actix_web::test]
async fn of_two_new_passwords_one_counts() {
    let app = TestApp::spawn();
    let ada = app.user("ada").await;
    let change = |n: usize| {
        let mut ada = ada.clone();
        async move {
            let new = format!("another long password {n}");
            let body = json!({"password": new, "current_password": PASSWORD});
            let answer = ada.patch("/api/v1/users/me", &body).await;
            (answer.status, new, ada)
        }
    };
    let answers = join_all((0..AT_ONCE).map(change)).await;
    let (changed, refused): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|(status, ..)| *status == StatusCode::OK);
    assert_eq!(changed.len(), 1, "{}", changed.len());
    for (status, ..) in &refused {
        let fine = [StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED];
        assert!(fine.contains(status), "{status}");
    }
    let (_, new, mut ada) = changed.into_iter().next().unwrap();
    assert_eq!(ada.get("/api/v1/users/me").await.status, StatusCode::OK);
    let login = json!({"username": "ada", "password": new});
    let login = app.client().post("/api/v1/login", &login).await;
    assert_eq!(login.status, StatusCode::OK);
}
