//! Prints a fingerprint of each of many walks: equal output before and after a change means equal walks.
//!
//! ```text
//! make bench-fingerprints > before; …; make bench-fingerprints | diff before -
//! ```
//!
//! Requests of all kinds are answered as a worker does it: shortlist, cells around it, engine. A line holds city, number
//! of the request, count of stops, a hash of path, stops and times and one of the instructions, or the reason for which
//! there is no walk.
#![expect(clippy::print_stdout, reason = "this is a command line tool")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use wildside_bench_walks::city::City;
use wildside_bench_walks::{grid, request};
use wildside_engine::{Point, Walk, generate_route};

/// Requests in each city.
const REQUESTS: u64 = 70;

/// Far enough away that the count of iterations alone ends the search, on any machine.
const PATIENCE: Duration = Duration::from_mins(10);

fn main() -> Result<()> {
    let extracts = std::env::args().skip(1).map(PathBuf::from);
    let mut cities = extracts
        .map(|path| City::read(&path))
        .collect::<Result<Vec<_>>>()?;
    // More places than a shortlist holds.
    cities.push(grid::city("blocks", 60, 6_000));
    for city in &cities {
        println!("{} {:016x}", city.name, of_city(city));
        let starts = city.starts(REQUESTS);
        for (number, &start) in (0..).zip(&starts) {
            let end = starts[(number as usize + 1) % starts.len()];
            let is_near = start.distance_metres(end) < 900.0;
            let end = (number % 3 == 0 && is_near).then_some(end);
            let request = request::of_any_kind(number, start, end);
            let (pois, network) = city.loaded_for(&request);
            let walk = generate_route(&request, &pois, &network, Instant::now() + PATIENCE);
            let found = walk.map_or_else(
                |reason| reason.code().to_owned(),
                |walk| {
                    let (stops, way) = (walk.stops.len(), of_walk(&walk));
                    format!("{stops} {way:016x} {:016x}", of_steps(&walk))
                },
            );
            println!("{} {number} {found}", city.name);
        }
    }
    Ok(())
}

/// Hash of the streets and places of a city.
fn of_city(city: &City) -> u64 {
    let mut hasher = DefaultHasher::new();
    for edge in &city.edges {
        (edge.way_id, edge.from_node, edge.to_node).hash(&mut hasher);
        hash_points(&edge.geometry, &mut hasher);
    }
    for poi in &city.pois {
        (poi.id, poi.kind.0, poi.popularity.to_bits()).hash(&mut hasher);
        hash_points(&[poi.location], &mut hasher);
        for (theme, weight) in &poi.themes {
            (theme.0, weight.to_bits()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Hash of a walk's path, stops and legs.
fn of_walk(walk: &Walk) -> u64 {
    let mut hasher = DefaultHasher::new();
    hash_points(&walk.path, &mut hasher);
    (walk.duration_seconds, walk.score.to_bits()).hash(&mut hasher);
    for stop in &walk.stops {
        (stop.poi_id, stop.arrive_after_seconds, stop.visit_seconds).hash(&mut hasher);
    }
    for leg in &walk.legs {
        (
            leg.path_start,
            leg.duration_seconds,
            leg.distance_metres.to_bits(),
        )
            .hash(&mut hasher);
    }
    hasher.finish()
}

/// Hash of a walk's instructions.
fn of_steps(walk: &Walk) -> u64 {
    let mut hasher = DefaultHasher::new();
    for step in walk.legs.iter().flat_map(|leg| &leg.steps) {
        (step.maneuver, &step.street, step.path_start).hash(&mut hasher);
    }
    hasher.finish()
}

fn hash_points(points: &[Point], hasher: &mut DefaultHasher) {
    for point in points {
        (point.lon.to_bits(), point.lat.to_bits()).hash(hasher);
    }
}
