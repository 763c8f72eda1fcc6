//! Overpass servers that do not want, cannot, or never answer.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::time::sleep;
use wildside::overpass::MannersSettings;
use wildside_test_support::OverpassFault;

use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::until;
use crate::stage::scene::PATIENCE;
use crate::stage::sparse::Sparse;

pub const ROWS: &[Row] = &[
    Row {
        number: 19,
        fault: "Overpass has had enough of us",
        done: "the server answers 429 with Retry-After: 5, then it is well",
        quick: false,
        play: || rate_limited().boxed_local(),
    },
    Row {
        number: 20,
        fault: "Overpass overloaded",
        done: "the first mirror answers 504, then both do, then neither",
        quick: false,
        play: || overloaded().boxed_local(),
    },
    Row {
        number: 21,
        fault: "Overpass never answers",
        done: "the first mirror says nothing, the second a byte a second",
        quick: false,
        play: || silent().boxed_local(),
    },
];

const RETRIES: &str = r#"job_retries_total{queue="enrichment",reason="#;

async fn rate_limited() -> Outcome {
    const THEMES: usize = 4;
    let limited = OverpassFault::RateLimited {
        retry_after: Some("5".to_owned()),
    };
    let city = Sparse::start(THEMES, &[limited]).await;
    until("the server is asked", PATIENCE, async || {
        city.asked() == [1]
    })
    .await;
    let refused = Instant::now();
    city.scene.goes_on(5).await;
    city.set(&OverpassFault::None);
    until("the server is asked again", PATIENCE, async || {
        city.asked() != [1]
    })
    .await;
    let again = refused.elapsed();
    assert!(
        (4.9..9.0).contains(&again.as_secs_f64()),
        "asked again after {again:?}"
    );
    assert_eq!(city.ends(PATIENCE).await, "complete");
    let recovery = refused.elapsed().saturating_sub(again);
    assert_eq!(city.asked(), [THEMES + 1], "once refused, then each once");
    assert!(city.mirrors[0].most_at_once() <= 2);
    city.scene
        .worker()
        .logs("the server has had enough of us", PATIENCE)
        .await;
    for reason in ["rate_limited", "postponed"] {
        let series = format!("{RETRIES}\"{reason}\"}}");
        assert!(city.scene.worker().count(&series).await > 0, "{series}");
    }
    let report = city.settle().await;
    Outcome::recovered(
        recovery,
        format!("asked again after {again:.1?}, walks went on meanwhile; {report}"),
    )
}

async fn overloaded() -> Outcome {
    /// So often each is asked before it is left alone.
    const SILENT: [usize; 2] = [3, 4];
    let busy = OverpassFault::Busy { retry_after: None };
    let city = Sparse::start(1, &[busy.clone(), OverpassFault::None]).await;
    assert_eq!(city.ends(PATIENCE).await, "complete");
    assert_eq!(city.asked(), [1, 1], "the mirror was not asked");
    // A server that was asked within this time is passed over.
    sleep(MannersSettings::default().spacing).await;

    assert_eq!(city.again(&busy, PATIENCE).await, "failed/busy");
    // Each run that fails says so; the last of three opens the circuit. The first mirror has failed before.
    until("three runs have failed", PATIENCE, async || {
        city.asked() == SILENT
    })
    .await;
    let opened = Instant::now();
    city.scene.worker().logs("job given up", PATIENCE).await;
    let dead = r#"dead_jobs{queue="enrichment"}"#;
    until("the dead job is counted", PATIENCE, async || {
        city.scene.worker().count(dead).await == 1
    })
    .await;

    let ends = city.again(&OverpassFault::None, Duration::from_mins(2));
    let silence = async {
        while city.asked() == SILENT {
            sleep(Duration::from_millis(100)).await;
        }
        opened.elapsed()
    };
    let (ended, silence) = tokio::join!(ends, silence);
    assert_eq!(ended, "complete");
    // A minute; the first mirror's began a run earlier.
    assert!(silence > Duration::from_secs(45), "asked after {silence:?}");
    let recovery = opened.elapsed().saturating_sub(silence);
    let report = city.settle().await;
    Outcome::recovered(
        recovery,
        format!(
            "the second mirror stood in; dead after 3 runs; both left alone for {silence:.0?}; {report}"
        ),
    )
}

async fn silent() -> Outcome {
    const DEADLINE: std::ops::Range<f64> = 39.0..46.0;
    let city = Sparse::start(1, &[OverpassFault::Silence, OverpassFault::Trickle]).await;
    until("the first is asked", PATIENCE, async || {
        city.asked() == [1, 0]
    })
    .await;
    let asked = Instant::now();
    let patience = Duration::from_secs(50);
    let first = until("the second is asked", patience, async || {
        city.asked() == [1, 1]
    })
    .await;
    let timed_out = format!("{RETRIES}\"timeout\"}}");
    let second = until("both have had their time", patience, async || {
        city.scene.worker().count(&timed_out).await == 1
    })
    .await;
    for took in [first, second] {
        assert!(DEADLINE.contains(&took.as_secs_f64()), "{took:?}");
    }
    city.set(&OverpassFault::None);
    assert_eq!(city.ends(PATIENCE).await, "complete");
    let recovery = asked.elapsed().saturating_sub(first + second);
    city.scene
        .worker()
        .logs("the server did not answer in time", PATIENCE)
        .await;
    let report = city.settle().await;
    Outcome::recovered(
        recovery,
        format!("given up after {first:.0?} and {second:.0?}, walks went on meanwhile; {report}"),
    )
}
