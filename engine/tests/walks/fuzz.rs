//! Fuzzing: whatever the types admit, the engine answers without panic, endless loop or a walk that breaks its word.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::world::{at, theme};
use proptest::prelude::*;
use wildside_engine::network::{Cell, Edge, Lit, Network, WayClass};
use wildside_engine::places::KindId;
use wildside_engine::walk::{Accessibility, Choice, Pace};
use wildside_engine::{Poi, Point, Walk, WalkRequest, generate_route};

/// Mostly positions within a kilometre, sometimes anything a float can be.
fn point() -> impl Strategy<Value = Point> {
    let near = (-600.0..600.0, -600.0..600.0).prop_map(|(east, north)| at(east, north));
    let on_a_raster =
        (-5..5_i32, -5..5_i32).prop_map(|(x, y)| at(f64::from(x) * 100.0, f64::from(y) * 100.0));
    let anything =
        (prop::num::f64::ANY, prop::num::f64::ANY).prop_map(|(lon, lat)| Point::new(lon, lat));
    let on_earth = (-180.0..=180.0, -90.0..=90.0).prop_map(|(lon, lat)| Point::new(lon, lat));
    prop_oneof![8 => near, 12 => on_a_raster, 1 => anything, 1 => on_earth]
}

fn class() -> impl Strategy<Value = WayClass> {
    (0..WayClass::ALL.len()).prop_map(|position| WayClass::ALL[position])
}

fn edge() -> impl Strategy<Value = Edge> {
    let lit = prop_oneof![Just(Lit::Yes), Just(Lit::No), Just(Lit::Unknown)];
    let surface = prop_oneof![Just(None), Just(Some("gravel")), Just(Some("asphalt"))];
    let incline = prop_oneof![4 => Just(None), 1 => prop::num::f32::ANY.prop_map(Some)];
    let geometry = prop_oneof![15 => prop::collection::vec(point(), 2..5), 1 => prop::collection::vec(point(), 0..2)];
    (
        0..6_i64,
        0..20_i64,
        0..20_i64,
        class(),
        lit,
        surface,
        incline,
        geometry,
    )
        .prop_map(
            |(way_id, from_node, to_node, class, lit, surface, incline_percent, geometry)| Edge {
                way_id,
                from_node,
                to_node,
                class,
                lit,
                surface: surface.map(Arc::from),
                incline_percent,
                price_percent: 100 * (way_id.unsigned_abs() as u16 % 3),
                hours: None,
                one_way: way_id == 4,
                name: (way_id > 2).then(|| Arc::from(format!("Street {way_id}"))),
                geometry,
            },
        )
}

fn poi() -> impl Strategy<Value = Poi> {
    let popularity = prop_oneof![9 => 0.0..=1.0_f32, 1 => prop::num::f32::ANY];
    let themes = prop::collection::vec(
        (
            0..4_u128,
            prop_oneof![5 => 0.1..=1.0_f32, 1 => prop::num::f32::ANY],
        ),
        0..3,
    );
    (0..60_i64, point(), any::<u16>(), themes, popularity).prop_map(
        |(id, location, kind, themes, popularity)| Poi {
            id,
            location,
            kind: KindId(kind % 120),
            themes: themes
                .into_iter()
                .map(|(number, weight)| (theme(number), weight))
                .collect(),
            popularity,
            hours: None,
        },
    )
}

fn request() -> impl Strategy<Value = WalkRequest> {
    let budget = prop_oneof![8 => 600..10_800_u32, 1 => 0..=86_400_u32, 1 => any::<u32>()];
    let bias = prop_oneof![8 => 0.0..=1.0, 1 => prop::num::f64::ANY];
    let themes = prop::collection::vec((0..5_u128).prop_map(theme), 0..3);
    let ids = || prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(0..64_i64, 0..4)];
    let variant = prop_oneof![4 => Just(0), 1 => 0..=10_u8];
    let pace = prop_oneof![5 => Just(Pace::default()), 1 => (0.4..2.1).prop_map(Pace)];
    let choice =
        (ids(), ids(), variant, pace).prop_map(|(include, exclude, variant, pace)| Choice {
            departure: None,
            include,
            exclude,
            variant,
            pace,
        });
    (
        point(),
        prop::option::of(point()),
        budget,
        themes,
        bias,
        any::<(bool, bool)>(),
        choice,
        any::<u64>(),
    )
        .prop_map(
            |(
                start,
                end,
                budget_seconds,
                themes,
                popularity_bias,
                (avoid_stairs, prefer_well_lit),
                choice,
                seed,
            )| WalkRequest {
                start,
                end,
                budget_seconds,
                themes,
                popularity_bias,
                accessibility: Accessibility {
                    avoid_stairs,
                    prefer_well_lit,
                },
                choice,
                seed,
            },
        )
}

