//! Every write of the description, several times at once: one order, nothing lost, nothing done twice.

mod passwords;
mod pins;

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::app::{Answer, Client, TestApp};
use crate::api::city;
use crate::api::log::PASSWORD;
use crate::api::security::operations::{Access, Operation, World};

/// Requests at once.
const AT_ONCE: usize = 4;
/// A race that is lost once in some rounds is lost.
const ROUNDS: usize = 5;

/// Idempotency keys of the requests.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Keys {
    None,
    One,
    Each,
}

/// Manner in which a write is tried.
#[derive(Debug, Clone, Copy)]
struct Trial {
    equal: bool,
    keys: Keys,
    /// They name the revision that they all have seen.
    expect: bool,
}

/// A write, and what its description says of it.
struct Write {
    operation: Operation,
    takes_key: bool,
    takes_revision: bool,
}

impl Write {
    fn trials(&self) -> Vec<Trial> {
        let keys: &[Keys] = if self.takes_key {
            &[Keys::None, Keys::One, Keys::Each]
        } else {
            &[Keys::None]
        };
        let expects: &[bool] = if self.takes_revision {
            &[false, true]
        } else {
            &[false]
        };
        let mut trials = Vec::new();
        for equal in [true, false] {
            for &keys in keys {
                trials.extend(expects.iter().map(|&expect| Trial {
                    equal,
                    keys,
                    expect,
                }));
            }
        }
        trials
    }

    /// The body of the `n`th request: another one for each, if they differ.
    fn body(&self, n: usize, themes: &[Value]) -> Option<Value> {
        let mut body = self.operation.body.clone()?;
        match self.operation.template {
            "/api/v1/users" => {
                body = json!({"username": format!("u{}", Uuid::new_v4()), "password": PASSWORD});
            }
            "/api/v1/login" => {}
            "/api/v1/users/me" | "/api/v1/users/{user_id}" => {
                body["display_name"] = format!("Name {n}").into();
            }
            "/api/v1/users/me/interests" => {
                let ids = themes[n..n + 3].iter().map(|theme| theme["id"].clone());
                body["interest_theme_ids"] = ids.collect();
            }
            "/api/v1/routes" => body["duration_minutes"] = (60 + n).into(),
            "/api/v1/routes/{route_id}" => body["name"] = format!("Name {n}").into(),
            "/api/v1/routes/{route_id}/progress" => {
                body["visited_poi_ids"] =
                    [json!([11]), json!([22]), json!([11, 22]), json!([])][n % 4].clone();
            }
            "/api/v1/routes/{route_id}/notes" => body["body"] = format!("Note {n}").into(),
            unknown => panic!("say here in what two bodies of {unknown} may differ"),
        }
        Some(body)
    }

    /// Path and field from which the last write is read; its revision is there too.
    fn truth(&self) -> (&str, &'static str) {
        match self.operation.template {
            "/api/v1/users/me/interests" => ("/api/v1/users/me", "interest_theme_ids"),
            "/api/v1/routes/{route_id}/progress" => (&self.operation.path, "visited_poi_ids"),
            _ => (&self.operation.path, "display_name"),
        }
    }
}

/// All that the description knows, and nothing that it does not.
fn writes(world: &World) -> Vec<Write> {
    let api = serde_json::to_value(wildside::api::description::openapi()).unwrap();
    let mut writes = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            if method == "get" {
                continue;
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let mut known = world.operations.iter();
            let operation = known.find(|o| o.method == method && o.template == path);
            let parameters = described["parameters"].as_array();
            let schema = &described["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let schema = schema.as_str().map(|name| name.trim_start_matches('#'));
            let properties = schema.and_then(|name| api.pointer(name)?.get("properties"));
            writes.push(Write {
                operation: operation
                    .unwrap_or_else(|| panic!("{method} {path} is not among the operations"))
                    .clone(),
                takes_key: parameters
                    .is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key")),
                takes_revision: properties
                    .is_some_and(|properties| properties.get("expected_revision").is_some()),
            });
        }
    }
    writes
}

async fn send_at_once(
    write: &Write,
    client: &Client,
    trial: Trial,
    themes: &[Value],
    revision: &Value,
) -> Vec<Answer> {
    let one_key = Uuid::new_v4();
    let equal = write.body(0, themes);
    let requests = (0..AT_ONCE).map(|n| {
        let mut body = if trial.equal {
            equal.clone()
        } else {
            write.body(n, themes)
        };
        if trial.expect {
            body.as_mut().unwrap()["expected_revision"] = revision.clone();
        }
        let key = match trial.keys {
            Keys::None => None,
            Keys::One => Some(one_key.to_string()),
            Keys::Each => Some(Uuid::new_v4().to_string()),
        };
        let (mut client, operation) = (client.clone(), write.operation.clone());
        async move {
            let headers: Vec<_> = key
                .iter()
                .map(|key| ("idempotency-key", key.as_str()))
                .collect();
            let (method, path) = (operation.method, &operation.path);
            client.send(method, path, body.as_ref(), &headers).await
        }
    });
    join_all(requests).await
}

