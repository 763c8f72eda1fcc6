//! Redis slow, full, and behind a cable that was pulled.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::time::sleep;
use wildside_test_support::{Fault, TcpProxy};

use crate::rows::redis::{NOT_QUEUED, SUBSCRIPTION_LOST};
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 9,
        fault: "Redis slow",
        done: "200 ms and 2 s more each way for 5 s each, then CLIENT PAUSE for 3 s",
        quick: false,
        play: || slow().boxed_local(),
    },
    Row {
        number: 10,
        fault: "Redis full",
        done: "maxmemory reached with noeviction for 6 s",
        quick: false,
        play: || full().boxed_local(),
    },
    Row {
        number: 11,
        fault: "cable between server and Redis pulled",
        done: "a black hole between one of two servers and Redis for 12 s",
        quick: false,
        play: || cable_pulled().boxed_local(),
    },
];

/// A cable that is pulled is noticed by then.
const NOTICED_LIMIT: Duration = Duration::from_secs(10);
/// For the answer to a request for a walk, whatever Redis does.
const ANSWER_LIMIT: Duration = Duration::from_millis(300);
const CACHE_ERRORS: &str = r#"route_cache_requests_total{result="error"}"#;

async fn slow() -> Outcome {
    let fleet = Fleet::start();
    let proxy = TcpProxy::to_port(fleet.redis.port());
    let url = fleet.redis.url_at(proxy.port());
    let slow_redis = [("REDIS_URL", url.as_str())];
    let servers = vec![fleet.server(&slow_redis).await];
    let workers = vec![fleet.worker_with_engine("10", &slow_redis).await];
    let mut scene = Scene::of(fleet, servers, workers, 10.0).await;
    scene.goes_on(20).await;
    let began = Instant::now();
    for delay in [Duration::from_millis(200), Duration::from_secs(2)] {
        proxy.set(Fault::Latency(delay));
        sleep(Duration::from_secs(5)).await;
    }
    proxy.set(Fault::None);
    let pause = ["CLIENT", "PAUSE", "3000", "ALL"];
    scene.fleet.redis.command(&pause);
    sleep(Duration::from_secs(3)).await;
    let ended = Instant::now();
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    let answer = report.history.p99_answer(began, ended);
    assert!(answer < ANSWER_LIMIT, "p99 of the answers: {answer:?}");
    assert!(scene.all_run());
    assert!(scene.server().count(CACHE_ERRORS).await > 0);
    Outcome::recovered(
        report.recovery(ended),
        format!("the cache was passed over, answers within {answer:.0?} (p99); {report}"),
    )
}

async fn full() -> Outcome {
    let mut scene = Scene::start(1, &["20"], 10.0).await;
    scene.goes_on(20).await;
    let redis = &scene.fleet.redis;
    let limit = |bytes| redis.command(&["CONFIG", "SET", "maxmemory", bytes]);
    limit("1");
    sleep(Duration::from_secs(6)).await;
    limit("0");
    let emptied = Instant::now();
    let server = scene.server();
    server
        .logs("job not queued; the sweep will", PATIENCE)
        .await;
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete();
    assert!(server.count(NOT_QUEUED).await > 0);
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(emptied),
        format!("what could not be queued stayed in the ledger until it could; {report}"),
    )
}

async fn cable_pulled() -> Outcome {
    let (scene, proxy) = Scene::with_cable_to_redis().await;
    let cut_off = scene.server();
    scene.goes_on(20).await;
    proxy.set(Fault::BlackHole);
    let pulled = Instant::now();
    cut_off
        .logs("no subscription to status events", NOTICED_LIMIT)
        .await;
    let noticed = pulled.elapsed();
    sleep(Duration::from_secs(12).saturating_sub(noticed)).await;
    proxy.set(Fault::None);
    let plugged_in = Instant::now();
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    for series in [SUBSCRIPTION_LOST, NOT_QUEUED] {
        assert!(cut_off.count(series).await > 0, "{series}");
    }
    let answer = report.history.p99_answer(pulled, plugged_in);
    Outcome::recovered(
        report.recovery(plugged_in),
        format!(
            "noticed after {noticed:.1?}, answers within {answer:.1?} (p99), what was missed came from the ledger; {report}"
        ),
    )
}
