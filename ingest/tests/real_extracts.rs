//! The shipped extracts, beside what other tools count in them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

use wildside_engine::network::WayClass;
use wildside_ingest::extract::{self, Extract};

fn extract(city: &str) -> Extract {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("data/{city}.osm.pbf"));
    extract::read(&file, None).unwrap()
}

#[test]
fn every_element_is_read() {
    // As counted by `osmium fileinfo -e`.
    assert_eq!(extract("helsinki").report.elements, [24260, 5130, 620]);
    assert_eq!(extract("monaco").report.elements, [30626, 4846, 290]);
}

#[test]
fn popularity_is_spread_over_the_whole_range() {
    for city in ["helsinki", "monaco"] {
        let places = extract(city).places;
        let share = |low: f32, high: f32| {
            let within = places
                .iter()
                .filter(|p| (low..=high).contains(&p.popularity))
                .count();
            within as f64 / places.len() as f64
        };
        assert!(places.iter().all(|p| (0.0..=1.0).contains(&p.popularity)));
        for (low, high) in [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)] {
            assert!(
                (0.15..0.4).contains(&share(low, high)),
                "{city} {low}–{high}: {}",
                share(low, high)
            );
        }
    }
}

#[test]
fn edges_hang_together_and_reading_again_gives_the_same() {
    let (one, again) = (extract("monaco"), extract("monaco"));
    assert_eq!(one.edges, again.edges);
    assert_eq!(one.places, again.places);
    assert!(one.edges.iter().any(|edge| edge.class == WayClass::Steps));
    for edge in &one.edges {
        assert!(
            edge.geometry.len() >= 2 && edge.from_node != edge.to_node,
            "{edge:?}"
        );
    }
}

#[test]
fn gardens_that_close_at_night_give_their_ways_their_hours() {
    let monaco = extract("monaco");
    let mut hours: Vec<&str> = monaco
        .edges
        .iter()
        .filter_map(|edge| edge.hours.as_ref())
        .map(|hours| hours.text())
        .collect();
    let count = hours.len();
    hours.sort_unstable();
    hours.dedup();
    assert_eq!(
        hours,
        [
            "open Apr 1-Oct 31 09:00-18:45; Nov 1-Mar 31 09:00-17:45",
            "open Mo-Su 8:30-17:30",
            "open Nov-Jan: 09:00-17:00; Feb-Apr,Oct: 09:00-18:00; May-Sep: 09:00-19:00; Nov 19,Dec 25 off",
        ]
    );
    assert!((50..500).contains(&count), "{count}");
    let unread = "hours of ways, gates and parks that can't be read";
    for city in ["helsinki", "monaco"] {
        assert_eq!(extract(city).report.skipped.get(unread), None, "{city}");
    }
}