fn count(answers: &[Answer], status: u16) -> usize {
    let with = |answer: &&Answer| answer.status == status;
    answers.iter().filter(with).count()
}

/// Number of requests that shall have had an effect.
fn effective(trial: Trial) -> usize {
    if trial.keys == Keys::One || trial.expect {
        1
    } else {
        AT_ONCE
    }
}

/// Checks what is the same of all writes that may be made more than once.
fn check_answers(what: &str, write: &Write, trial: Trial, answers: &[Answer]) {
    let statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    let fine = count(answers, write.operation.status);
    let refused = count(answers, 409);
    assert_eq!(fine + refused, AT_ONCE, "{what}: {statuses:?}");
    let replayed = answers
        .iter()
        .filter(|answer| answer.header("idempotency-replayed") == "true");
    let (expected_fine, expected_replayed) = match (trial.keys, trial.equal) {
        (Keys::One, true) => (AT_ONCE, AT_ONCE - 1),
        _ => (effective(trial), 0),
    };
    assert_eq!(fine, expected_fine, "{what}: {statuses:?}");
    assert_eq!(replayed.count(), expected_replayed, "{what}");
    if (trial.keys, trial.equal) == (Keys::One, true) {
        assert!(
            answers.iter().all(|answer| answer.text == answers[0].text),
            "{what}: {answers:?}"
        );
    }
}

/// Each effective request has raised the revision by one, and what is there is what the last of them wrote.
async fn check_truth(
    what: &str,
    write: &Write,
    trial: Trial,
    before: i64,
    answers: &[Answer],
    client: &Client,
) {
    let (path, field) = write.truth();
    let now = client.clone().get(path).await.json();
    let effective = i64::try_from(effective(trial)).unwrap();
    assert_eq!(now["revision"], before + effective, "{what}: {answers:?}");
    let fine = answers.iter().filter(|answer| answer.status.is_success());
    let mut written: Vec<Value> = fine.map(Answer::json).collect();
    written.sort_by_key(|answer| answer["revision"].as_i64());
    let last = written.last().unwrap();
    assert_eq!(last["revision"], now["revision"], "{what}: {answers:?}");
    assert_eq!(last[field], now[field], "{what}: {answers:?}");
    let revisions = written.iter().map(|answer| answer["revision"].clone());
    let mut revisions: Vec<Value> = revisions.collect();
    revisions.dedup();
    assert_eq!(
        revisions.len(),
        usize::try_from(effective).unwrap(),
        "{what}"
    );
}

#[actix_web::test]
async fn whatever_has_a_revision_is_written_in_one_order() {
    let world = World::create().await;
    let mut owner = world.owner.clone();
    let themes = owner.get("/api/v1/interest-themes").await.json();
    let themes = themes.as_array().unwrap();
    for write in writes(&world).iter().filter(|write| write.takes_revision) {
        for trial in write.trials() {
            for round in 0..ROUNDS {
                let what = format!("{} {trial:?} {round}", write.operation.path);
                // The first progress of a walk is the one without a row.
                world.app.database.sql("DELETE FROM route_progress");
                let before = owner.get(write.truth().0).await.json()["revision"].clone();
                let answers = send_at_once(write, &owner, trial, themes, &before).await;
                check_answers(&what, write, trial, &answers);
                let before = before.as_i64().unwrap();
                check_truth(&what, write, trial, before, &answers, &owner).await;
            }
        }
    }
}

#[actix_web::test]
async fn what_is_made_under_a_key_is_made_once() {
    let world = World::create().await;
    let made_once = |write: &&Write| write.takes_key && !write.takes_revision;
    for write in writes(&world).iter().filter(made_once) {
        let rows = match write.operation.template {
            "/api/v1/routes" => "SELECT count(*) FROM route_requests",
            "/api/v1/routes/{route_id}/notes" => "SELECT count(*) FROM route_notes",
            unknown => panic!("say here how to count what {unknown} makes"),
        };
        let rows = || -> usize { world.app.database.sql(rows).trim().parse().unwrap() };
        for trial in write.trials() {
            for round in 0..ROUNDS {
                let what = format!("{} {trial:?} {round}", write.operation.path);
                let before = rows();
                let answers = send_at_once(write, &world.owner, trial, &[], &Value::Null).await;
                check_answers(&what, write, trial, &answers);
                assert_eq!(rows(), before + effective(trial), "{what}");
            }
        }
    }
}

