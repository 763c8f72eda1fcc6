//! Redis slow, full, and behind a cable that was pulled.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::time::sleep;
use wildside_test_support::{Fault, TcpProxy};

use crate::fleet::Fleet;
use crate::load::Load;
use crate::matrix::{Outcome, Row};

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

const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
/// For the answer to a request for a walk, whatever Redis does.
const ANSWER_LIMIT: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(30);

async fn slow() -> Outcome {
    let fleet = Fleet::start();
    let proxy = TcpProxy::to_port(fleet.redis.port());
    let slow_redis = fleet.redis.url_at(proxy.port());
    let server = fleet.server(&[("REDIS_URL", &slow_redis)]).await;
    let mut worker = fleet
        .worker_with_engine(&["10"], &[("REDIS_URL", &slow_redis)])
        .await;
    let load = Load::start(&[&server], 10.0).await;
    load.goes_on(20).await;
    let began = Instant::now();
    for delay in [Duration::from_millis(200), Duration::from_secs(2)] {
        proxy.set(Fault::Latency(delay));
        sleep(Duration::from_secs(5)).await;
    }
    proxy.set(Fault::None);
    fleet.redis.command(&["CLIENT", "PAUSE", "3000", "ALL"]);
    sleep(Duration::from_secs(3)).await;
    let ended = Instant::now();
    load.goes_on(20).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    let (recovery, answer) = (
        report.history.settled_after(ended),
        report.history.p99_answer(began, ended),
    );
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    assert!(answer < ANSWER_LIMIT, "p99 of the answers: {answer:?}");
    assert!(worker.is_running());
    assert!(
        server
            .count(r#"route_cache_requests_total{result="error"}"#)
            .await
            > 0
    );
    Outcome::recovered(
        recovery,
        format!("the cache was passed over, answers within {answer:.0?} (p99); {report}"),
    )
}

async fn full() -> Outcome {
    let fleet = Fleet::start();
    let server = fleet.server(&[]).await;
    let mut worker = fleet.worker_with_engine(&["20"], &[]).await;
    let load = Load::start(&[&server], 10.0).await;
    load.goes_on(20).await;
    let limit = |bytes| fleet.redis.command(&["CONFIG", "SET", "maxmemory", bytes]);
    limit("1");
    sleep(Duration::from_secs(6)).await;
    limit("0");
    let emptied = Instant::now();
    server
        .logs("job not queued; the sweep will", PATIENCE)
        .await;
    load.goes_on(20).await;
    let report = load.settle(&fleet, PATIENCE).await.all_complete();
    let recovery = report.history.settled_after(emptied);
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    assert!(worker.is_running());
    let failed = r#"job_push_failures_total{queue="route_generation"}"#;
    assert!(server.count(failed).await > 0);
    Outcome::recovered(
        recovery,
        format!("what could not be queued stayed in the ledger until it could; {report}"),
    )
}

async fn cable_pulled() -> Outcome {
    let fleet = Fleet::start();
    let proxy = TcpProxy::to_port(fleet.redis.port());
    let cut_off = fleet
        .server(&[("REDIS_URL", &fleet.redis.url_at(proxy.port()))])
        .await;
    let other = fleet.server(&[]).await;
    let _worker = fleet.worker_with_engine(&["20"], &[]).await;
    let load = Load::start(&[&cut_off, &other], 10.0).await;
    load.goes_on(20).await;
    proxy.set(Fault::BlackHole);
    let pulled = Instant::now();
    cut_off
        .logs("no subscription to status events", RECOVERY_LIMIT)
        .await;
    let noticed = pulled.elapsed();
    sleep(Duration::from_secs(12).saturating_sub(noticed)).await;
    proxy.set(Fault::None);
    let plugged_in = Instant::now();
    load.goes_on(20).await;
    let report = load
        .settle(&fleet, PATIENCE)
        .await
        .all_complete()
        .none_refused();
    let (recovery, answer) = (
        report.history.settled_after(plugged_in),
        report.history.p99_answer(pulled, plugged_in),
    );
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    Outcome::recovered(
        recovery,
        format!(
            "noticed after {noticed:.1?}, answers within {answer:.1?} (p99), what was missed came from the ledger; {report}"
        ),
    )
}
