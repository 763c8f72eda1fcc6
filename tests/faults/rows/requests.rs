//! The same request many times: sent twice, asked by many at once, answered by a spoilt cache.

use std::collections::HashSet;
use std::time::Instant;

use futures::FutureExt;
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;
use wildside_actors::Status;

use crate::stage::client::some_walk;
use crate::stage::load::poison;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::until;
use crate::stage::scene::{PATIENCE, Scene};
use crate::stage::worker::COMPUTED;

pub const ROWS: &[Row] = &[
    Row {
        number: 28,
        fault: "a request sent many times",
        done: "50 concurrent POSTs with one Idempotency-Key, at two servers in turn",
        quick: true,
        play: || sent_many_times().boxed_local(),
    },
    Row {
        number: 29,
        fault: "herd of identical requests",
        done: "500 POSTs with the same body at once, at two servers; another body whose first leader fails",
        quick: false,
        play: || herd().boxed_local(),
    },
    Row {
        number: 30,
        fault: "spoilt entries in the route cache",
        done: "junk, another schema, another type and a walk that is gone under the keys of four requests",
        quick: false,
        play: || spoilt_cache().boxed_local(),
    },
];

const COMPUTED_FOR_NOTHING: &str = "another worker has taken the request over";
const ERRORS: &str = r#"route_cache_requests_total{result="error"}"#;
const MISSES: &str = r#"route_cache_requests_total{result="miss"}"#;

async fn sent_many_times() -> Outcome {
    const TIMES: usize = 50;
    let scene = Scene::start(2, &["20"], 10.0).await;
    let load = &scene.load;
    scene.goes_on(10).await;
    let (walk, key) = (some_walk(), Uuid::new_v4());
    let sent = Instant::now();
    let sending = (0..TIMES).map(|number| load.ask(0, number % 2, &walk, key));
    let requests: HashSet<Uuid> = join_all(sending).await.into_iter().collect();
    assert_eq!(requests.len(), 1, "the key stands for several requests");
    let (url, other) = (scene.servers[1].url(), some_walk());
    let answer = load.user(0).ask(&url, &other, key).await.unwrap();
    assert_eq!(answer.status, 409, "{answer:?}");
    scene.goes_on(10).await;
    let report = scene.settle().await.all_complete().none_refused();
    let computed = scene.worker().count(COMPUTED).await;
    assert_eq!(computed, report.accepted as u64);
    Outcome::recovered(
        report.recovery(sent),
        format!("{TIMES} times the same answer, one job, another body is 409; {report}"),
    )
}

async fn herd() -> Outcome {
    const SIZE: usize = 500;
    let mut scene = Scene::start(2, &["20 panic"], 4.0).await;
    let mut broken = scene.workers.remove(0);
    let load = &scene.load;
    let cursed = poison();
    let failed = load.ask(0, 0, &cursed, Uuid::new_v4()).await;
    load.ends_as(failed, Status::Failed).await;
    broken.signal("TERM");
    assert_eq!(broken.ended(PATIENCE).await, Some(0));

    let workers = [
        scene.fleet.worker_with_engine("500", &[]).await,
        scene.fleet.worker_with_engine("500", &[]).await,
    ];
    let (walk, asked) = (some_walk(), Instant::now());
    let asking = (0..SIZE).map(|number| load.ask(number / 2, number % 2, &walk, Uuid::new_v4()));
    join_all(asking).await;
    let answered = Instant::now();
    let again = load.ask(1, 1, &cursed, Uuid::new_v4()).await;
    load.ends_as(again, Status::Complete).await;
    let report = scene.settle().await;
    assert_eq!(report.failed, 1, "more failed than the cursed one");
    let mut computed = 0;
    for worker in &workers {
        assert!(!worker.log().contains(COMPUTED_FOR_NOTHING));
        computed += worker.count(COMPUTED).await as usize;
    }
    assert!(computed <= report.accepted - SIZE + 1, "{computed} walks");
    Outcome::recovered(
        report.recovery(answered),
        format!(
            "all accepted within {:.1?}, computed once; the failure of a leader was not kept; {report}",
            answered - asked
        ),
    )
}

async fn spoilt_cache() -> Outcome {
    let scene = Scene::start(1, &[], 5.0).await;
    let (server, load) = (scene.server(), &scene.load);
    scene.goes_on(10).await;
    let gone = json!({ "route_id": Uuid::new_v4() }).to_string();
    let spoilt = [
        ["SET", "\u{1}junk"],
        ["SET", r#"{"walk": 7}"#],
        ["RPUSH", "a list"],
        ["SET", &gone],
    ];
    let mut walks = Vec::new();
    for [command, value] in spoilt {
        let walk = some_walk();
        let request = load.ask(0, 0, &walk, Uuid::new_v4()).await;
        let key = format!("SELECT cache_key FROM route_requests WHERE id = '{request}'");
        let Scene { fleet, .. } = &scene;
        fleet.redis.command(&[command, &fleet.sql(&key), value]);
        walks.push(walk);
    }
    let before = [server.count(MISSES).await, server.count(ERRORS).await];
    for walk in &walks {
        assert_eq!(status_of(&scene, walk).await, "pending");
    }
    assert!(server.count(MISSES).await >= before[0] + 2);
    assert!(server.count(ERRORS).await > before[1]);
    let ignored = server
        .log()
        .matches("unreadable cache entry ignored")
        .count();
    assert_eq!(ignored, 2, "the junk and the other schema, once each");

    let _worker = scene.fleet.worker_with_engine("20", &[]).await;
    let mended = Instant::now();
    for walk in &walks {
        until("the entry is overwritten", PATIENCE, async || {
            status_of(&scene, walk).await == "complete"
        })
        .await;
    }
    scene.goes_on(10).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        report.recovery(mended),
        format!("all four were misses, logged once and overwritten; {report}"),
    )
}

/// Asks for a walk; the status in the answer.
async fn status_of(Scene { load, servers, .. }: &Scene, walk: &Value) -> String {
    let request = load.ask(1, 0, walk, Uuid::new_v4()).await;
    let path = format!("/api/v1/routes/status/{request}");
    let answer = load.user(1).get(&servers[0].url(), &path).await.unwrap();
    answer.body["status"].as_str().unwrap().to_owned()
}
