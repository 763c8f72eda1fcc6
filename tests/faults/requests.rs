//! The same request many times: sent twice, asked by many at once, answered by a spoilt cache.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;
use wildside_actors::Status;

use crate::client::some_walk;
use crate::fleet::Fleet;
use crate::load::{Load, poison};
use crate::matrix::{Outcome, Row};
use crate::process::{Process, until};
use crate::worker::COMPUTED;

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

const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(30);
const COMPUTED_FOR_NOTHING: &str = "another worker has taken the request over";
const ERRORS: &str = r#"route_cache_requests_total{result="error"}"#;
const MISSES: &str = r#"route_cache_requests_total{result="miss"}"#;

async fn sent_many_times() -> Outcome {
    const TIMES: usize = 50;
    let fleet = Fleet::start();
    let servers = [fleet.server(&[]).await, fleet.server(&[]).await];
    let worker = fleet.worker_with_engine(&["20"], &[]).await;
    let load = Load::start(&[&servers[0], &servers[1]], 10.0).await;
    load.goes_on(10).await;
    let (walk, key) = (some_walk(), Uuid::new_v4());
    let sent = Instant::now();
    let sending = (0..TIMES).map(|number| load.ask(0, number % 2, &walk, key));
    let requests: HashSet<Uuid> = join_all(sending).await.into_iter().collect();
    assert_eq!(requests.len(), 1, "the key stands for several requests");
    let (url, other) = (servers[1].url(), some_walk());
    let answer = load.user(0).ask(&url, &other, key).await.unwrap();
    assert_eq!(answer.status, 409, "{answer:?}");
    load.goes_on(10).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    assert_eq!(worker.count(COMPUTED).await, report.accepted as u64);
    let recovery = report.history.settled_after(sent);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    Outcome::recovered(
        recovery,
        format!("{TIMES} times the same answer, one job, another body is 409; {report}"),
    )
}

async fn herd() -> Outcome {
    const SIZE: usize = 500;
    let fleet = Fleet::start();
    let servers = [fleet.server(&[]).await, fleet.server(&[]).await];
    let mut broken = fleet.worker_with_engine(&["20", "panic"], &[]).await;
    let load = Load::start(&[&servers[0], &servers[1]], 4.0).await;
    let cursed = poison();
    let failed = load.ask(0, 0, &cursed, Uuid::new_v4()).await;
    load.ends_as(failed, Status::Failed).await;
    broken.signal("TERM");
    assert_eq!(broken.ended(PATIENCE).await, Some(0));

    let workers = [
        fleet.worker_with_engine(&["500"], &[]).await,
        fleet.worker_with_engine(&["500"], &[]).await,
    ];
    let (walk, asked) = (some_walk(), Instant::now());
    let asking = (0..SIZE).map(|number| load.ask(number / 2, number % 2, &walk, Uuid::new_v4()));
    join_all(asking).await;
    let answered = Instant::now();
    let again = load.ask(1, 1, &cursed, Uuid::new_v4()).await;
    load.ends_as(again, Status::Complete).await;
    let report = load.settle(&fleet, PATIENCE).await;
    assert_eq!(report.failed, 1, "more failed than the cursed one");
    let recovery = report.history.settled_after(answered);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    let mut computed = 0;
    for worker in &workers {
        assert!(!worker.log().contains(COMPUTED_FOR_NOTHING));
        computed += worker.count(COMPUTED).await as usize;
    }
    assert!(computed <= report.accepted - SIZE + 1, "{computed} walks");
    Outcome::recovered(
        recovery,
        format!(
            "all accepted within {:.1?}, computed once; the failure of a leader was not kept; {report}",
            answered - asked
        ),
    )
}

async fn spoilt_cache() -> Outcome {
    let fleet = Fleet::start();
    let server = fleet.server(&[]).await;
    let load = Load::start(&[&server], 5.0).await;
    load.goes_on(10).await;
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
        fleet.redis.command(&[command, &fleet.sql(&key), value]);
        walks.push(walk);
    }
    let before = [server.count(MISSES).await, server.count(ERRORS).await];
    for walk in &walks {
        assert_eq!(status_of(&load, &server, walk).await, "pending");
    }
    assert!(server.count(MISSES).await >= before[0] + 2);
    assert!(server.count(ERRORS).await > before[1]);
    let ignored = server
        .log()
        .matches("unreadable cache entry ignored")
        .count();
    assert_eq!(ignored, 2, "the junk and the other schema, once each");

    let (_worker, mended) = (fleet.worker_with_engine(&["20"], &[]).await, Instant::now());
    for walk in &walks {
        until("the entry is overwritten", PATIENCE, async || {
            status_of(&load, &server, walk).await == "complete"
        })
        .await;
    }
    load.goes_on(10).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    let recovery = report.history.settled_after(mended);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    Outcome::recovered(
        recovery,
        format!("all four were misses, logged once and overwritten; {report}"),
    )
}

/// Asks for a walk; the status in the answer.
async fn status_of(load: &Load, server: &Process, walk: &Value) -> String {
    let request = load.ask(1, 0, walk, Uuid::new_v4()).await;
    let path = format!("/api/v1/routes/status/{request}");
    let answer = load.user(1).get(&server.url(), &path).await.unwrap();
    answer.body["status"].as_str().unwrap().to_owned()
}
