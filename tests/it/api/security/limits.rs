//! Rate limits of addresses, users and names, and whose address it is.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use wildside_test_support::{TestDatabase, TestRedis};

use super::report;
use crate::api::app::{Answer, Client, TestApp, serve};
use crate::api::city;
use crate::api::log::PASSWORD;

const THEMES: &str = "/api/v1/interest-themes";

pub fn credentials(name: &str, password: &str) -> Value {
    json!({"username": name, "password": password})
}

async fn login(app: &TestApp, name: &str, password: &str) -> Answer {
    let body = credentials(name, password);
    app.client().post("/api/v1/login", &body).await
}

pub fn retry_after(answer: &Answer) -> u64 {
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        answer.text
    );
    answer.header("retry-after").parse().unwrap()
}

/// Asks with an address in `X-Forwarded-For` until refused; how often it was let through.
async fn ask_until_refused(
    client: &mut Client,
    path: &str,
    forwarded: impl Fn(u8) -> String,
) -> u8 {
    for n in 0..100 {
        let address = forwarded(n);
        let headers = [("x-forwarded-for", address.as_str())];
        let answer = client.send(Method::GET, path, None, &headers).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(retry_after(&answer) >= 1);
            return n;
        }
    }
    100
}

#[actix_web::test]
async fn an_address_has_so_many_requests_however_it_spells_them() {
    let limits = [
        ("WILDSIDE_REQUESTS_PER_SECOND", "1"),
        ("WILDSIDE_REQUESTS_BURST", "10"),
    ];
    let app = TestApp::with(&limits);
    let mut client = app.client();
    let answered = ask_until_refused(&mut client, THEMES, |_| String::new()).await;
    report("requests of one address with a burst of 10", answered);
    assert!((10..14).contains(&answered), "{answered}");
    for path in [
        THEMES,
        "/%61pi/v1/interest-themes",
        "/ws",
        "/nowhere",
        "/docs/",
        "/admin",
    ] {
        // Others have used up what was refilled meanwhile.
        let refused = ask_until_refused(&mut client, path, |_| String::new()).await;
        report(&format!("{path} after that"), refused);
        assert!(refused < 4, "{path}");
    }
    for probe in ["/healthz", "/health/live", "/health/ready", "/metrics"] {
        assert_eq!(client.get(probe).await.status, StatusCode::OK, "{probe}");
    }
    // Counted apart, but counted.
    let answered = ask_until_refused(&mut client, "/metrics", |_| String::new()).await;
    report("probes of one address with a burst of 10", answered);
    assert!(answered < 14, "{answered}");
}

#[actix_web::test]
async fn only_a_trusted_proxy_says_whose_request_it_is() {
    let limits = [
        ("WILDSIDE_REQUESTS_PER_SECOND", "1"),
        ("WILDSIDE_REQUESTS_BURST", "10"),
    ];
    let own_word = TestApp::with(&limits);
    let answered =
        ask_until_refused(&mut own_word.client(), THEMES, |n| format!("203.0.113.{n}")).await;
    report(
        "X-Forwarded-For of no trusted proxy, a new address each time",
        answered,
    );
    assert!(answered < 14, "{answered}");

    let trusting = [&limits[..], &[("WILDSIDE_TRUSTED_PROXIES", "127.0.0.0/8")]].concat();
    let behind_proxy = TestApp::with(&trusting);
    let mut client = behind_proxy.client();
    let answered = ask_until_refused(&mut client, THEMES, |n| format!("203.0.113.{n}")).await;
    report(
        "X-Forwarded-For of a trusted proxy, a new address each time",
        answered,
    );
    assert_eq!(answered, 100);
    let forged =
        ask_until_refused(&mut client, THEMES, |n| format!("10.0.0.{n}, 198.51.100.7")).await;
    report(
        "a trusted proxy, behind it a client that makes up hops",
        forged,
    );
    assert!(forged < 14, "{forged}");
}

#[actix_web::test]
async fn a_user_has_so_many_requests_from_wherever() {
    let app = TestApp::with(&[
        ("WILDSIDE_REQUESTS_PER_SECOND", "1"),
        ("WILDSIDE_REQUESTS_BURST", "10"),
        ("WILDSIDE_TRUSTED_PROXIES", "127.0.0.0/8"),
    ]);
    let mut ada = app.user("ada").await;
    let answered =
        ask_until_refused(&mut ada, "/api/v1/users/me", |n| format!("203.0.113.{n}")).await;
    report(
        "requests of one user from a new address each time",
        answered,
    );
    assert!((10..14).contains(&answered), "{answered}");
}

