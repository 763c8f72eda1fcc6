//! The table of a city: a row for each kind of request.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use wildside_engine::places::{ThemeId, catalogue};
use wildside_engine::walk::{Accessibility, Choice, Tuning, generate_route_tuned};
use wildside_engine::{Walk, WalkRequest};

use crate::city::City;
use crate::measure::Figures;
use crate::random::Random;

/// Parameters that the requests of a row have in common.
#[derive(Debug, Clone, Copy)]
struct Case {
    name: &'static str,
    minutes: u32,
    bias: f64,
    accessibility: Accessibility,
    tuning: Tuning,
}

const PLAIN: Case = Case {
    name: "60 min",
    minutes: 60,
    bias: 0.5,
    accessibility: Accessibility {
        avoid_stairs: false,
        prefer_well_lit: false,
    },
    tuning: Tuning::DEFAULT,
};

/// Walks made; requests without one; walks that took longer than asked; share of the asked time that was used, on the mean and
/// at least; score; share of the stops that match; share of the way on ground of appeal, by the engine's word; stops, different kinds
/// among them and share of the chosen themes that have a stop; metres, share walked twice where there was another way
/// and where not; turns on the spot in an hour, likewise; metres of stairs; share lit and unlit, tagged or inferred; mean
/// popularity of the stops; milliseconds of computing.
const COLUMNS: [&str; 21] = [
    "walks", "failed", "over", "used", "least", "score", "match", "appeal", "stops", "kinds",
    "themes", "metres", "twice", "forced", "turns", "forced", "stairs", "lit", "unlit", "popular",
    "ms",
];

/// Walks of different lengths.
const LENGTHS: [Case; 4] = [
    Case {
        name: "15 min",
        minutes: 15,
        ..PLAIN
    },
    Case {
        name: "30 min",
        minutes: 30,
        ..PLAIN
    },
    PLAIN,
    Case {
        name: "180 min",
        minutes: 180,
        ..PLAIN
    },
];

/// An hour's walks with different wishes.
const WISHES: [Case; 5] = [
    Case {
        name: "60 min, repeats are free",
        tuning: Tuning {
            avoid_repeats: false,
        },
        ..PLAIN
    },
    Case {
        name: "60 min, avoid_stairs",
        accessibility: Accessibility {
            avoid_stairs: true,
            ..PLAIN.accessibility
        },
        ..PLAIN
    },
    Case {
        name: "60 min, prefer_well_lit",
        accessibility: Accessibility {
            prefer_well_lit: true,
            ..PLAIN.accessibility
        },
        ..PLAIN
    },
    Case {
        name: "60 min, bias 0",
        bias: 0.0,
        ..PLAIN
    },
    Case {
        name: "60 min, bias 1",
        bias: 1.0,
        ..PLAIN
    },
];

/// Runs every case from the same starts; a row for each.
pub fn table(city: &City, starts: u64) -> String {
    rows(city, starts, LENGTHS.iter().chain(&WISHES))
}

/// Runs walks of different lengths; a row for each.
pub fn table_of_lengths(city: &City, starts: u64) -> String {
    rows(city, starts, LENGTHS.iter())
}

fn rows<'a>(city: &City, starts: u64, cases: impl Iterator<Item = &'a Case>) -> String {
    let head = format!(
        "{}: {} stretches of street, {} places, {starts} starts",
        city.name,
        city.edges.len(),
        city.pois.len()
    );
    let columns: Vec<String> = COLUMNS
        .iter()
        .map(|column| format!("{column:>8}"))
        .collect();
    let rows: Vec<String> = cases
        .map(|case| Row::of(city, *case, starts).line(case.name))
        .collect();
    format!(
        "{head}\n{:26}{}\n{}\n",
        "",
        columns.concat(),
        rows.join("\n")
    )
}

/// Sums over the walks of a case.
#[derive(Debug, Default)]
struct Row {
    walks: u32,
    failed: u32,
    over: u32,
    asked: u64,
    used: u64,
    least: Option<f64>,
    score: f64,
    matched: u32,
    appeal: f64,
    stops: usize,
    kinds: usize,
    chosen: usize,
    met: usize,
    popularity: f64,
    stairs: f64,
    lit: f64,
    unlit: f64,
    outside: Figures,
    millis: f64,
}

