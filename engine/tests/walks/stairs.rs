//! The promise of `avoid_stairs`, judged from outside: on the path and by another search.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use wildside_engine::network::{Edge, WayClass};
use wildside_engine::walk::Accessibility;
use wildside_engine::{Point, Walk, generate_route};

use crate::world::{at, grid, network, poi, request};

/// Another way may be so many times as long as the one with stairs.
const DETOUR: f64 = 1.5;

const SIZE: i64 = 6;

fn node(number: i64) -> Point {
    at(
        (number % SIZE) as f64 * 100.0,
        (number / SIZE) as f64 * 100.0,
    )
}

fn is_stairs(edge: &Edge) -> bool {
    edge.class == WayClass::Steps
}

/// Metres of the shortest way between two positions at which streets meet (Bellman and Ford); infinite: none.
fn shortest(edges: &[Edge], from: Point, to: Point, stairs: bool) -> f64 {
    let nearest = |point: Point| {
        let ends = edges.iter().flat_map(|edge| {
            [
                (edge.from_node, edge.geometry[0]),
                (edge.to_node, edge.geometry[1]),
            ]
        });
        ends.min_by(|a, b| {
            a.1.distance_metres(point)
                .total_cmp(&b.1.distance_metres(point))
        })
        .unwrap()
        .0
    };
    let mut metres = HashMap::from([(nearest(from), 0.0)]);
    for _ in 0..SIZE * SIZE {
        for edge in edges.iter().filter(|edge| stairs || !is_stairs(edge)) {
            for (a, b) in [
                (edge.from_node, edge.to_node),
                (edge.to_node, edge.from_node),
            ] {
                let via = metres
                    .get(&a)
                    .map_or(f64::INFINITY, |m| m + edge.length_metres());
                let known = metres.entry(b).or_insert(f64::INFINITY);
                *known = known.min(via);
            }
        }
    }
    metres.get(&nearest(to)).copied().unwrap_or(f64::INFINITY)
}

/// Metres of a path that lie on stairs.
fn stairs_on(path: &[Point], edges: &[Edge]) -> f64 {
    let on_stairs = |pair: &&[Point]| {
        let middle = Point::new(
            f64::midpoint(pair[0].lon, pair[1].lon),
            f64::midpoint(pair[0].lat, pair[1].lat),
        );
        let detour = |edge: &&Edge| {
            let [a, b] = [edge.geometry[0], edge.geometry[1]];
            middle.distance_metres(a) + middle.distance_metres(b) - a.distance_metres(b)
        };
        edges
            .iter()
            .min_by(|a, b| detour(a).total_cmp(&detour(b)))
            .is_some_and(is_stairs)
    };
    path.windows(2)
        .filter(on_stairs)
        .map(|pair| pair[0].distance_metres(pair[1]))
        .sum()
}

/// The path of each leg.
fn legs(walk: &Walk) -> Vec<&[Point]> {
    let starts: Vec<usize> = walk.legs.iter().map(|leg| leg.path_start).collect();
    let ends = starts[1..].iter().copied().chain([walk.path.len() - 1]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| &walk.path[start..=end])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_stairs_where_another_way_will_do(
        steps in prop::collection::btree_set(0..60_usize, 5..35),
        places in prop::collection::btree_set(0..SIZE * SIZE, 2..10),
        start in 0..SIZE * SIZE,
        minutes in 30..120_u32,
        seed in any::<u64>(),
    ) {
        let steps: BTreeSet<usize> = steps;
        let mut edges = grid(SIZE);
        for (position, edge) in edges.iter_mut().enumerate() {
            if steps.contains(&position) {
                edge.class = WayClass::Steps;
            }
        }
        let pois: Vec<_> = places.into_iter().map(|number| poi(number, node(number))).collect();
        let mut request = request(node(start), minutes);
        request.seed = seed;
        request.accessibility = Accessibility { avoid_stairs: true, prefer_well_lit: false };
        let deadline = Instant::now() + Duration::from_secs(20);
        let Ok(walk) = generate_route(&request, &pois, &network(edges.clone()), deadline) else { return Ok(()) };
        let mut sum = 0.0;
        for path in legs(&walk) {
            let (from, to) = (path[0], path[path.len() - 1]);
            let stairs = stairs_on(path, &edges);
            sum += stairs;
            if shortest(&edges, from, to, false) <= DETOUR * shortest(&edges, from, to, true) {
                prop_assert!(stairs < 0.1, "{stairs} m of stairs from {from:?} to {to:?}");
            }
        }
        prop_assert!((sum - walk.stairs_metres).abs() < 0.5, "{sum} seen, {} told", walk.stairs_metres);
    }
}
