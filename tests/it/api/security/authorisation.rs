//! Authorisation matrix: every operation, asked by nobody, by a stranger, by the owner of what it is about, and by an admin.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::operations::{Access, Operation, World};
use super::report;
use crate::api::app::Client;
use crate::api::city;

/// Headers that turn a request for `/ws` into a handshake.
const HANDSHAKE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// Answers to nobody, a stranger, an admin and the owner.
fn expected(operation: &Operation) -> [u16; 4] {
    let status = operation.status;
    match operation.access {
        Access::Anybody => [status; 4],
        Access::Users => [401, status, status, status],
        Access::Owner => [401, 404, 404, status],
        Access::OwnerAndAdmin => [401, 404, status, status],
        Access::Admin => [401, 403, status, 403],
    }
}

/// The same request by somebody else; each sign-up needs a name of its own.
async fn ask(operation: &Operation, world: &World, who: &str, client: &Client) -> u16 {
    let mut operation = operation.clone();
    let mut client = client.clone();
    if let (Some(body), "/api/v1/users") = (&mut operation.body, operation.template) {
        body["username"] = json!(format!("by-{who}"));
    }
    if operation.ends_session() && client.cookie.is_some() {
        let name = format!("{who}-{}", operation.method.as_str().to_lowercase());
        client = world.app.user(&name).await;
    }
    let headers = if operation.template == "/ws" {
        &HANDSHAKE[..]
    } else {
        &[]
    };
    operation.send(&mut client, headers).await.status.as_u16()
}

#[actix_web::test]
async fn everybody_may_do_what_is_theirs_and_nothing_else() {
    let world = World::create().await;
    let nobody = world.app.client();
    // The owner comes last: what is deleted is gone for the others too.
    let everybody = [
        ("nobody", &nobody),
        ("stranger", &world.stranger),
        ("admin", &world.admin),
        ("owner", &world.owner),
    ];
    report("operation", "nobody stranger admin owner");
    let mut wrong = Vec::new();
    for operation in &world.operations {
        let mut answers = [0; 4];
        for (answer, (who, client)) in answers.iter_mut().zip(everybody) {
            *answer = ask(operation, &world, who, client).await;
        }
        let name = format!("{} {}", operation.method, operation.template);
        report(&name, format_args!("{answers:?}"));
        if answers != expected(operation) {
            wrong.push((name, answers, expected(operation)));
        }
    }
    assert!(wrong.is_empty(), "operation, answers, expected: {wrong:#?}");
    let theirs = world.stranger.clone().get("/api/v1/users/me/routes").await;
    assert_eq!(theirs.json()["data"], json!([]));
}

#[actix_web::test]
async fn the_matrix_knows_every_operation_that_is_described() {
    let world = World::create().await;
    let api = serde_json::to_value(wildside::api::description::openapi()).unwrap();
    let described: BTreeSet<(String, String)> = api["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let known = world.operations.iter();
    let known = known.map(|o| (o.method.to_string(), o.template.to_owned()));
    assert_eq!(described, known.collect());
}

#[actix_web::test]
async fn a_key_of_somebody_else_replays_nothing() {
    let world = World::create().await;
    let key = [("idempotency-key", "5b0b2b46-9f6a-4d4e-8d2c-0d8e6f1f7c55")];
    let mut ids = BTreeSet::new();
    for client in [&world.owner, &world.stranger] {
        let body = city::body();
        let answer = client
            .clone()
            .send(Method::POST, "/api/v1/routes", Some(&body), &key)
            .await;
        assert_eq!(answer.header("idempotency-replayed"), "");
        ids.insert(answer.json()["request_id"].to_string());
    }
    assert_eq!(ids.len(), 2);
}

#[actix_web::test]
async fn what_lost_its_role_or_its_account_may_nothing_more() {
    let mut world = World::create().await;
    let path = "/api/v1/users";
    assert_eq!(world.admin.get(path).await.status.as_u16(), 200);
    world.app.database.sql("UPDATE users SET role = 'user'");
    assert_eq!(world.admin.get(path).await.status.as_u16(), 403);
    world.app.database.sql("DELETE FROM users");
    assert_eq!(world.admin.get(path).await.status.as_u16(), 401);
}
