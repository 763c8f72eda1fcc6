//! Prints walks with their instructions as JSON, a line each, for `make bench-directions`.
//!
//! ```text
//! directions WALKS EXTRACT...
//! ```
//!
//! A line holds the city, the path, and for each leg the first point of its path and its steps. Walks take 90 minutes from
//! random starts, every second with themes.
#![expect(clippy::print_stdout, reason = "this is a command line tool")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use wildside_bench_walks::case::themes;
use wildside_bench_walks::city::City;
use wildside_engine::walk::{Accessibility, Choice};
use wildside_engine::{Walk, WalkRequest, generate_route};

/// Far enough away that the count of iterations alone ends the search, on any machine.
const PATIENCE: Duration = Duration::from_mins(10);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let walks: u64 = arguments.next().context("no count of walks")?.parse()?;
    for path in arguments.map(PathBuf::from) {
        let city = City::read(&path)?;
        for (start, seed) in city.starts(walks).into_iter().zip(0..) {
            let request = WalkRequest {
                start,
                end: None,
                budget_seconds: 90 * 60,
                themes: themes(seed),
                popularity_bias: 0.5,
                accessibility: Accessibility::default(),
                choice: Choice::default(),
                seed,
            };
            let (pois, network) = city.loaded_for(&request);
            if let Ok(walk) = generate_route(&request, &pois, &network, Instant::now() + PATIENCE) {
                print(&city, &walk);
            }
        }
    }
    Ok(())
}

fn print(city: &City, walk: &Walk) {
    let path: Vec<[f64; 2]> = walk
        .path
        .iter()
        .map(|point| [point.lon, point.lat])
        .collect();
    println!(
        "{}",
        json!({"city": city.name, "path": path, "legs": walk.legs})
    );
}