/// What is said about the stops is so.
fn assert_fits(walk: &Walk, request: &WalkRequest, pois: &[Poi]) {
    let belongs = |poi: &Poi| {
        // Of what is too little to count nothing is left.
        let counts = |weight: f32| 1.0 - (1.0 - f64::from(weight)) > 0.0;
        let chosen = |(theme, weight): &(_, f32)| request.themes.contains(theme) && counts(*weight);
        let is_included = request.choice.include.contains(&poi.id);
        is_included || request.themes.is_empty() || poi.themes.iter().any(chosen)
    };
    let is_stop = |id: &i64| walk.stops.iter().any(|stop| stop.poi_id == *id);
    assert!(request.choice.include.iter().all(is_stop));
    assert!(!request.choice.exclude.iter().any(is_stop));
    for stop in &walk.stops {
        let mut places = pois.iter().filter(|poi| poi.id == stop.poi_id);
        assert!(places.any(|poi| belongs(poi) == stop.matches), "{stop:?}");
        assert_eq!(stop.matches, stop.reason.is_none());
    }
    let matched = walk.stops.iter().filter(|stop| stop.matches).count() as u32;
    assert_eq!(walk.fit.matched_stops, matched);
    assert_eq!(
        (walk.fit.matched_stops + walk.fit.filled_stops) as usize,
        walk.stops.len()
    );
    assert!((0.0..=1.0).contains(&walk.fit.appeal_share));
    assert!(walk.fit.summary.ends_with('.'));
}

fn assert_keeps_its_word(walk: &Walk, request: &WalkRequest, pois: &[Poi]) {
    let legs: u32 = walk.legs.iter().map(|leg| leg.duration_seconds).sum();
    let visits: u32 = walk.stops.iter().map(|stop| stop.visit_seconds).sum();
    assert!(legs + visits <= request.budget_seconds);
    assert_eq!(legs + visits, walk.duration_seconds);
    let leads_somewhere = walk.distance_metres >= 500.0 || request.end.is_some();
    let is_half_used = 2 * (walk.duration_seconds + 60) >= request.budget_seconds;
    assert!(!walk.stops.is_empty() || leads_somewhere || is_half_used);
    assert_fits(walk, request, pois);
    assert_eq!(walk.legs.len(), walk.stops.len() + 1);
    assert!(walk.path.iter().all(|point| point.is_valid()));
    let light = &walk.light;
    let numbers = [
        walk.distance_metres,
        walk.score,
        walk.stairs_metres,
        walk.repeated_metres,
        light.lit_metres,
        light.unlit_metres,
        light.unknown_metres,
    ];
    assert!(
        numbers
            .iter()
            .all(|number| number.is_finite() && *number >= 0.0),
        "{numbers:?}"
    );
    for (leg, next) in walk.legs.iter().zip(
        walk.legs
            .iter()
            .skip(1)
            .map(|leg| leg.path_start)
            .chain([usize::MAX]),
    ) {
        assert!(leg.path_start < walk.path.len() && leg.path_start <= next);
        assert!(
            leg.steps
                .iter()
                .all(|step| step.path_start >= leg.path_start && step.distance_metres.is_finite())
        );
    }
    let mut seen: Vec<i64> = walk.stops.iter().map(|stop| stop.poi_id).collect();
    assert!(seen.iter().all(|id| pois.iter().any(|poi| poi.id == *id)));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), walk.stops.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_input_gets_an_answer(
        cells in prop::collection::vec(prop::collection::vec(edge(), 0..30), 0..4),
        pois in prop::collection::vec(poi(), 0..40),
        request in request(),
    ) {
        let network = Network::join(cells.into_iter().map(|edges| Arc::new(Cell::new(edges))).collect());
        let deadline = Instant::now() + Duration::from_secs(2);
        let result = generate_route(&request, &pois, &network, deadline);
        let in_time = Instant::now() < deadline;
        prop_assert!(deadline.elapsed() < Duration::from_secs(20));
        match result {
            Ok(walk) => {
                assert_keeps_its_word(&walk, &request, &pois);
                if in_time {
                    let again = generate_route(&request, &pois, &network, Instant::now() + Duration::from_mins(1));
                    prop_assert_eq!(Ok(walk), again);
                }
            }
            Err(reason) => prop_assert!(!reason.code().is_empty()),
        }
    }
}
