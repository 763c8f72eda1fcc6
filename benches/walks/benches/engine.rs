//! Times and memory of the engine's parts in two cities: `make bench`.

#![allow(clippy::expect_used, reason = "a benchmark without its city is none")]

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use divan::{AllocProfiler, Bencher, black_box};
use wildside_bench_walks::city::City;
use wildside_bench_walks::{sample, tiled};
use wildside_engine::network::Network;
use wildside_engine::orienteering::{Effort, Problem, TimeMatrix, solve};
use wildside_engine::routing::{Matrix, Survey};
use wildside_engine::walk::{Accessibility, Choice};
use wildside_engine::{Point, WalkRequest, generate_route};

/// Prints the most memory that was in use at once ("max alloc"), on top of what there was before.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

static HELSINKI: LazyLock<City> = LazyLock::new(|| {
    let extract = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../ingest/data/helsinki.osm.pbf"
    );
    City::read(Path::new(extract)).expect("the extract is part of the repository")
});

/// Sixteen times Helsinki.
static LARGE: LazyLock<City> = LazyLock::new(|| tiled::city("large", &HELSINKI, 4));

const CITIES: [&str; 2] = ["helsinki", "large"];
/// Cities and numbers of places.
const MATRICES: [(&str, usize); 4] = [
    ("helsinki", 60),
    ("helsinki", 200),
    ("large", 60),
    ("large", 200),
];

fn main() {
    divan::main();
}

fn city(name: &str) -> &'static City {
    if name == "large" { &LARGE } else { &HELSINKI }
}

fn survey_of(city: &City, positions: &[Point]) -> Survey {
    Survey::new(&city.network, Accessibility::default(), positions, 3 * 3600)
        .expect("streets near all places")
}

fn survey(city: &City, count: usize) -> Survey {
    survey_of(city, &sample::places_in_reach(city, count))
}

#[divan::bench(args = CITIES)]
fn join_cells(bencher: Bencher<'_, '_>, name: &str) {
    let cells = city(name).network.cells().to_vec();
    bencher.bench(|| Network::join(black_box(cells.clone())));
}

#[divan::bench(args = MATRICES)]
fn survey_streets(bencher: Bencher<'_, '_>, (name, places): (&str, usize)) {
    let city = city(name);
    let positions = sample::places_in_reach(city, places);
    bencher.bench(|| survey_of(city, black_box(&positions)));
}

#[divan::bench(args = MATRICES)]
fn times_between_all(bencher: Bencher<'_, '_>, (name, places): (&str, usize)) {
    let survey = survey(city(name), places);
    bencher.bench(|| black_box(&survey).ways().times());
}

/// The order of a walker who always goes to the nearest place that is left.
fn round_of_nearest(times: &Matrix, places: usize) -> Vec<usize> {
    let mut order = vec![0];
    let mut left: Vec<usize> = (1..places).collect();
    while let Some(&here) = order.last()
        && let Some(next) = (0..left.len()).min_by_key(|&at| times.seconds(here, left[at]))
    {
        order.push(left.swap_remove(next));
    }
    order
}

#[divan::bench(args = CITIES)]
fn way_through_20_stops(bencher: Bencher<'_, '_>, name: &str) {
    let survey = survey(city(name), 20);
    let ways = survey.ways();
    let order = round_of_nearest(&ways.times(), 20);
    bencher.bench(|| black_box(&ways).metres_through(&order));
}

#[divan::bench(args = [50, 100, 200, 500])]
fn choose_stops(bencher: Bencher<'_, '_>, places: usize) {
    let times = survey(&HELSINKI, places).ways().times();
    let matrix =
        TimeMatrix::from_fn(places, |from, to| times.seconds(from, to)).expect("a square matrix");
    let problem = Problem::new(matrix, vec![1.0; places], vec![180; places], 0, 0, 3600)
        .expect("a round trip");
    bencher.bench(|| solve(black_box(&problem), 1, Effort::iterations(1000)));
}

#[divan::bench(args = [15, 60, 180])]
fn whole_walk(bencher: Bencher<'_, '_>, minutes: u32) {
    let (starts, turn) = (HELSINKI.starts(20), AtomicUsize::new(0));
    bencher
        .with_inputs(|| {
            let request = WalkRequest {
                start: starts[turn.fetch_add(1, Relaxed) % starts.len()],
                end: None,
                budget_seconds: minutes * 60,
                themes: vec![],
                popularity_bias: 0.5,
                accessibility: Accessibility::default(),
                choice: Choice::default(),
                seed: 1,
            };
            let (pois, network) = HELSINKI.loaded_for(&request);
            (request, pois, network)
        })
        .bench_refs(|(request, pois, network)| {
            let deadline = Instant::now() + Duration::from_secs(10);
            generate_route(request, pois, network, deadline)
        });
}