impl Row {
    fn of(city: &City, case: Case, starts: u64) -> Self {
        let mut row = Self::default();
        for (start, seed) in city.starts(starts).into_iter().zip(0..) {
            let request = WalkRequest {
                start,
                end: None,
                budget_seconds: case.minutes * 60,
                themes: themes(seed),
                popularity_bias: case.bias,
                accessibility: case.accessibility,
                choice: Choice::default(),
                seed,
            };
            let (pois, network) = city.loaded_for(&request);
            let begin = Instant::now();
            let deadline = begin + Duration::from_secs(10);
            let result = generate_route_tuned(&request, &pois, &network, deadline, case.tuning);
            row.millis += begin.elapsed().as_secs_f64() * 1000.0;
            match result {
                Ok(walk) => row.add(city, &request, &walk),
                Err(_) => row.failed += 1,
            }
        }
        row.millis /= starts as f64;
        row
    }

    fn add(&mut self, city: &City, request: &WalkRequest, walk: &Walk) {
        let legs: u32 = walk.legs.iter().map(|leg| leg.duration_seconds).sum();
        let visits: u32 = walk.stops.iter().map(|stop| stop.visit_seconds).sum();
        self.walks += 1;
        self.over += u32::from(legs + visits > request.budget_seconds);
        self.asked += u64::from(request.budget_seconds);
        self.used += u64::from(legs + visits);
        let used = f64::from(legs + visits) / f64::from(request.budget_seconds);
        self.least = Some(self.least.map_or(used, |least| least.min(used)));
        self.score += walk.score;
        self.matched += walk.fit.matched_stops;
        self.appeal += walk.fit.appeal_share;
        self.stops += walk.stops.len();
        self.stairs += walk.stairs_metres;
        self.lit += walk.light.lit_metres;
        self.unlit += walk.light.unlit_metres;
        self.outside.add(&Figures::of(walk, &city.forced));
        let stops: Vec<_> = walk
            .stops
            .iter()
            .filter_map(|stop| city.poi(stop.poi_id))
            .collect();
        self.kinds += stops
            .iter()
            .map(|poi| poi.kind)
            .collect::<BTreeSet<_>>()
            .len();
        self.popularity += stops
            .iter()
            .map(|poi| f64::from(poi.popularity))
            .sum::<f64>();
        self.chosen += request.themes.len();
        let is_met = |theme: &&ThemeId| {
            stops
                .iter()
                .any(|poi| poi.themes.iter().any(|(id, _)| id == *theme))
        };
        self.met += request.themes.iter().filter(is_met).count();
    }

    fn line(&self, name: &str) -> String {
        let walks = f64::from(self.walks.max(1));
        let hours = self.used as f64 / 3600.0;
        let metres = self.outside.metres.max(1.0);
        let percent = |part: f64| format!("{:.1} %", 100.0 * part);
        let cells = [
            percent(self.used as f64 / self.asked.max(1) as f64),
            percent(self.least.unwrap_or(0.0)),
            format!("{:.3}", self.score / walks),
            percent(f64::from(self.matched) / self.stops.max(1) as f64),
            percent(self.appeal / walks),
            format!("{:.1}", self.stops as f64 / walks),
            format!("{:.1}", self.kinds as f64 / walks),
            percent(self.met as f64 / self.chosen.max(1) as f64),
            format!("{:.0}", metres / walks),
            percent(self.outside.repeated_metres / metres),
            percent(self.outside.forced_metres / metres),
            format!("{:.2}", f64::from(self.outside.u_turns) / hours),
            format!("{:.2}", f64::from(self.outside.forced_u_turns) / hours),
            format!("{:.0}", self.stairs / walks),
            percent(self.lit / metres),
            percent(self.unlit / metres),
            format!("{:.3}", self.popularity / self.stops.max(1) as f64),
            format!("{:.1}", self.millis),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>8}")).collect();
        format!(
            "{name:26}{:>8}{:>8}{:>8}{}",
            self.walks,
            self.failed,
            self.over,
            cells.concat()
        )
    }
}

/// None for every second request, else one to three.
pub fn themes(seed: u64) -> Vec<ThemeId> {
    let mut random = Random(seed);
    let count = if seed.is_multiple_of(2) {
        0
    } else {
        1 + random.below(3)
    };
    let all = catalogue().themes();
    let mut themes: Vec<ThemeId> = (0..count)
        .map(|_| all[random.below(all.len())].id)
        .collect();
    themes.sort_unstable();
    themes.dedup();
    themes
}
