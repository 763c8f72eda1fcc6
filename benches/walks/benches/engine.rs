//! Times of the engine's parts on a real city: `make bench-engine`.

#![allow(clippy::expect_used, reason = "a benchmark without its city is none")]

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use divan::{Bencher, black_box};
use wildside_bench_walks::city::City;
use wildside_engine::network::Network;
use wildside_engine::orienteering::{Effort, Problem, TimeMatrix, solve};
use wildside_engine::routing::Survey;
use wildside_engine::walk::Accessibility;
use wildside_engine::{Point, WalkRequest, generate_route};

static CITY: LazyLock<City> = LazyLock::new(|| {
    let extract = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../ingest/data/helsinki.osm.pbf"
    );
    City::read(Path::new(extract)).expect("the extract is part of the repository")
});

fn main() {
    divan::main();
}

/// Positions of places all over the city.
fn positions(count: usize) -> Vec<Point> {
    let step = (CITY.pois.len() / count).max(1);
    CITY.pois
        .iter()
        .step_by(step)
        .map(|poi| poi.location)
        .take(count)
        .collect()
}

fn survey(count: usize) -> Survey {
    Survey::new(
        &CITY.network,
        Accessibility::default(),
        &positions(count),
        6 * 3600,
    )
    .expect("streets near all places")
}

#[divan::bench]
fn join_cells(bencher: Bencher<'_, '_>) {
    let cells = CITY.network.cells().to_vec();
    bencher.bench(|| Network::join(black_box(cells.clone())));
}

#[divan::bench(args = [20, 60, 200])]
fn survey_streets(bencher: Bencher<'_, '_>, places: usize) {
    let positions = positions(places);
    bencher.bench(|| {
        Survey::new(
            &CITY.network,
            Accessibility::default(),
            black_box(&positions),
            6 * 3600,
        )
    });
}

#[divan::bench(args = [20, 60, 200])]
fn times_between_all(bencher: Bencher<'_, '_>, places: usize) {
    let survey = survey(places);
    bencher.bench(|| black_box(&survey).times());
}

#[divan::bench]
fn way_through_20_stops(bencher: Bencher<'_, '_>) {
    let (survey, order) = (survey(200), (0..200).step_by(10).collect::<Vec<_>>());
    bencher.bench(|| black_box(&survey).metres_through(&order));
}

#[divan::bench(args = [50, 100, 200, 500])]
fn choose_stops(bencher: Bencher<'_, '_>, places: usize) {
    let times = survey(places).times();
    let matrix =
        TimeMatrix::from_fn(places, |from, to| times.seconds(from, to)).expect("a square matrix");
    let problem = Problem::new(matrix, vec![1.0; places], vec![180; places], 0, 0, 3600)
        .expect("a round trip");
    bencher.bench(|| solve(black_box(&problem), 1, Effort::iterations(1000)));
}

#[divan::bench(args = [15, 60, 180])]
fn whole_walk(bencher: Bencher<'_, '_>, minutes: u32) {
    let (starts, turn) = (CITY.starts(20), AtomicUsize::new(0));
    bencher
        .with_inputs(|| WalkRequest {
            start: starts[turn.fetch_add(1, Relaxed) % starts.len()],
            end: None,
            budget_seconds: minutes * 60,
            themes: vec![],
            popularity_bias: 0.5,
            accessibility: Accessibility::default(),
            seed: 1,
        })
        .bench_refs(|request| {
            generate_route(
                request,
                &CITY.pois,
                &CITY.network,
                Instant::now() + Duration::from_secs(10),
            )
        });
}
