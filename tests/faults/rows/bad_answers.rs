//! Answers of Overpass servers that no program should take at their word.

use std::time::Duration;

use futures::FutureExt;
use wildside_test_support::OverpassFault;

use crate::stage::matrix::{Outcome, Row};
use crate::stage::scene::PATIENCE;
use crate::stage::sparse::Sparse;

pub const ROWS: &[Row] = &[
    Row {
        number: 22,
        fault: "Overpass answers garbage",
        done: "a page with status 200, half a body, no JSON, no Overpass JSON, a remark instead of elements",
        quick: false,
        play: || garbage().boxed_local(),
    },
    Row {
        number: 23,
        fault: "Overpass answers without end",
        done: "a body of 100 MB, and a small one that unpacks to 100 MB",
        quick: false,
        play: || endless().boxed_local(),
    },
    Row {
        number: 24,
        fault: "Overpass answers impossible places",
        done: "10^6 elements, among the first of them latitude 999, the same id twice, NUL in a tag",
        quick: false,
        play: || impossible().boxed_local(),
    },
    Row {
        number: 70,
        fault: "Overpass does not know the time of its data",
        done: "a day, a time as Osmosis writes it, a word, a number and nothing as its base date",
        quick: false,
        play: || undated().boxed_local(),
    },
];

async fn garbage() -> Outcome {
    let city = Sparse::start(1, &[OverpassFault::None]).await;
    assert_eq!(city.ends(PATIENCE).await, "complete");
    let known = city.known();
    let body = |text: &str| OverpassFault::Body(text.to_owned());
    for (fault, end, tries) in [
        (OverpassFault::PageWithStatus200, "failed/busy", 3),
        (OverpassFault::Truncated, "failed/malformed", 3),
        (body("\u{0}\u{1}\u{2} no JSON"), "failed/malformed", 3),
        (body(r#"{"elements": {}}"#), "failed/malformed", 3),
        (OverpassFault::BadQuery, "failed/bad_query", 1),
        (OverpassFault::Remark, "partial", 1),
    ] {
        let before = city.asked()[0];
        assert_eq!(city.again(&fault, PATIENCE).await, end, "{fault:?}");
        assert_eq!(city.asked()[0] - before, tries, "tries of {fault:?}");
        city.close_circuit();
    }
    assert_eq!(city.known(), known, "garbage was stored");
    city.scene
        .worker()
        .logs("overpass did not answer", PATIENCE)
        .await;
    let failed = r#"enrichment_jobs_total{status="failure"}"#;
    assert_eq!(city.scene.worker().count(failed).await, 5);
    assert_eq!(city.again(&OverpassFault::None, PATIENCE).await, "complete");
    let report = city.settle().await;
    Outcome::seen(format!(
        "each under its own code, tried 3 times at most, nothing stored; {report}"
    ))
}

async fn endless() -> Outcome {
    const MOST_MIB: f64 = 80.0;
    let city = Sparse::start(1, &[OverpassFault::None]).await;
    assert_eq!(city.ends(PATIENCE).await, "complete");
    let before = city.scene.worker().peak_mib();
    for fault in [OverpassFault::Huge, OverpassFault::CompressedBomb] {
        let asked = city.asked()[0];
        let end = city.again(&fault, Duration::from_mins(2)).await;
        assert_eq!(end, "failed/too_large", "{fault:?}");
        assert_eq!(city.asked()[0] - asked, 1, "tries of {fault:?}");
    }
    let grown = city.scene.worker().peak_mib() - before;
    assert!(grown < MOST_MIB, "the worker has grown by {grown} MiB");
    city.scene
        .worker()
        .logs("the answer is larger than", PATIENCE)
        .await;
    let report = city.settle().await;
    Outcome::seen(format!(
        "given up at 32 MiB and not tried again, the worker grew by {grown:.0} MiB at most; {report}"
    ))
}

async fn impossible() -> Outcome {
    const SOUND: usize = 100;
    let city = Sparse::start(1, &[OverpassFault::None]).await;
    assert_eq!(city.ends(PATIENCE).await, "complete");
    let known = places(&city);
    let (body, rejected) = impossible_answer(SOUND);
    let end = city
        .again(&OverpassFault::Body(body), Duration::from_mins(2))
        .await;
    assert_eq!(end, "partial");
    let noted = city
        .scene
        .fleet
        .sql("SELECT elements, places, rejected FROM enrichments");
    assert_eq!(noted, format!("{SOUND}|{SOUND}|{rejected}"));
    assert_eq!(places(&city) - known, SOUND);
    city.scene
        .worker()
        .logs(&format!("\"rejected\":{rejected}"), PATIENCE)
        .await;
    let report = city.settle().await;
    Outcome::seen(format!(
        "{SOUND} places stored, {rejected} elements counted and refused; {report}"
    ))
}

async fn undated() -> Outcome {
    let city = Sparse::start(1, &[OverpassFault::None]).await;
    assert_eq!(city.ends(PATIENCE).await, "complete");
    let dates = [
        (r#""2026-11-30""#, "2026-11-30 00:00"),
        (r#""2026-11-30T20\\:21\\:00Z""#, "2026-11-30 20:21"),
        (r#""yesterday""#, "none"),
        ("20261130", "none"),
        ("null", "none"),
    ];
    for (told, noted) in dates {
        let body = format!(r#"{{"osm3s":{{"timestamp_osm_base":{told}}},"elements":[]}}"#);
        let end = city.again(&OverpassFault::Body(body), PATIENCE).await;
        assert_eq!(end, "complete", "{told}");
        let date = city.scene.fleet.sql(
            "SELECT coalesce(to_char(data_timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'none') \
             FROM enrichments",
        );
        assert_eq!(date, noted, "{told}");
    }
    let report = city.settle().await;
    Outcome::seen(format!("its places are taken as they are; {report}"))
}

fn places(city: &Sparse) -> usize {
    city.scene
        .fleet
        .sql("SELECT count(*) FROM pois")
        .parse()
        .unwrap()
}

/// An answer with so many places, and how many elements of it are none.
fn impossible_answer(sound: usize) -> (String, usize) {
    const ELEMENTS: usize = 1_000_000;
    let place = |id: usize, lat: f64, name: &str| {
        format!(
            r#"{{"type":"node","id":{id},"lat":{lat},"lon":7.42,"tags":{{"tourism":"viewpoint","name":"{name}"}}}}"#
        )
    };
    let mut elements: Vec<String> = (1..=sound)
        .map(|id| place(id + 5_000, 43.73, "View"))
        .collect();
    elements.extend((1..=sound).map(|id| place(id + 5_000, 43.73, "View")));
    elements.extend((1..=sound).map(|id| place(id + 6_000, 999.0, "Nowhere")));
    elements.extend((1..=sound).map(|id| place(id + 7_000, 43.73, r"a\u0000b")));
    let bare = (elements.len()..ELEMENTS).map(|id| format!(r#"{{"type":"node","id":{id}}}"#));
    elements.extend(bare);
    let body = format!(
        r#"{{"osm3s":{{"timestamp_osm_base":"2023-12-25T21:21:00Z"}},"elements":[{}]}}"#,
        elements.join(",")
    );
    (body, ELEMENTS - sound)
}
