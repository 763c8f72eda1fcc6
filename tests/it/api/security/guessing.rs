//! Guessing of passwords, and whom it holds up.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::limits::{credentials, retry_after};
use super::report;
use crate::api::app::{Answer, Client, TestApp};
use crate::api::log::PASSWORD;

const WRONG: &str = "not the password";
/// Address of the account's owner.
const HOME: &str = "203.0.113.1";

/// A server behind a proxy, so that a test has any number of addresses.
fn behind_proxy(limits: &[(&str, &str)]) -> TestApp {
    let proxy = [("WILDSIDE_TRUSTED_PROXIES", "127.0.0.0/8")];
    TestApp::with(&[limits, &proxy].concat())
}

/// Somebody at an address, perhaps on a known device.
struct Caller<'a> {
    client: Client,
    address: &'a str,
    device: Option<String>,
}

impl<'a> Caller<'a> {
    fn at(app: &TestApp, address: &'a str) -> Self {
        Self {
            client: app.client(),
            address,
            device: None,
        }
    }

    async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let cookie = self
            .device
            .as_ref()
            .map(|id| format!("wildside_device={id}"));
        let origin = self.client.origin();
        let mut headers = vec![("x-forwarded-for", self.address), ("origin", &origin)];
        headers.extend(cookie.iter().map(|cookie| ("cookie", cookie.as_str())));
        self.client.cookie = None;
        self.client
            .send(Method::POST, path, Some(body), &headers)
            .await
    }

    async fn login(&mut self, name: &str, password: &str) -> Answer {
        self.post("/api/v1/login", &credentials(name, password))
            .await
    }

    /// Guesses at a name until that has to wait, and how often that was.
    async fn guess(&mut self, name: &str) -> usize {
        for guesses in 0..100 {
            match self.login(name, WRONG).await.status {
                StatusCode::UNAUTHORIZED => {}
                StatusCode::TOO_MANY_REQUESTS => return guesses,
                other => panic!("{other}"),
            }
        }
        100
    }
}

