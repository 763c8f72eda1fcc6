//! Accounts and login sessions.

use reqwest::StatusCode;
use serde_json::json;

use crate::api::app::TestApp;

#[actix_web::test]
async fn sign_up_log_out_and_log_in_again() {
    let app = TestApp::spawn();
    let mut ada = app.user("ada").await;
    let me = ada.get("/api/v1/users/me").await;
    assert_eq!(me.status, StatusCode::OK);
    assert_eq!(me.json()["username"], "ada");
    assert_eq!(me.json()["preferences"]["unit_system"], "metric");

    let before = ada.clone();
    assert_eq!(
        ada.send(reqwest::Method::POST, "/api/v1/logout", None, &[])
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(ada.cookie, None);
    assert_eq!(
        before.clone().get("/api/v1/users/me").await.status,
        StatusCode::UNAUTHORIZED
    );

    let login = json!({"username": "ADA", "password": "a fine long password"});
    assert_eq!(
        ada.post("/api/v1/login", &login).await.status,
        StatusCode::OK
    );
    assert_eq!(ada.get("/api/v1/users/me").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn an_unknown_name_and_a_wrong_password_get_the_same_answer() {
    let app = TestApp::spawn();
    app.user("ada").await;
    let mut answers = Vec::new();
    for (name, password) in [
        ("ada", "not the password"),
        ("nobody", "not the password"),
        ("a\0", "x"),
    ] {
        let answer = app
            .client()
            .post(
                "/api/v1/login",
                &json!({"username": name, "password": password}),
            )
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let mut body = answer.json();
        body["trace_id"] = json!(null);
        answers.push(body);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[actix_web::test]
async fn a_taken_name_and_a_weak_password_are_refused() {
    let app = TestApp::spawn();
    app.user("ada").await;
    let body = json!({"username": "Ada", "password": "a fine long password"});
    let taken = app.client().post("/api/v1/users", &body).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert_eq!(taken.codes(), ["conflict", "username_taken"]);
    let weak = app
        .client()
        .post(
            "/api/v1/users",
            &json!({"username": "eve", "password": "qwerty123456"}),
        )
        .await;
    assert_eq!(weak.codes(), ["invalid_request", "weak_password"]);
    let admin = app
        .client()
        .post(
            "/api/v1/users",
            &json!({"username": "eve", "password": "a fine long password", "role": "admin"}),
        )
        .await;
    assert_eq!(admin.codes(), ["invalid_request", "unknown_field"]);
}

#[actix_web::test]
async fn the_cookie_is_closed_to_scripts_and_other_sites() {
    let app = TestApp::with(&[("SESSION_COOKIE_SECURE", "1")]);
    let body = json!({"username": "ada", "password": "a fine long password"});
    let answer = app.client().post("/api/v1/users", &body).await;
    let cookie = answer.header("set-cookie");
    for attribute in [
        "session=",
        "HttpOnly",
        "SameSite=Lax",
        "Secure",
        "Path=/",
        "Max-Age=7200",
    ] {
        assert!(
            cookie.contains(attribute),
            "{attribute} is missing in {cookie}"
        );
    }
    assert!(!cookie.contains("user_id"));
}

#[actix_web::test]
async fn too_many_failed_logins_have_to_wait() {
    let app = TestApp::with(&[("WILDSIDE_LOGINS_PER_NAME", "3")]);
    app.user("ada").await;
    let wrong = json!({"username": "ada", "password": "not the password"});
    let mut wrong_ones = 0;
    while app.client().post("/api/v1/login", &wrong).await.status == StatusCode::UNAUTHORIZED {
        wrong_ones += 1;
    }
    assert!(wrong_ones >= 3, "{wrong_ones}");
    let right = json!({"username": "ada", "password": "a fine long password"});
    let refused = app.client().post("/api/v1/login", &right).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
}
