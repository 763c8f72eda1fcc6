//! Walks where few places match, or none.

use crate::small_worlds::{visit_seconds, walk, walking_seconds};
use crate::world::{at, grid, network, poi, request, street, theme};
use proptest::prelude::*;
use wildside_engine::network::{Edge, Network, WayClass};
use wildside_engine::places::{ThemeId, catalogue};
use wildside_engine::{NoWalk, Poi, Walk, WalkRequest};

fn theme_named(key: &str) -> ThemeId {
    let mut themes = catalogue().themes().iter();
    themes.find(|theme| theme.key == key).unwrap().id
}

fn assert_full(walk: &Walk, request: &WalkRequest) {
    let used = f64::from(walk.duration_seconds) / f64::from(request.budget_seconds);
    assert!(used >= 0.9, "{used}: {:?}", walk.fit);
    let twice = walk.repeated_metres / walk.distance_metres;
    assert!(twice <= 0.08, "{twice}: {:?}", walk.fit);
}

#[test]
fn without_a_place_a_walk_leads_over_good_ways() {
    for minutes in [15, 30, 60, 90] {
        let wish = request(at(1000.0, 1000.0), minutes);
        let walk = walk(&wish, &[], &network(grid(21))).unwrap();
        assert_full(&walk, &wish);
        assert!(walk.stops.is_empty() && walk.legs.len() == 1);
        assert_eq!(walk.path.first(), walk.path.last());
        assert!(walk.fit.summary.contains("good ways"), "{:?}", walk.fit);
    }
}

#[test]
fn a_walk_that_ends_elsewhere_is_filled_too() {
    let mut wish = request(at(500.0, 500.0), 60);
    wish.end = Some(at(1500.0, 800.0));
    let walk = walk(&wish, &[], &network(grid(21))).unwrap();
    assert_full(&walk, &wish);
    assert!(walk.path.last().unwrap().distance_metres(at(1500.0, 800.0)) < 0.1);
}

#[test]
fn the_time_that_one_place_leaves_over_is_walked() {
    let pois = [poi(1, at(400.0, 302.0))];
    let wish = request(at(300.0, 300.0), 60);
    let walk = walk(&wish, &pois, &network(grid(12))).unwrap();
    assert_eq!(walk.stops.len(), 1);
    assert_full(&walk, &wish);
    assert!(walk.distance_metres > 3000.0, "{}", walk.distance_metres);
}

#[test]
fn a_place_too_far_away_is_told_of() {
    let streets = network(grid(20));
    let pois = [poi(1, at(1900.0, 0.0))];
    let wish = request(at(0.0, 0.0), 30);
    let without = walk(&wish, &pois, &streets).unwrap();
    assert_full(&without, &wish);
    let needed = 2 * walking_seconds(1900.0) + visit_seconds(&pois[0]);
    let told = format!("takes a walk of {} minutes", (needed + 2).div_ceil(60));
    assert!(without.fit.summary.contains(&told), "{:?}", without.fit);
    let mut enough = request(at(0.0, 0.0), 30);
    enough.budget_seconds = needed + 60;
    assert_eq!(walk(&enough, &pois, &streets).unwrap().stops.len(), 1);
}

#[test]
fn places_near_in_taste_come_before_others_and_after_those_that_match() {
    let of = |id, east, key| Poi {
        themes: vec![(theme_named(key), 0.9)],
        ..poi(id, at(east, 302.0))
    };
    let pois = [
        of(1, 300.0, "quiet_parks"),
        of(2, 500.0, "nature"),
        of(3, 700.0, "markets"),
    ];
    let mut wish = request(at(600.0, 600.0), 60);
    wish.themes = vec![theme_named("quiet_parks")];
    let walk = walk(&wish, &pois, &network(grid(13))).unwrap();
    assert_full(&walk, &wish);
    let stop = |id| walk.stops.iter().find(|stop| stop.poi_id == id);
    let (park, wood) = (stop(1).unwrap(), stop(2).unwrap());
    assert!(park.matches && park.reason.is_none());
    let reason = wood.reason.as_deref().unwrap();
    assert!(
        !wood.matches && reason.contains("akin to Quiet parks"),
        "{reason}"
    );
    assert_eq!(walk.fit.matched_stops, 1);
    assert_eq!(walk.fit.filled_stops as usize, walk.stops.len() - 1);
}