#[actix_web::test]
async fn a_user_asks_for_sixty_walks_a_minute() {
    let app = TestApp::spawn();
    city::load(&app);
    let (mut ada, mut bob) = (app.user("ada").await, app.user("bob").await);
    let started = Instant::now();
    let mut accepted = 0;
    let refused = loop {
        let answer = ada.post("/api/v1/routes", &city::body()).await;
        if answer.status != StatusCode::ACCEPTED {
            break answer;
        }
        accepted += 1;
    };
    let refilled = started.elapsed().as_secs() + 1;
    report("route requests of one user in a minute", accepted);
    assert!((60..=60 + refilled).contains(&accepted), "{accepted}");
    assert_eq!(retry_after(&refused), 1);
    city::ask(&mut bob).await;
}

/// Another walk each time.
fn walk(number: u32, minutes: u32) -> Value {
    let mut body = city::body();
    body["duration_minutes"] = json!(minutes);
    body["popularity_bias"] = json!(f64::from(number) / 100.0);
    body
}

#[actix_web::test]
async fn an_address_has_a_budget_of_work_whatever_its_accounts() {
    let app = TestApp::with(&[
        ("WILDSIDE_WORK_PER_SECOND", "100"),
        ("WILDSIDE_TRUSTED_PROXIES", "127.0.0.0/8"),
    ]);
    city::load(&app);
    let mut users = [app.user("ada").await, app.user("bob").await];
    let mut ask = async |number: u32, address: &str| {
        let key = Uuid::from_u128(number.into()).to_string();
        let headers = [("x-forwarded-for", address), ("idempotency-key", &*key)];
        let user = &mut users[number as usize % 2];
        let body = walk(number, 180);
        user.send(Method::POST, "/api/v1/routes", Some(&body), &headers)
            .await
    };
    let (mut accepted, here) = (0, "203.0.113.1");
    let refused = loop {
        let answer = ask(accepted, here).await;
        if answer.status != StatusCode::ACCEPTED {
            break answer;
        }
        accepted += 1;
    };
    report("walks of three hours of one address at once", accepted);
    assert!((1..20).contains(&accepted), "{accepted}");
    assert!((1..=3).contains(&retry_after(&refused)), "{refused:?}");
    let promised = ask(0, here).await;
    assert_eq!(promised.status, StatusCode::ACCEPTED, "{promised:?}");
    let elsewhere = ask(accepted, "203.0.113.2").await;
    assert_eq!(elsewhere.status, StatusCode::ACCEPTED, "{elsewhere:?}");
    // What is no work is not refused.
    let headers = [("x-forwarded-for", here)];
    let profile = users[0].send(Method::GET, "/api/v1/users/me", None, &headers);
    assert_eq!(profile.await.status, StatusCode::OK);
}

/// Guesses at the password of a name until that has to wait: how often, and the answer to the last.
async fn guess(app: &TestApp, name: &str) -> (u32, Answer) {
    let mut guesses = 0;
    loop {
        let answer = login(app, name, "not the password").await;
        if answer.status != StatusCode::UNAUTHORIZED {
            return (guesses, answer);
        }
        guesses += 1;
    }
}