#[actix_web::test]
async fn every_other_write_is_right_or_refused_and_never_a_failure() {
    let world = World::create().await;
    for write in writes(&world) {
        if write.takes_key || write.takes_revision {
            continue;
        }
        let Operation {
            template,
            access,
            status,
            ..
        } = write.operation.clone();
        for trial in write.trials() {
            // Whoever logs out, or deletes the account, is another one each time.
            let client = match access {
                Access::Admin => world.admin.clone(),
                Access::Owner => world.owner.clone(),
                _ => world.app.user(&format!("u{}", Uuid::new_v4())).await,
            };
            let answers = send_at_once(&write, &client, trial, &[], &Value::Null).await;
            let what = format!(
                "{} {template} {trial:?}: {answers:?}",
                write.operation.method
            );
            let refused = count(&answers, 401) + count(&answers, 404) + count(&answers, 409);
            assert_eq!(count(&answers, status) + refused, AT_ONCE, "{what}");
            let once = trial.equal && template == "/api/v1/users"
                || (&write.operation.method, template)
                    == (&Method::DELETE, "/api/v1/routes/{route_id}")
                || template.contains("{note_id}")
                || template.contains("{user_id}")
                || template.contains("{job_id}");
            match (once, trial.equal) {
                (true, true) => assert_eq!(count(&answers, status), 1, "{what}"),
                (true, false) => {}
                (false, _) => assert!(count(&answers, status) > 0, "{what}"),
            }
        }
    }
}

/// A request of the user's own that has what it is about, or has had it.
async fn own_request(write: &Write, app: &TestApp) -> (Client, Operation) {
    let mut user = app.user(&format!("u{}", Uuid::new_v4())).await;
    let route = city::walk(app, &mut user).await;
    let me = user.get("/api/v1/users/me").await.json();
    let path = write.operation.template;
    let path = path
        .replace("{route_id}", &route.to_string())
        .replace("{note_id}", &Uuid::new_v4().to_string())
        .replace("{user_id}", me["id"].as_str().unwrap());
    let operation = Operation {
        path,
        ..write.operation.clone()
    };
    (user, operation)
}

#[actix_web::test]
async fn what_is_written_while_its_account_is_deleted_is_refused() {
    let world = World::create().await;
    world.app.database.expect_error("23503"); // foreign key: the account is gone
    let themes = world
        .owner
        .clone()
        .get("/api/v1/interest-themes")
        .await
        .json();
    let themes = themes.as_array().unwrap();
    for write in writes(&world) {
        let of_users = [Access::Users, Access::Owner, Access::OwnerAndAdmin];
        if !of_users.contains(&write.operation.access) {
            continue;
        }
        for round in 0..2 {
            let (user, operation) = own_request(&write, &world.app).await;
            let (mut deleter, what) = (user.clone(), format!("{operation:?} {round}"));
            let write = Write { operation, ..write };
            let trial = Trial {
                equal: true,
                keys: if write.takes_key {
                    Keys::Each
                } else {
                    Keys::None
                },
                expect: false,
            };
            let (answers, deleted) = futures::join!(
                send_at_once(&write, &user, trial, themes, &Value::Null),
                deleter.delete("/api/v1/users/me")
            );
            assert!(deleted.status.as_u16() < 500, "{what}: {deleted:?}");
            for answer in answers {
                assert!(answer.status.as_u16() < 500, "{what}: {answer:?}");
            }
        }
    }
}

#[actix_web::test]
async fn there_are_never_more_than_200_notes() {
    let world = World::create().await;
    let (app, mut owner) = (&world.app, world.owner.clone());
    app.database.sql(
        "INSERT INTO route_notes (user_id, route_id, body) \
         SELECT user_id, route_id, n::text FROM route_notes, generate_series(1, 197) AS n",
    );
    let mut all = writes(&world).into_iter();
    let write = all
        .find(|write| write.operation.template.ends_with("/notes"))
        .unwrap();
    let trial = Trial {
        equal: false,
        keys: Keys::None,
        expect: false,
    };
    // Who has counted them has to wait before adding one until all have counted, or wait to.
    let pool = wildside::db::pool(&app.database.url(), 1);
    let mut holder = pool.get().await.unwrap();
    let lock = "BEGIN; LOCK TABLE route_notes IN SHARE MODE";
    holder.batch_execute(lock).await.unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let (answers, ()) = futures::join!(
        send_at_once(&write, &owner, trial, &[], &Value::Null),
        async {
            while app.database.sql(waiting).trim() != AT_ONCE.to_string() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            holder.batch_execute("COMMIT").await.unwrap();
        }
    );
    assert_eq!((count(&answers, 201), count(&answers, 409)), (2, 2));
    let notes = owner.get(&write.operation.path).await.json();
    assert_eq!(notes.as_array().unwrap().len(), 200);
}