#[test]
fn a_place_that_only_feeds_fills_no_walk_for_who_wants_art() {
    let cafe = catalogue().kind_by_name("cafe").unwrap();
    let pois = [Poi {
        kind: cafe,
        themes: catalogue().kind(cafe).unwrap().themes.clone(),
        ..poi(1, at(600.0, 302.0))
    }];
    let mut wish = request(at(600.0, 600.0), 60);
    wish.themes = vec![theme_named("street_art")];
    let art = walk(&wish, &pois, &network(grid(13))).unwrap();
    assert!(art.stops.is_empty());
    wish.themes = vec![theme_named("food")];
    let food = walk(&wish, &pois, &network(grid(13))).unwrap();
    assert_eq!(food.stops.len(), 1, "coffee is akin to food");
}

#[test]
fn who_chooses_no_theme_has_one_break_an_hour_at_most() {
    let of = |id: i64, kind: &str| {
        let kind = catalogue().kind_by_name(kind).unwrap();
        Poi {
            kind,
            themes: catalogue().kind(kind).unwrap().themes.clone(),
            ..poi(id, at((id % 10) as f64 * 100.0, (id / 10) as f64 * 100.0))
        }
    };
    let kinds = ["cafe", "restaurant", "pub", "bakery", "statue"];
    let pois: Vec<Poi> = (0..100).map(|id| of(id, kinds[id as usize % 5])).collect();
    for minutes in [30, 60, 119, 180] {
        let wish = request(at(450.0, 400.0), minutes);
        let walk = walk(&wish, &pois, &network(grid(10))).unwrap();
        let breaks = walk.stops.iter().filter(|stop| stop.poi_id % 5 != 4);
        assert!(breaks.count() <= minutes as usize / 60);
        assert!(walk.stops.len() > 3);
    }
    let mut hungry = request(at(450.0, 400.0), 60);
    hungry.themes = vec![theme_named("food")];
    let walk = walk(&hungry, &pois, &network(grid(10))).unwrap();
    assert!(walk.fit.matched_stops > 2);
}

/// A road through a valley, with a farm track here and there.
fn valley(metres: i64) -> Vec<Edge> {
    let node = |number: i64| (number, at(number as f64 * 100.0, 0.0));
    let road = (0..metres / 100).map(|n| street(n, node(n), node(n + 1)));
    let tracks = (1..metres / 700).map(|n| {
        let farm = (10_000 + n, at(n as f64 * 700.0, 60.0));
        street(20_000 + n, node(n * 7), farm)
    });
    road.chain(tracks).collect()
}

#[test]
fn in_a_valley_with_one_road_the_time_is_walked_there_and_back() {
    for (minutes, start) in [(15, 5000.0), (60, 5050.0), (60, 10.0), (180, 5020.0)] {
        let wish = request(at(start, 0.0), minutes);
        let pois = [poi(1, at(start + 200.0, 10.0))];
        for pois in [&pois[..], &[]] {
            let walk = walk(&wish, pois, &network(valley(10_000))).unwrap();
            let used = f64::from(walk.duration_seconds) / f64::from(wish.budget_seconds);
            assert!(used >= 0.9, "{minutes}, {start}: {used}");
            let twice = walk.repeated_metres / walk.distance_metres;
            assert!(twice <= 0.52, "{minutes}: {twice}");
        }
    }
}

