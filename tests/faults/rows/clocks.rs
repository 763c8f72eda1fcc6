//! Clocks that are not those of the others.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use serde_json::Value;
use tempfile::NamedTempFile;
use uuid::Uuid;
use wildside_actors::Status;

use crate::stage::client::some_walk;
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::Process;
use crate::stage::scene::Scene;

pub const ROWS: &[Row] = &[
    Row {
        number: 31,
        fault: "clocks 2 minutes off",
        done: "libfaketime: one of two servers and of two workers 2 minutes ahead, the others 2 minutes behind",
        quick: false,
        play: || two_minutes_off().boxed_local(),
    },
    Row {
        number: 42,
        fault: "clock of a worker 5 minutes off",
        done: "libfaketime: one worker 5 minutes ahead, one 5 minutes behind",
        quick: false,
        play: || workers_off().boxed_local(),
    },
];

const MISSING: Outcome = Outcome::NotRun("needs libfaketime");

async fn two_minutes_off() -> Outcome {
    let Some(library) = libfaketime() else {
        return MISSING;
    };
    let fleet = Fleet::start();
    let mut keys = NamedTempFile::new().unwrap();
    writeln!(keys, "{}", "t".repeat(64)).unwrap();
    let tile_keys = ("TILE_TOKEN_KEY_FILE", keys.path().to_str().unwrap());
    let (mut servers, mut workers) = (Vec::new(), Vec::new());
    for offset in ["+120s", "-120s"] {
        let [load, time, real] = clock(&library, offset);
        let server = fleet.server(&[load, time, real, tile_keys]).await;
        let worker = fleet.worker(&[load, time, real]).await;
        assert_off(&server, offset);
        assert_off(&worker, offset);
        servers.push(server);
        workers.push(worker);
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
    let waits = mean_waits(&scene).await;
    Outcome::seen(format!(
        "sessions and tile tokens of each server were good everywhere, jobs waited {waits:.3?} s by the metrics of the two workers; {report}"
    ))
}

async fn workers_off() -> Outcome {
    let Some(library) = libfaketime() else {
        return MISSING;
    };
    let fleet = Fleet::start();
    let servers = fleet.servers(1).await;
    let mut workers = Vec::new();
    for offset in ["+300s", "-300s"] {
        let worker = fleet.worker(&clock(&library, offset)).await;
        assert_off(&worker, offset);
        workers.push(worker);
    }
    let scene = Scene::of(fleet, servers, workers, 10.0).await;
    scene.goes_on(60).await;
    let report = scene.settle().await.all_complete().none_refused();
    let waits = mean_waits(&scene).await;
    Outcome::seen(format!(
        "jobs waited {waits:.3?} s on average by the metrics of the two; {report}"
    ))
}

/// The library itself: the program of that name would stand between us and the process.
fn libfaketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").unwrap();
    let libraries =
        folders.map(|folder| folder.unwrap().path().join("faketime/libfaketimeMT.so.1"));
    libraries.into_iter().find(|library| library.exists())
}

/// Environment that gives a process a clock that is off; the one by which it measures how long something takes stays right.
fn clock<'a>(library: &'a Path, offset: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME", offset),
        ("DONT_FAKE_MONOTONIC", "1"),
    ]
}

/// The clock by which a process writes its log is off by so much: else a row shows nothing.
fn assert_off(process: &Process, offset: &str) {
    let log = process.log();
    let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    let at: DateTime<Utc> = line["timestamp"].as_str().unwrap().parse().unwrap();
    let ahead = (at - Utc::now()).num_seconds();
    let meant: i64 = offset.trim_end_matches('s').parse().unwrap();
    assert!((ahead - meant).abs() < 60, "{ahead} s ahead, not {offset}");
}

/// Waits of the jobs of each worker, in seconds; neither less than nothing nor by its own clock.
async fn mean_waits(scene: &Scene) -> Vec<f64> {
    let mut waits = Vec::new();
    for worker in &scene.workers {
        let of = async |part| {
            let series = format!(r#"job_wait_seconds_{part}{{queue="route_generation"}}"#);
            worker.metric(&series).await
        };
        waits.push(of("sum").await / of("count").await);
    }
    assert!(
        waits.iter().all(|wait| (0.0..5.0).contains(wait)),
        "mean waits of jobs in seconds: {waits:?}"
    );
    waits
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

/// Test that the database opens the walk's tiles for a token.
fn opens(fleet: &Fleet, token: &Value) -> String {
    let text = |field: &str| token[field].as_str().unwrap().to_owned();
    fleet.sql(&format!(
        "SELECT verify_tile_token('{}', '{}')",
        text("token"),
        text("route_id")
    ))
}
