//! Places by name, and other walks for the same wish.

use std::collections::HashSet;

use crate::small_worlds::walk;
use crate::world::{at, grid, network, poi, request, street, theme};
use proptest::prelude::*;
use wildside_engine::walk::{Obstacle, Pace};
use wildside_engine::{NoWalk, Poi, Point, Walk, WalkRequest};

/// A hundred places of theme 1 along the streets of a grid.
fn crowd() -> Vec<Poi> {
    (0..100)
        .map(|id| {
            poi(
                id,
                at((id % 10) as f64 * 95.0 + 20.0, (id / 10) as f64 * 100.0),
            )
        })
        .collect()
}

fn stops(walk: &Walk) -> HashSet<i64> {
    walk.stops.iter().map(|stop| stop.poi_id).collect()
}

fn wish(minutes: u32) -> WalkRequest {
    request(at(450.0, 400.0), minutes)
}

#[test]
fn a_place_that_must_be_visited_is_whatever_its_theme() {
    let mut pois = crowd();
    pois.push(Poi {
        themes: vec![(theme(2), 0.9)],
        ..poi(500, at(850.0, 805.0))
    });
    let mut wish = wish(60);
    wish.themes = vec![theme(1)];
    wish.choice.include = vec![500, 99, 90];
    let walk = walk(&wish, &pois, &network(grid(10))).unwrap();
    assert!(stops(&walk).is_superset(&HashSet::from([500, 99, 90])));
    let asked_for = walk.stops.iter().find(|stop| stop.poi_id == 500).unwrap();
    assert!(asked_for.matches && asked_for.reason.is_none());
    wish.choice.include = vec![];
    wish.choice.exclude = stops(&walk).into_iter().collect();
    let other = self::walk(&wish, &pois, &network(grid(10))).unwrap();
    assert!(stops(&other).is_disjoint(&stops(&walk)));
}

#[test]
fn a_place_that_no_walk_can_visit_is_named_with_the_reason() {
    let mut edges = grid(30);
    edges.push(street(
        900,
        (90_001, at(5000.0, 0.0)),
        (90_002, at(5100.0, 0.0)),
    ));
    let streets = network(edges);
    let pois = [
        poi(1, at(2000.0, 0.0)),
        poi(2, at(5050.0, 3.0)),
        poi(3, at(0.0, 600.0)),
        poi(4, at(600.0, 0.0)),
    ];
    let include = |ids: &[i64]| {
        let mut wish = request(at(0.0, 0.0), 30);
        wish.choice.include = ids.to_vec();
        walk(&wish, &pois, &streets)
    };
    let cannot = |poi_id, obstacle| Err(NoWalk::CannotInclude { poi_id, obstacle });
    assert_eq!(include(&[3, 77]), cannot(77, Obstacle::Unknown));
    assert_eq!(include(&[2]), cannot(2, Obstacle::NoWay));
    let Err(NoWalk::CannotInclude {
        poi_id: 1,
        obstacle: Obstacle::TooLong { needed_seconds },
    }) = include(&[1])
    else {
        panic!("4 km in half an hour");
    };
    assert!((3000..3700).contains(&needed_seconds), "{needed_seconds}");
    let together = include(&[3, 4]);
    assert!(
        matches!(together, Err(NoWalk::IncludedTooLong { needed_seconds }) if needed_seconds > 1800),
        "{together:?}"
    );
    assert!(include(&[3]).is_ok() && include(&[4]).is_ok());
}

/// A stretch of a path, whichever way it is walked.
type Stretch = [(i64, i64); 2];

fn length_on(walk: &Walk, earlier: &[Walk]) -> f64 {
    let key = |point: &Point| {
        (
            (point.lon * 1e6).round() as i64,
            (point.lat * 1e6).round() as i64,
        )
    };
    let pieces = |walk: &Walk| -> Vec<(Stretch, f64)> {
        let mut fine = vec![];
        for pair in walk.path.windows(2) {
            let metres = pair[0].distance_metres(pair[1]);
            let mut ends = [key(&pair[0]), key(&pair[1])];
            ends.sort_unstable();
            fine.push((ends, metres));
        }
        fine
    };
    let known: HashSet<_> = earlier
        .iter()
        .flat_map(|walk| pieces(walk).into_iter().map(|(piece, _)| piece))
        .collect();
    let shared = pieces(walk)
        .into_iter()
        .filter(|(piece, _)| known.contains(piece));
    shared.map(|(_, metres)| metres).sum()
}

#[test]
fn variants_are_other_walks_that_are_nearly_as_good() {
    let streets = network(grid(10));
    let pois = crowd();
    for minutes in [45, 60] {
        let variants: Vec<Walk> = (0..3)
            .map(|variant| {
                let mut wish = wish(minutes);
                wish.choice.variant = variant;
                walk(&wish, &pois, &streets).unwrap()
            })
            .collect();
        for (number, variant) in variants.iter().enumerate().skip(1) {
            let known: HashSet<i64> = variants[..number].iter().flat_map(stops).collect();
            let shared = stops(variant).intersection(&known).count();
            assert!(2 * shared <= variant.stops.len(), "{number}: {shared}");
            let length = length_on(variant, &variants[..number]) / variant.distance_metres;
            assert!(length <= 0.3, "{number}: {length}");
            assert!(
                variant.score >= 0.9 * variants[0].score,
                "{number}: {} of {}",
                variant.score,
                variants[0].score
            );
        }
    }
}

#[test]
fn who_walks_slowly_gets_less_far_in_the_same_time() {
    let streets = network(grid(16));
    let metres = [0.7, 4.0 / 3.0, 2.0].map(|pace| {
        let mut wish = request(at(750.0, 700.0), 60);
        wish.choice.pace = Pace(pace);
        let walk = walk(&wish, &[poi(1, at(800.0, 900.0))], &streets).unwrap();
        let standing: u32 = walk.stops.iter().map(|stop| stop.visit_seconds).sum();
        let speed = walk.distance_metres / f64::from(walk.duration_seconds - standing);
        assert!((speed - pace).abs() < 0.02, "{speed} instead of {pace}");
        assert!(walk.duration_seconds >= 3420);
        walk.distance_metres
    });
    assert!(metres.is_sorted(), "{metres:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn what_must_be_visited_is_and_what_must_not_is_not(
        include in prop::collection::vec(0..100_i64, 0..5),
        exclude in prop::collection::vec(0..100_i64, 0..30),
        (minutes, variant) in (30..120_u32, 0..2_u8),
    ) {
        let mut wish = wish(minutes);
        wish.choice.exclude = exclude.into_iter().filter(|id| !include.contains(id)).collect();
        wish.choice.include = include;
        wish.choice.variant = variant;
        match walk(&wish, &crowd(), &network(grid(10))) {
            Ok(walk) => {
                let stops = stops(&walk);
                prop_assert!(wish.choice.include.iter().all(|id| stops.contains(id)));
                prop_assert!(wish.choice.exclude.iter().all(|id| !stops.contains(id)));
            }
            Err(reason) => prop_assert_eq!(reason.code(), "cannot_include"),
        }
    }
}
