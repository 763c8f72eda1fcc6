//! Pages of other sites, in a browser where somebody is logged in.

use reqwest::Method;

use super::operations::World;
use super::report;
use crate::api::app::TestApp;

/// Headers that a browser sends along for a page that is not ours.
fn foreign(world: &World) -> Vec<(&'static str, String)> {
    let own = world.app.address;
    vec![
        ("origin", "https://evil.example".to_owned()),
        ("origin", "null".to_owned()),
        ("origin", format!("http://{own}.evil.example")),
        ("origin", format!("http://evil.example#{own}")),
        ("origin", format!("http://{own}@evil.example")),
        ("origin", format!("http://{}:{}", own.ip(), own.port() ^ 1)),
        ("sec-fetch-site", "cross-site".to_owned()),
    ]
}

#[actix_web::test]
async fn no_write_is_done_for_a_page_of_another_site() {
    let world = World::create().await;
    let mut owner = world.owner.clone();
    for operation in world.operations.iter().filter(|o| o.is_unsafe()) {
        for (header, value) in foreign(&world) {
            let answer = operation.send(&mut owner, &[(header, &value)]).await;
            let probe = format!(
                "{} {} {header}: {value}",
                operation.method, operation.template
            );
            report(&probe, answer.status);
            assert_eq!(answer.status.as_u16(), 403, "{probe}");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{probe}");
        }
    }
}

#[actix_web::test]
async fn what_a_form_can_send_is_no_body() {
    let world = World::create().await;
    let mut owner = world.owner.clone();
    let own = format!("http://{}", world.app.address);
    for operation in world.with_body() {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ] {
            let body = operation.body.as_ref().unwrap().to_string().into_bytes();
            let (method, headers) = (operation.method.clone(), [("origin", own.as_str())]);
            let answer = owner
                .send_raw(method, &operation.path, Some((kind, body)), &headers)
                .await;
            report(
                &format!("{} {} as {kind}", operation.method, operation.template),
                answer.status,
            );
            assert_eq!(answer.status.as_u16(), 415, "{} {kind}", operation.template);
        }
    }
}

#[actix_web::test]
async fn other_sites_read_nothing() {
    let world = World::create().await;
    let mut owner = world.owner.clone();
    let origin = ("origin", "https://evil.example");
    for operation in &world.operations {
        let preflight = [
            origin,
            ("access-control-request-method", operation.method.as_str()),
            ("access-control-request-headers", "content-type"),
        ];
        let answer = owner
            .send(Method::OPTIONS, &operation.path, None, &preflight)
            .await;
        report(
            &format!("preflight for {} {}", operation.method, operation.template),
            answer.status,
        );
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    let read = owner
        .send(Method::GET, "/api/v1/users/me", None, &[origin])
        .await;
    assert_eq!(read.header("access-control-allow-origin"), "");
}

#[actix_web::test]
async fn even_a_site_that_is_let_in_is_the_only_one() {
    let app = TestApp::with(&[("WILDSIDE_ALLOWED_ORIGINS", "https://app.example")]);
    for (origin, expected) in [
        ("https://app.example", "https://app.example"),
        ("https://app.example.evil", ""),
        ("http://app.example", ""),
        ("https://APP.example:444", ""),
        ("null", ""),
    ] {
        let headers = [("origin", origin)];
        let mut client = app.client();
        // Errors too: a page that is let in may read why it was refused.
        for (method, path) in [
            (Method::GET, "/api/v1/interest-themes"),
            (Method::GET, "/api/v1/users/me"),
            (Method::PUT, "/api/v1/login"),
        ] {
            let answer = client.send(method.clone(), path, None, &headers).await;
            report(&format!("{method} {path} by {origin}"), answer.status);
            assert_eq!(
                answer.header("access-control-allow-origin"),
                expected,
                "{origin} {path}"
            );
        }
    }
}

#[actix_web::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let world = World::create().await;
    let mut nobody = world.app.client();
    let foreign = [("origin", "https://evil.example")];
    for operation in &world.operations {
        for headers in [&foreign[..], &[]] {
            let answer = operation.send(&mut nobody, headers).await;
            let policy = answer.header("content-security-policy");
            report(
                &format!("{} {}", operation.method, operation.template),
                policy,
            );
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{}: {policy}",
                operation.template
            );
            assert!(!policy.contains("unsafe-eval"), "{policy}");
            assert_eq!(
                answer.header("x-content-type-options"),
                "nosniff",
                "{}",
                operation.template
            );
            assert_eq!(
                answer.header("x-frame-options"),
                "DENY",
                "{}",
                operation.template
            );
            assert_eq!(
                answer.header("referrer-policy"),
                "no-referrer",
                "{}",
                operation.template
            );
            assert_ne!(answer.header("cache-control"), "", "{}", operation.template);
            assert_eq!(answer.header("server"), "", "{}", operation.template);
        }
    }
    let own = world.owner.clone().get("/api/v1/users/me").await;
    assert_eq!(own.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn over_https_browsers_are_told_to_stay_there() {
    for (secure, seconds, expected) in [
        ("1", "31536000", "max-age=31536000"),
        ("1", "0", ""),
        ("0", "31536000", ""),
    ] {
        let app = TestApp::with(&[
            ("SESSION_COOKIE_SECURE", secure),
            ("WILDSIDE_HSTS_SECONDS", seconds),
        ]);
        let answer = app.client().get("/nowhere").await;
        assert_eq!(answer.header("strict-transport-security"), expected);
    }
}
