//! Every answer has a trace id, every error the same form.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};

use crate::api::app::{Answer, TestApp};

fn assert_envelope(answer: &Answer, code: &str) {
    let body = answer.json();
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["trace_id"], answer.header("trace-id"));
    assert!(uuid::Uuid::try_parse(answer.header("trace-id")).is_ok());
    assert_eq!(answer.header("content-type"), "application/json");
}

#[actix_web::test]
async fn unknown_paths_and_methods_are_errors_like_any_other() {
    let app = TestApp::spawn();
    let mut client = app.client();
    for path in [
        "/index",
        "/nowhere",
        "/api/v1/nowhere",
        "/api/v1/users/me/",
        "/%ff",
        "/a%00b",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_envelope(&answer, "not_found");
    }
    for (method, path, allowed) in [
        (Method::PUT, "/api/v1/login", "POST, OPTIONS"),
        (Method::PATCH, "/api/v1/routes/a.gpx", "GET, HEAD, OPTIONS"),
        (
            Method::DELETE,
            "/api/v1/routes/a.geojson",
            "GET, HEAD, OPTIONS",
        ),
        (
            Method::PUT,
            "/api/v1/users/me",
            "GET, HEAD, PATCH, DELETE, OPTIONS",
        ),
    ] {
        let answer = client.send(method, path, None, &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_envelope(&answer, "method_not_allowed");
        assert_eq!(answer.header("allow"), allowed, "{path}");
        let answer = client.send(Method::OPTIONS, path, None, &[]).await;
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
}

#[actix_web::test]
async fn broken_bodies_are_errors_like_any_other() {
    let app = TestApp::spawn();
    let mut client = app.client();
    let cases: [(&str, Vec<u8>, u16, &str); 9] = [
        ("application/json", b"{".to_vec(), 400, "invalid_request"),
        ("application/json", b"[]".to_vec(), 400, "invalid_request"),
        (
            "application/json",
            vec![b'['; 60_000],
            400,
            "invalid_request",
        ),
        (
            "application/json",
            br#"{"username":1e400,"password":NaN}"#.to_vec(),
            400,
            "invalid_request",
        ),
        (
            "application/json",
            br#"{"username":"a","username":"b"}"#.to_vec(),
            400,
            "invalid_request",
        ),
        ("application/json", vec![0xff, 0xfe], 400, "invalid_request"),
        (
            "application/json",
            vec![b' '; 70_000],
            413,
            "payload_too_large",
        ),
        ("text/plain", b"{}".to_vec(), 415, "unsupported_media_type"),
        (
            "application/x-www-form-urlencoded",
            b"username=a".to_vec(),
            415,
            "unsupported_media_type",
        ),
    ];
    for (kind, body, status, code) in cases {
        let answer = client
            .send_raw(Method::POST, "/api/v1/login", Some((kind, body)), &[])
            .await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert_envelope(&answer, code);
    }
}

#[actix_web::test]
async fn a_trace_of_the_caller_is_honoured() {
    let app = TestApp::spawn();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = app
        .client()
        .send(Method::GET, "/healthz", None, &[("traceparent", parent)])
        .await;
    assert_eq!(
        answer.header("trace-id"),
        "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
    );
}

#[actix_web::test]
async fn pages_of_other_sites_may_not_write() {
    let app = TestApp::with(&[("WILDSIDE_ALLOWED_ORIGINS", "https://app.example")]);
    let own = format!("http://{}", app.address);
    for (origin, status) in [
        ("https://evil.example", 403),
        ("null", 403),
        (own.as_str(), 400),
        ("https://app.example", 400),
    ] {
        let body = Some(("application/json", b"{}".to_vec()));
        let answer = app
            .client()
            .send_raw(Method::POST, "/api/v1/login", body, &[("origin", origin)])
            .await;
        assert_eq!(answer.status.as_u16(), status, "{origin}: {}", answer.text);
    }
}

#[actix_web::test]
async fn readiness_asks_its_dependencies() {
    let app = TestApp::spawn();
    let mut client = app.client();
    let ready = client.get("/health/ready").await;
    assert_eq!(ready.status, StatusCode::OK, "{}", ready.text);
    assert_eq!(ready.header("cache-control"), "no-store");
    app.redis.pause();
    let paused = Instant::now();
    let ready = loop {
        let ready = client.get("/health/ready").await;
        if ready.status == StatusCode::SERVICE_UNAVAILABLE {
            break ready;
        }
        // Those who ask within a moment share one look.
        assert!(paused.elapsed() < Duration::from_secs(10));
    };
    assert_eq!(ready.json()["checks"][1]["ok"], false);
    assert_eq!(client.get("/healthz").await.status, StatusCode::OK);
    app.redis.resume();
}

#[actix_web::test]
async fn metrics_do_not_name_raw_paths() {
    let app = TestApp::spawn();
    let mut client = app.client();
    client.get("/secret-path-of-somebody").await;
    client.get("/api/v1/interest-themes").await;
    let metrics = client.get("/metrics").await.text;
    assert!(
        metrics.contains("route_generation_duration_seconds"),
        "{metrics}"
    );
    assert!(metrics.contains("/api/v1/interest-themes"));
    assert!(!metrics.contains("secret-path"));
}

#[actix_web::test]
async fn themes_are_not_sent_twice() {
    let app = TestApp::spawn();
    let mut client = app.client();
    let first = client.get("/api/v1/interest-themes").await;
    assert!(first.json().as_array().unwrap().len() >= 12);
    let tag = first.header("etag").to_owned();
    let again = client
        .send(
            Method::GET,
            "/api/v1/interest-themes",
            None,
            &[("if-none-match", &tag)],
        )
        .await;
    assert_eq!(
        (again.status, again.text.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    let head = client
        .send(Method::HEAD, "/api/v1/interest-themes", None, &[])
        .await;
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
}

#[actix_web::test]
async fn pages_of_other_origins_are_let_in_by_configuration_alone() {
    let origin = ("Origin", "https://app.example.org");
    for (allowed, expected) in [("", ""), (origin.1, origin.1)] {
        let app = TestApp::with(&[("WILDSIDE_ALLOWED_ORIGINS", allowed)]);
        let path = "/api/v1/interest-themes";
        let answer = app.client().send(Method::GET, path, None, &[origin]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("access-control-allow-origin"), expected);
        let credentials = answer.header("access-control-allow-credentials");
        assert_eq!(credentials.is_empty(), expected.is_empty());
    }
}