#[test]
fn a_few_steps_are_a_walk_only_to_a_place_to_see() {
    let stub = vec![street(1, (1, at(0.0, 0.0)), (2, at(9.0, 0.0)))];
    let along = |pois: &[Poi]| walk(&request(at(0.0, 0.0), 60), pois, &network(stub.clone()));
    assert_eq!(along(&[]), Err(NoWalk::CutOff { metres: 9 }));
    let walk = along(&[poi(1, at(9.0, 0.0))]).unwrap();
    assert_eq!(walk.stops.len(), 1);
    assert!((walk.distance_metres - 18.0).abs() < 0.1);
}

#[test]
fn time_left_over_is_spent_on_pleasant_ground() {
    let mut edges = grid(21);
    for edge in &mut edges {
        // The north is woods, the south main roads.
        let is_north = edge.geometry[0].lat + edge.geometry[1].lat > 2.0 * at(0.0, 1000.0).lat;
        edge.class = if is_north {
            WayClass::Path
        } else {
            WayClass::Secondary
        };
    }
    let wish = request(at(1000.0, 1000.0), 60);
    let walk = walk(&wish, &[], &network(edges)).unwrap();
    assert_full(&walk, &wish);
    assert!(walk.fit.appeal_share > 0.7, "{:?}", walk.fit);
}

fn places() -> impl Strategy<Value = Vec<Poi>> {
    let place = (0..900_u32, 0..900_u32, 0..40_u16, 0..3_u128, 0.0..=1.0_f32);
    prop::collection::vec(place, 0..25).prop_map(|places| {
        let of = |(id, (east, north, kind, of, popularity)): (i64, _)| Poi {
            themes: vec![(theme(of), 0.8)],
            kind: wildside_engine::places::KindId(kind),
            popularity,
            ..poi(id, at(f64::from(east), f64::from(north)))
        };
        (0..).zip(places).map(of).collect()
    })
}

fn town(closed: &[usize]) -> Network {
    let mut edges = grid(10);
    let mut number = 0;
    edges.retain(|_| {
        number += 1;
        !closed.contains(&(number - 1))
    });
    network(edges)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn what_fills_never_displaces_what_matches(
        pois in places(),
        closed in prop::collection::vec(0..180_usize, 0..50),
        minutes in 15..120_u32,
        (east, north) in (0..900_u32, 0..900_u32),
    ) {
        let mut wish = request(at(f64::from(east), f64::from(north)), minutes);
        wish.themes = vec![theme(1)];
        let streets = town(&closed);
        let matching: Vec<Poi> = pois
            .iter()
            .filter(|poi| poi.themes[0].0 == theme(1))
            .cloned()
            .collect();
        let alone = walk(&wish, &matching, &streets);
        let together = walk(&wish, &pois, &streets);
        let stops = |walk: &Walk| -> Vec<i64> {
            let mut ids: Vec<i64> = walk
                .stops
                .iter()
                .filter(|stop| stop.matches)
                .map(|stop| stop.poi_id)
                .collect();
            ids.sort_unstable();
            ids
        };
        if let (Ok(alone), Ok(together)) = (&alone, &together) {
            prop_assert_eq!(stops(alone), stops(together));
            prop_assert!((alone.score - together.score).abs() < 1e-9);
        }
        prop_assert!(together.is_ok() || alone.is_err());
    }

    #[test]
    fn where_a_kilometre_can_be_walked_the_time_is_used(
        pois in places(),
        closed in prop::collection::vec(0..180_usize, 0..30),
        minutes in 15..61_u32,
    ) {
        let mut wish = request(at(450.0, 400.0), minutes);
        wish.themes = vec![theme(1)];
        let walk = walk(&wish, &pois, &town(&closed));
        if let Ok(walk) = walk {
            let used = f64::from(walk.duration_seconds) / f64::from(wish.budget_seconds);
            prop_assert!(used >= 0.8, "{used}: {:?}", walk.fit);
        }
    }
}