fn device_of(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut devices = cookies.filter_map(|c| c.to_str().unwrap().strip_prefix("wildside_device="));
    let cookie = devices.next().expect("no device cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

#[actix_web::test]
async fn who_is_no_browser_gets_the_session_alone() {
    let app = TestApp::spawn();
    let account = credentials("ann", PASSWORD);
    for path in ["/api/v1/users", "/api/v1/login"] {
        let answer = app.client().post(path, &account).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
        let [session] = cookies[..] else {
            panic!("{cookies:?}");
        };
        assert!(session.to_str().unwrap().starts_with("session="));
    }
}

/// All keys of attempts, each with its end in milliseconds.
fn keys(app: &TestApp) -> Vec<(String, i64)> {
    let found = app.redis.command(&["KEYS", "wildside:{attempts}:*"]);
    let names = found.lines().filter(|line| line.starts_with("wildside:"));
    let end = |name: &str| {
        let ttl = app.redis.command(&["PTTL", name]);
        ttl.trim().trim_start_matches(':').parse().unwrap()
    };
    let mut keys: Vec<(String, i64)> = names
        .map(|n| (n.trim().to_owned(), end(n.trim())))
        .collect();
    keys.sort();
    keys
}

#[actix_web::test]
async fn strangers_keep_nobody_from_the_own_account() {
    let app = behind_proxy(&[("WILDSIDE_LOGINS_PER_NAME", "2")]);
    let mut owner = Caller::at(&app, HOME);
    let body = credentials("ada", PASSWORD);
    let signed_up = owner.post("/api/v1/users", &body).await;
    assert_eq!(signed_up.status, StatusCode::CREATED);
    let device = device_of(&signed_up);

    let mut guesses = Vec::new();
    for n in 0..20 {
        let address = format!("198.51.100.{n}");
        guesses.push(Caller::at(&app, &address).guess("Ada").await);
    }
    report(
        "guesses at one name from 20 addresses with 2 free",
        format!("{guesses:?}"),
    );
    assert_eq!(guesses[0], 2);
    let all: usize = guesses.iter().sum();
    assert!((10..13).contains(&all), "{guesses:?}");

    let mut somewhere = Caller::at(&app, "192.0.2.77");
    somewhere.guess("ada").await;
    retry_after(&somewhere.login("ada", PASSWORD).await);
    assert_eq!(owner.login("ada", PASSWORD).await.status, StatusCode::OK);
    somewhere.device = Some(device.clone());
    let known = somewhere.login("ada", PASSWORD).await;
    assert_eq!(known.status, StatusCode::OK);
    assert_eq!(device_of(&known), device);

    // A neighbour behind the same address, and a device that somebody made up.
    let mut neighbour = Caller::at(&app, HOME);
    assert_eq!(neighbour.guess("ada").await, 2);
    retry_after(&owner.login("ada", PASSWORD).await);
    neighbour.device = Some(uuid::Uuid::new_v4().to_string());
    retry_after(&neighbour.login("ada", PASSWORD).await);
    owner.device = Some(device);
    assert_eq!(owner.login("ada", PASSWORD).await.status, StatusCode::OK);
    // Whoever has the device guesses no better.
    assert_eq!(owner.guess("ada").await, 2);
}

#[actix_web::test]
async fn one_bad_neighbour_does_not_block_an_address() {
    let app = behind_proxy(&[("WILDSIDE_LOGINS_PER_ADDRESS", "3")]);
    let mut owner = Caller::at(&app, HOME);
    owner
        .post("/api/v1/users", &credentials("ada", PASSWORD))
        .await;
    let mut neighbour = Caller::at(&app, HOME);
    let mut guesses = 0;
    while neighbour
        .login(&format!("name-{guesses}"), WRONG)
        .await
        .status
        == StatusCode::UNAUTHORIZED
    {
        guesses += 1;
    }
    assert_eq!(guesses, 3);
    assert_eq!(owner.login("ada", PASSWORD).await.status, StatusCode::OK);
    let newcomer = Caller::at(&app, HOME).login("bob", PASSWORD).await;
    assert!(retry_after(&newcomer) <= 5);
}

#[actix_web::test]
async fn honest_logins_leave_no_trace_and_every_key_has_an_end() {
    let app = behind_proxy(&[("WILDSIDE_SIGNUPS_PER_ADDRESS", "20")]);
    let mut owner = Caller::at(&app, HOME);
    owner
        .post("/api/v1/users", &credentials("ada", PASSWORD))
        .await;
    for address in [HOME, "192.0.2.77"] {
        assert_eq!(
            Caller::at(&app, address).login("ada", WRONG).await.status,
            401
        );
    }
    let counters = |app: &TestApp| -> Vec<(String, String)> {
        let keys = keys(app).into_iter().map(|(key, _)| key);
        let counters = keys.filter(|key| !key.contains(":places:") && !key.contains(":sign_ups:"));
        counters
            .map(|key| (app.redis.command(&["HGET", &key, "empty_at"]), key))
            .collect()
    };
    let before = counters(&app);
    // Name and address twice; the name and the address that were not known.
    assert_eq!(before.len(), 4, "{before:?}");
    for address in [HOME, "192.0.2.77"] {
        for _ in 0..5 {
            assert_eq!(
                Caller::at(&app, address)
                    .login("ada", PASSWORD)
                    .await
                    .status,
                200
            );
        }
    }
    assert_eq!(counters(&app), before);
    for (key, end) in keys(&app) {
        assert!(end > 0, "{key} stays for ever");
    }
    assert_eq!(keys(&app).len(), before.len() + 2);

    let login = credentials("ada", PASSWORD);
    let mut ada = app.client();
    assert_eq!(ada.post("/api/v1/login", &login).await.status, 200);
    assert_eq!(ada.delete("/api/v1/users/me").await.status, 204);
    let places = keys(&app)
        .into_iter()
        .filter(|(key, _)| key.contains(":places:"));
    assert_eq!(places.count(), 0);
}

#[actix_web::test]
async fn a_name_has_one_count_however_it_is_spelt() {
    let app = behind_proxy(&[("WILDSIDE_LOGINS_PER_NAME", "3")]);
    let mut owner = Caller::at(&app, HOME);
    owner
        .post("/api/v1/users", &credentials("miki.iiii", PASSWORD))
        .await;
    let mut guesser = Caller::at(&app, "192.0.2.77");
    assert_eq!(guesser.guess("miki.iiii").await, 3);
    for spelling in ["MIKI.IIII", "Miki.iIiI"] {
        retry_after(&guesser.login(spelling, PASSWORD).await);
    }
    for spelling in [
        "mik\u{130}.iiii",
        "miki.\u{131}iii",
        "mi\u{212a}i.iiii",
        "miki.iiii ",
    ] {
        let answer = guesser.login(spelling, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{spelling:?}");
    }
}

#[actix_web::test]
async fn so_many_sign_ups_in_any_hour_and_no_weak_ones() {
    let app = TestApp::with(&[("WILDSIDE_SIGNUPS_PER_ADDRESS", "2")]);
    let mut client = app.client();
    for _ in 0..4 {
        let weak = client
            .post("/api/v1/users", &credentials("eve", "qwerty123456"))
            .await;
        assert_eq!(weak.codes(), ["invalid_request", "weak_password"]);
    }
    app.user("ada").await;
    app.user("bob").await;
    let body = credentials("eve", PASSWORD);
    let first = retry_after(&client.post("/api/v1/users", &body).await);
    for _ in 0..4 {
        assert!(retry_after(&client.post("/api/v1/users", &body).await) <= first);
    }
    // The first of them was an hour ago.
    let (key, _) = keys(&app)
        .into_iter()
        .find(|(key, _)| key.contains(":sign_ups:"))
        .unwrap();
    app.redis.command(&["LSET", &key, "-1", "1"]);
    assert_eq!(
        client.post("/api/v1/users", &body).await.status,
        StatusCode::CREATED
    );
    retry_after(
        &client
            .post("/api/v1/users", &credentials("one-more", PASSWORD))
            .await,
    );
}

/// A password that takes long to judge: as long as may be, each character with a double.
fn slow_to_judge(n: usize) -> String {
    let doubles = "4@8({[<369&#!1/|0$5+7%2";
    let text: String = doubles.chars().cycle().skip(n).take(250).collect();
    format!("{text}{n:06}")
}

#[actix_web::test]
async fn nobody_waits_for_others_new_passwords() {
    let app = TestApp::with(&[("WILDSIDE_PASSWORD_HASHES", "1")]);
    app.user("ada").await;
    let mut crowd = Vec::new();
    for n in 0..12 {
        crowd.push(app.user(&format!("user-{n}")).await);
    }
    let changes = crowd
        .into_iter()
        .enumerate()
        .map(|(n, mut user)| async move {
            let mut current = PASSWORD.to_owned();
            for m in 0..2 {
                let new = slow_to_judge(2 * n + m);
                let body = json!({"password": new, "current_password": current});
                let answer = user.patch("/api/v1/users/me", &body).await;
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
                current = new;
            }
        });
    let logins = async {
        let mut slowest = std::time::Duration::ZERO;
        for _ in 0..6 {
            let started = std::time::Instant::now();
            let login = credentials("ada", PASSWORD);
            let answer = app.client().post("/api/v1/login", &login).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            slowest = slowest.max(started.elapsed());
        }
        slowest
    };
    let (slowest, _) = futures::join!(logins, futures::future::join_all(changes));
    report(
        "slowest login while 12 users change passwords",
        format!("{slowest:?}"),
    );
}
