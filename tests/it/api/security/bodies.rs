//! Bodies that are too much: fields that nobody may set, and everything without bounds.

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;

use super::operations::{Operation, World};
use super::report;
use crate::api::app::Answer;

/// Columns and other things that a careless server would take over from a body.
const PRIVILEGED: [&str; 14] = [
    "id",
    "role_name",
    "is_admin",
    "user_id",
    "revision",
    "session_generation",
    "password_hash",
    "created_at",
    "route_id",
    "status",
    "score",
    "saved",
    "__proto__",
    "$where",
];

async fn send(world: &World, operation: &Operation, kind: &str, body: Vec<u8>) -> Answer {
    let mut owner = world.owner.clone();
    let (method, path) = (operation.method.clone(), &operation.path);
    owner.send_raw(method, path, Some((kind, body)), &[]).await
}

#[actix_web::test]
async fn no_field_can_be_set_that_is_not_of_the_request() {
    let world = World::create().await;
    let before = world.app.database.sql("SELECT * FROM users ORDER BY id");
    for operation in world.with_body() {
        for field in PRIVILEGED {
            let mut body = operation.body.clone().unwrap();
            body[field] = json!("admin");
            let answer = send(
                &world,
                operation,
                "application/json",
                body.to_string().into(),
            )
            .await;
            let probe = format!("{} {} with {field}", operation.method, operation.template);
            report(&probe, answer.status);
            assert_eq!(
                answer.codes(),
                ["invalid_request", "unknown_field"],
                "{probe}"
            );
        }
    }
    let body = json!({"username": "eve", "password": "a fine long password", "role": "admin"});
    let answer = world.app.client().post("/api/v1/users", &body).await;
    assert_eq!(answer.codes(), ["invalid_request", "unknown_field"]);
    let after = world.app.database.sql("SELECT * FROM users ORDER BY id");
    assert_eq!(after, before);
}

/// A name, a content type, a body, and the answer.
type Probe = (&'static str, &'static str, Vec<u8>, u16);

fn hostile() -> Vec<Probe> {
    let json = "application/json";
    let deep = |open: &str, times: usize| open.repeat(times).into_bytes();
    let long_number = format!("{{\"duration_minutes\": {}}}", "9".repeat(40_000));
    let many_keys: Vec<String> = (0..5_000).map(|n| format!("\"k{n}\": 0")).collect();
    vec![
        ("10^6 arrays deep", json, deep("[", 1_000_000), 413),
        ("60,000 arrays deep", json, deep("[", 60_000), 400),
        ("10,000 objects deep", json, deep("{\"a\":", 10_000), 400),
        (
            "129 arrays deep in a field",
            json,
            format!("{{\"body\": {}1{}}}", "[".repeat(129), "]".repeat(129)).into(),
            400,
        ),
        ("a number of 40,000 digits", json, long_number.into(), 400),
        (
            "1e400",
            json,
            br#"{"duration_minutes": 1e400}"#.to_vec(),
            400,
        ),
        (
            "-1e400",
            json,
            br#"{"popularity_bias": -1e400}"#.to_vec(),
            400,
        ),
        ("NaN", json, br#"{"popularity_bias": NaN}"#.to_vec(), 400),
        (
            "Infinity",
            json,
            br#"{"popularity_bias": Infinity}"#.to_vec(),
            400,
        ),
        (
            "a key twice",
            json,
            br#"{"body": "a", "body": "b"}"#.to_vec(),
            400,
        ),
        (
            "a key in two spellings",
            json,
            br#"{"display_name": "a", "displayName": "b"}"#.to_vec(),
            400,
        ),
        (
            "5,000 unknown keys",
            json,
            format!("{{{}}}", many_keys.join(",")).into(),
            400,
        ),
        ("64 KiB and a byte", json, vec![b' '; 65_537], 413),
        ("no JSON at all", json, vec![0xff, 0xfe, 0], 400),
        (
            "half a surrogate",
            json,
            br#"{"body": "\ud800"}"#.to_vec(),
            400,
        ),
        ("nothing", json, Vec::new(), 400),
        ("null", json, b"null".to_vec(), 400),
        ("two documents", json, b"{}{}".to_vec(), 400),
        ("plain text", "text/plain", b"{}".to_vec(), 415),
        (
            "a form",
            "application/x-www-form-urlencoded",
            b"a=b".to_vec(),
            415,
        ),
        (
            "a multipart form",
            "multipart/form-data; boundary=x",
            b"--x--".to_vec(),
            415,
        ),
        (
            "JSON as text for a form",
            "text/plain; application/json",
            b"{}".to_vec(),
            415,
        ),
        (
            "XML with an entity",
            "application/xml",
            b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>".to_vec(),
            415,
        ),
    ]
}

#[actix_web::test]
async fn bodies_without_bounds_are_refused_everywhere() {
    let world = World::create().await;
    for operation in world.with_body() {
        for (name, kind, body, status) in hostile() {
            let answer = send(&world, operation, kind, body).await;
            let probe = format!("{} {}: {name}", operation.method, operation.template);
            report(&probe, answer.status);
            assert_eq!(answer.status.as_u16(), status, "{probe}: {}", answer.text);
            assert!(
                answer.text.len() < 64 * 1024,
                "{probe} is answered at length"
            );
            assert_eq!(
                answer.json()["trace_id"],
                answer.header("trace-id"),
                "{probe}"
            );
        }
    }
}

#[actix_web::test]
async fn compressed_bodies_are_not_unpacked() {
    let world = World::create().await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 50_000_000]).unwrap();
    let bomb = bomb.finish().unwrap();
    let operation = world.with_body().next().unwrap();
    for encoding in [
        "gzip",
        "deflate",
        "br",
        "zstd",
        "gzip, gzip",
        "identity, gzip",
        "x",
    ] {
        let answer = world
            .app
            .client()
            .send_raw(
                Method::POST,
                &operation.path,
                Some(("application/json", bomb.clone())),
                &[("content-encoding", encoding)],
            )
            .await;
        report(
            &format!("a body of 50 MB as {encoding}, {} bytes", bomb.len()),
            answer.status,
        );
        assert_eq!(answer.status.as_u16(), 415, "{encoding}");
    }
}

#[actix_web::test]
async fn numbers_in_queries_have_bounds() {
    let world = World::create().await;
    let mut admin = world.admin.clone();
    for value in [
        "1e400",
        "NaN",
        "inf",
        "-1",
        "0",
        "101",
        "1.5",
        "0x10",
        "9".repeat(400).as_str(),
        "",
        "null",
    ] {
        let answer = admin.get(&format!("/api/v1/users?limit={value}")).await;
        report(&format!("?limit={value:.20}"), answer.status);
        assert_eq!(answer.status.as_u16(), 400, "{value}");
    }
    let huge: Value = admin.get("/api/v1/pois/99999999999999999999").await.json();
    assert_eq!(huge["code"], "invalid_request");
}