#[actix_web::test]
async fn guessing_at_one_name_takes_longer_each_time() {
    let app = TestApp::with(&[("WILDSIDE_LOGINS_PER_NAME", "3")]);
    app.user("ada").await;
    let (guesses, refused) = guess(&app, "ada").await;
    report("guesses before the first pause with 3 free", guesses);
    assert!(guesses >= 3, "{guesses}");
    let right = login(&app, "Ada", PASSWORD).await;
    report("the right password during the pause", right.status);
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    let first = retry_after(&refused);
    tokio::time::sleep(Duration::from_secs(first)).await;
    let (guesses, refused) = guess(&app, "ada").await;
    let second = retry_after(&refused);
    report(
        "the first and the second pause in seconds",
        format_args!("{first} {second}"),
    );
    assert!(
        guesses >= 1 && second > first,
        "{guesses}: {first} {second}"
    );
    assert_eq!(
        login(&app, "bob", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[actix_web::test]
async fn honest_logins_do_not_count() {
    let app = TestApp::with(&[
        ("WILDSIDE_LOGINS_PER_NAME", "2"),
        ("WILDSIDE_LOGINS_PER_ADDRESS", "2"),
    ]);
    app.user("ada").await;
    for _ in 0..5 {
        assert_eq!(login(&app, "ada", PASSWORD).await.status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn guessing_at_many_names_is_counted_by_address() {
    let app = TestApp::with(&[("WILDSIDE_LOGINS_PER_ADDRESS", "3")]);
    let mut names = 0;
    let refused = loop {
        let answer = login(&app, &format!("name-{names}"), "not the password").await;
        if answer.status != StatusCode::UNAUTHORIZED {
            break answer;
        }
        names += 1;
    };
    report("names of one address before a pause with 3 free", names);
    assert!(names >= 3 && retry_after(&refused) >= 1, "{names}");
}

#[actix_web::test]
async fn all_servers_count_together() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let limit = [("WILDSIDE_LOGINS_PER_NAME", "4")];
    let servers = [0, 1].map(|_| serve(&database, &redis, &limit));
    let mut clients = servers.each_ref().map(|(address, ..)| Client::of(*address));
    let wrong = credentials("ada", "not the password");
    let mut guesses = 0;
    while clients[guesses % 2]
        .post("/api/v1/login", &wrong)
        .await
        .status
        == StatusCode::UNAUTHORIZED
    {
        guesses += 1;
    }
    report("guesses, half at each of two servers, with 4 free", guesses);
    assert!((4..8).contains(&guesses), "{guesses}");
    for (_, handle, thread) in servers {
        drop(handle.stop(false));
        thread.join().unwrap();
    }
}

#[actix_web::test]
async fn without_redis_each_server_still_counts_and_lets_people_in() {
    let limits = [
        ("WILDSIDE_LOGINS_PER_NAME", "3"),
        ("WILDSIDE_SIGNUPS_PER_ADDRESS", "2"),
    ];
    let mut app = TestApp::with(&limits);
    app.user("ada").await;
    app.redis.kill();
    assert_eq!(login(&app, "ada", PASSWORD).await.status, StatusCode::OK);
    let (guesses, refused) = guess(&app, "ada").await;
    report("guesses without Redis with 3 free", guesses);
    assert!(guesses <= 4 && retry_after(&refused) > 1, "{guesses}");
    app.user("bob").await;
    app.user("eve").await;
    let body = credentials("one-more", PASSWORD);
    let refused = app.client().post("/api/v1/users", &body).await;
    report(
        "the third sign-up without Redis with 2 allowed",
        refused.status,
    );
    retry_after(&refused);
}

#[actix_web::test]
async fn sign_ups_of_one_address_are_limited() {
    let app = TestApp::with(&[("WILDSIDE_SIGNUPS_PER_ADDRESS", "2")]);
    app.user("ada").await;
    app.user("bob").await;
    let body = credentials("eve", PASSWORD);
    let refused = app.client().post("/api/v1/users", &body).await;
    report(
        "the third sign-up of an address with 2 an hour",
        refused.status,
    );
    assert!(
        retry_after(&refused) > 3_500,
        "{}",
        refused.header("retry-after")
    );
}

#[actix_web::test]
async fn an_unknown_name_takes_as_long_as_a_known_one() {
    let app = TestApp::with(&[
        ("WILDSIDE_LOGINS_PER_NAME", "0"),
        ("WILDSIDE_LOGINS_PER_ADDRESS", "0"),
    ]);
    app.user("ada").await;
    let alike = |fastest: &[Duration; 3]| {
        fastest[1..]
            .iter()
            .all(|other| (0.6..1.6).contains(&(other.as_secs_f64() / fastest[0].as_secs_f64())))
    };
    // The fastest of many: what else the machine does makes some slower, and only a real difference stays.
    let mut fastest = [Duration::MAX; 3];
    for round in 0..50 {
        if round >= 10 && alike(&fastest) {
            break;
        }
        for (fastest, name) in fastest.iter_mut().zip(["ada", "nobody", "a\0"]) {
            let started = Instant::now();
            let answer = login(&app, name, "not the password").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            *fastest = started.elapsed().min(*fastest);
        }
    }
    report(
        "fastest refusal for a known, an unknown and an impossible name",
        format_args!("{fastest:?}"),
    );
    assert!(alike(&fastest), "{fastest:?}");
}
