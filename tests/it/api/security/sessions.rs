//! Login sessions that somebody else wants to have.

use actix_web::cookie::{Cookie, CookieJar, Key};
use chrono::{TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::report;
use crate::api::app::{Client, TestApp};
use crate::api::log::PASSWORD;

const ME: &str = "/api/v1/users/me";

async fn status_with(app: &TestApp, cookie: &str) -> StatusCode {
    let headers = [("cookie", cookie)];
    let answer = app.client().send(Method::GET, ME, None, &headers).await;
    answer.status
}

async fn log_in(client: &mut Client, name: &str) {
    let body = json!({"username": name, "password": PASSWORD});
    let answer = client.post("/api/v1/login", &body).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_cookie_that_was_planted_before_the_login_is_worth_nothing() {
    let app = TestApp::spawn();
    app.user("victim").await;
    let attacker = app.user("attacker").await;
    for planted in ["made-up", attacker.cookie.as_deref().unwrap()] {
        let mut victim = app.client();
        victim.cookie = Some(planted.to_owned());
        log_in(&mut victim, "victim").await;
        assert_ne!(victim.cookie.as_deref(), Some(planted));
        let me = victim.get(ME).await.json();
        report("logged in with a planted cookie, as whom", &me["username"]);
        assert_eq!(me["username"], "victim");
        let mut thief = app.client();
        thief.cookie = Some(planted.to_owned());
        let theirs = thief.get(ME).await.json();
        assert_ne!(theirs["username"], "victim");
    }
}

#[actix_web::test]
async fn no_bit_of_a_cookie_can_be_changed() {
    let app = TestApp::spawn();
    let cookie = app.user("ada").await.cookie.unwrap();
    assert_eq!(
        status_with(&app, &format!("session={cookie}")).await,
        StatusCode::OK
    );
    let mut changed: Vec<String> = (0..cookie.len())
        .step_by(7)
        .map(|at| {
            let other = if &cookie[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &cookie[..at], &cookie[at + 1..])
        })
        .collect();
    changed.extend([
        String::new(),
        "null".to_owned(),
        cookie[1..].to_owned(),
        cookie[..cookie.len() - 4].to_owned(),
        cookie.repeat(2),
        "%".to_owned(),
        "\"\"".to_owned(),
        r#"{"login":{"user_id":"00000000-0000-0000-0000-000000000000","generation":1}}"#
            .replace('"', "%22"),
    ]);
    for cookie in &changed {
        let status = status_with(&app, &format!("session={cookie}")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{cookie}");
    }
    report("changed cookies", format_args!("{} refused", changed.len()));
    for header in ["Session", "session ", "xsession", "__Host-session"] {
        let status = status_with(&app, &format!("{header}={cookie}")).await;
        report(&format!("the cookie under the name {header:?}"), status);
        assert!(
            status == StatusCode::UNAUTHORIZED || header == "session ",
            "{header}"
        );
    }
}

#[actix_web::test]
async fn other_cookies_do_not_hide_ours() {
    let app = TestApp::spawn();
    let cookie = app.user("ada").await.cookie.unwrap();
    let many = "session=x; ".repeat(10);
    for header in [
        format!("session=eyJfZnJlc2giOmZhbHNlfQ.Z0s.x-y_z; session={cookie}"),
        format!("session={cookie}; session=eyJfZnJlc2giOmZhbHNlfQ.Z0s.x-y_z"),
        format!("session=; session={cookie}; session="),
        format!("{many}session={cookie}"),
        format!("no value; session={cookie}"),
        format!("=; ; session={cookie};"),
        format!("name=caf\u{e9}; session={cookie}"),
        format!("other=%ff; session={cookie}"),
    ] {
        let status = status_with(&app, &header).await;
        assert_eq!(status, StatusCode::OK, "{header}");
    }
    // Whoever logs in with the cookie of another site in the way is logged in as well.
    let foreign = [("cookie", "session=eyJfZnJlc2giOmZhbHNlfQ.Z0s.x-y_z")];
    let body = json!({"username": "ada", "password": PASSWORD});
    let mut client = app.client();
    let answer = client
        .send(Method::POST, "/api/v1/login", Some(&body), &foreign)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let both = format!("{}; session={}", foreign[0].1, client.cookie.unwrap());
    assert_eq!(status_with(&app, &both).await, StatusCode::OK);
    let floods = format!("{}session={cookie}", "session=x; ".repeat(5_000));
    report(
        "5,000 cookies of our name before ours",
        status_with(&app, &floods).await,
    );
}

#[actix_web::test]
async fn who_logs_out_is_out_everywhere() {
    let app = TestApp::spawn();
    let mut phone = app.user("ada").await;
    let mut laptop = app.client();
    log_in(&mut laptop, "ada").await;
    let stolen = phone.clone();
    assert_eq!(
        phone
            .send(Method::POST, "/api/v1/logout", None, &[])
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    for (name, mut client) in [("another device", laptop), ("a copy of the cookie", stolen)] {
        let answer = client.get(ME).await;
        report(&format!("{name} after a log-out"), answer.status);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

/// The key of the server, as its operator knows it.
const KEY: [u8; 64] = [b'k'; 64];

fn server_with_key() -> (TestApp, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), KEY).unwrap();
    let app = TestApp::with(&[("SESSION_KEY_FILE", file.path().to_str().unwrap())]);
    (app, file)
}

fn key() -> Key {
    Key::from(&Sha512::digest(KEY))
}

/// Content of a cookie.
fn opened(cookie: &str) -> Value {
    let cookie = Cookie::parse_encoded(format!("session={cookie}")).unwrap();
    let open = CookieJar::new().private(&key()).decrypt(cookie).unwrap();
    let state: Value = serde_json::from_str(open.value()).unwrap();
    serde_json::from_str(state["login"].as_str().unwrap()).unwrap()
}

/// The cookie of a login that began and was last used so many minutes ago.
fn aged(cookie: &str, issued: i64, seen: i64) -> String {
    let mut login = opened(cookie);
    login["issued_at"] = json!(Utc::now() - TimeDelta::minutes(issued));
    login["seen_at"] = json!(Utc::now() - TimeDelta::minutes(seen));
    let mut jar = CookieJar::new();
    let state = json!({"login": login.to_string()}).to_string();
    jar.private_mut(&key()).add(Cookie::new("session", state));
    let sealed = jar.delta().next().unwrap().encoded().stripped().to_string();
    sealed["session=".len()..].to_owned()
}

#[actix_web::test]
async fn a_session_ends_two_hours_after_its_last_use_and_twelve_after_its_first() {
    let (app, _file) = server_with_key();
    let cookie = app.user("ada").await.cookie.unwrap();
    for (issued, seen, expected) in [
        (0, 0, 200),
        (119, 119, 200),
        (121, 121, 401),
        (719, 119, 200),
        (721, 1, 401),
    ] {
        let cookie = aged(&cookie, issued, seen);
        let status = status_with(&app, &format!("session={cookie}")).await;
        report(
            &format!("a session of {issued} minutes, last used {seen} minutes ago"),
            status,
        );
        assert_eq!(status.as_u16(), expected);
    }
}

#[actix_web::test]
async fn using_a_session_does_not_move_its_absolute_end() {
    let (app, _file) = server_with_key();
    let mut ada = app.user("ada").await;
    let old = aged(ada.cookie.as_deref().unwrap(), 700, 100);
    ada.cookie = Some(old.clone());
    ada.get(ME).await;
    let renewed = ada.cookie.unwrap();
    assert_ne!(renewed, old, "the cookie was not written anew");
    assert_eq!(opened(&renewed)["issued_at"], opened(&old)["issued_at"]);
    assert_ne!(opened(&renewed)["seen_at"], opened(&old)["seen_at"]);
}
