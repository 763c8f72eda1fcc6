//! Clocks that are not those of the others.

use std::io::Write;
use std::path::Path;

use futures::FutureExt;
use serde_json::Value;
use tempfile::NamedTempFile;
use uuid::Uuid;
use wildside_actors::Status;

use crate::client::some_walk;
use crate::fleet::Fleet;
use crate::matrix::{Outcome, Row};
use crate::process::{Launch, Process};
use crate::scene::Scene;

pub const ROWS: &[Row] = &[Row {
    number: 31,
    fault: "clocks 2 minutes off",
    done: "libfaketime: one of two servers and of two workers 2 minutes ahead, the others 2 minutes behind",
    quick: false,
    play: || two_minutes_off().boxed_local(),
}];

const FAKETIME: &str = "/usr/bin/faketime";

async fn two_minutes_off() -> Outcome {
    if !Path::new(FAKETIME).exists() {
        return Outcome::NotRun("needs faketime");
    }
    let fleet = Fleet::start();
    let mut keys = NamedTempFile::new().unwrap();
    writeln!(keys, "{}", "t".repeat(64)).unwrap();
    let variables = [
        ("DONT_FAKE_MONOTONIC", "1"),
        ("TILE_TOKEN_KEY_FILE", keys.path().to_str().unwrap()),
    ];
    let (mut servers, mut workers) = (Vec::new(), Vec::new());
    for offset in ["+120s", "-120s"] {
        servers.push(at_another_time(fleet.server_launch(&variables), offset).await);
        workers.push(at_another_time(fleet.worker_launch(&variables), offset).await);
    }
    let scene = Scene::of(fleet, servers, workers, 6.0).await;
    scene.goes_on(40).await;
    for server in 0..scene.servers.len() {
        // Who signed up at one server is known to the other, and its token opens the walk's tiles.
        for user in 0..2 {
            let token = tile_token(&scene, user, server).await;
            assert_eq!(opens(&scene.fleet, &token), "t", "{token}");
        }
    }
    let report = scene.settle().await.all_complete().none_refused();
    for worker in &scene.workers {
        let waited = worker
            .metric(r#"job_wait_seconds_sum{queue="route_generation"}"#)
            .await;
        let jobs = worker
            .metric(r#"job_wait_seconds_count{queue="route_generation"}"#)
            .await;
        assert!(
            (0.0..5.0).contains(&(waited / jobs)),
            "{waited} s for {jobs} jobs"
        );
    }
    Outcome::seen(format!(
        "sessions and tile tokens of each server were good everywhere, jobs waited no less than 0 s; {report}"
    ))
}

async fn at_another_time(mut launch: Launch, offset: &str) -> Process {
    let program = std::mem::replace(&mut launch.program, FAKETIME.into());
    let front = ["-f", offset, program.to_str().unwrap()].map(str::to_owned);
    launch.arguments.splice(0..0, front);
    let process = Process::start(launch);
    process.is_ready().await;
    process
}

/// A token of this server for a walk that the user has just asked for there.
async fn tile_token(scene: &Scene, user: usize, server: usize) -> Value {
    let (load, url) = (&scene.load, scene.servers[server].url());
    let request = load.ask(user, server, &some_walk(), Uuid::new_v4()).await;
    load.ends_as(request, Status::Complete).await;
    let path = format!("/api/v1/routes/status/{request}");
    let route = load.user(user).get(&url, &path).await.unwrap().body["route_id"].clone();
    let path = format!("/api/v1/routes/{}/tile-token", route.as_str().unwrap());
    let mut token = load.user(user).post(&url, &path).await.unwrap().body;
    token["route_id"] = route;
    token
}

/// Whether the database opens the walk's tiles for a token.
fn opens(fleet: &Fleet, token: &Value) -> String {
    let text = |field: &str| token[field].as_str().unwrap().to_owned();
    fleet.sql(&format!(
        "SELECT verify_tile_token('{}', '{}')",
        text("token"),
        text("route_id")
    ))
}
