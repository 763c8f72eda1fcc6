//! Growth of the time with the number of places in reach.

use std::fmt::Write;
use std::time::{Duration, Instant};

use wildside_engine::walk::{Accessibility, Choice};
use wildside_engine::{WalkRequest, generate_route};

use crate::grid;

/// The time of a walk in a city of blocks with ever more places.
pub fn table() -> String {
    let mut table = format!("{:>8}{:>12}{:>12}\n", "places", "60 min, ms", "180 min, ms");
    for places in [100, 300, 1000, 3000, 10_000] {
        let city = grid::city("blocks", 60, places);
        let millis = [60, 180].map(|minutes| {
            let mut times: Vec<f64> = city
                .starts(9)
                .into_iter()
                .map(|start| time(&city, start, minutes))
                .collect();
            times.sort_unstable_by(f64::total_cmp);
            times[times.len() / 2]
        });
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{places:>8}{:>12.1}{:>12.1}", millis[0], millis[1]);
    }
    table
}

fn time(city: &crate::city::City, start: wildside_engine::Point, minutes: u32) -> f64 {
    let request = WalkRequest {
        start,
        end: None,
        budget_seconds: minutes * 60,
        themes: vec![],
        popularity_bias: 0.5,
        accessibility: Accessibility::default(),
        choice: Choice::default(),
        seed: 1,
    };
    let begin = Instant::now();
    let (pois, network) = city.loaded_for(&request);
    let deadline = begin + Duration::from_secs(10);
    // Its walks are measured elsewhere.
    drop(generate_route(&request, &pois, &network, deadline));
    begin.elapsed().as_secs_f64() * 1000.0
}
