//! A page with a dozen walks, for the eye.

use std::fmt::Write;
use std::time::{Duration, Instant};

use wildside_engine::walk::{Accessibility, Choice};
use wildside_engine::{Point, Walk, WalkRequest, generate_route};

use crate::case::themes;
use crate::city::City;
use crate::measure::Figures;

const SIZE: f64 = 640.0;
const MARGIN: f64 = 24.0;

/// HTML with a drawing of each of four walks in each city.
pub fn draw(cities: &[City]) -> String {
    let mut html = String::from(
        "<!doctype html><meta charset=utf-8><title>A dozen walks</title><style>body{font:13px sans-serif;\
         display:grid;grid-template-columns:repeat(auto-fill,640px);gap:16px}svg{background:#f7f5f0}</style>\
         <p style=\"grid-column:1/-1\">Streets © OpenStreetMap contributors, ODbL 1.0 (the blocks are made up).</p>",
    );
    for city in cities {
        for (start, seed) in city.starts(3).into_iter().zip(0..) {
            let request = WalkRequest {
                start,
                end: None,
                budget_seconds: [30, 60, 120][seed as usize % 3] * 60,
                themes: themes(seed),
                popularity_bias: 0.5,
                accessibility: Accessibility::default(),
                choice: Choice::default(),
                seed,
            };
            let deadline = Instant::now() + Duration::from_secs(10);
            let (pois, network) = city.loaded_for(&request);
            match generate_route(&request, &pois, &network, deadline) {
                Ok(walk) => figure(&mut html, city, &request, &walk),
                Err(reason) => drop(write!(html, "<p>{}: {reason}</p>", city.name)),
            }
        }
    }
    html
}

fn figure(html: &mut String, city: &City, request: &WalkRequest, walk: &Walk) {
    let frame = Frame::around(&walk.path);
    let figures = Figures::of(walk, &city.forced);
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<figure><svg width={SIZE} height={SIZE}>{}<path d=\"{}\" fill=none stroke=\"#c33\" stroke-width=3 \
         stroke-opacity=.6 />",
        streets(city, &frame),
        frame.line(&walk.path),
    );
    for (number, stop) in walk.stops.iter().enumerate() {
        let Some(poi) = city.poi(stop.poi_id) else {
            continue;
        };
        let (x, y) = frame.at(poi.location);
        let name = city.names.get(&poi.id).map_or("", String::as_str);
        let name: String = name.chars().filter(|c| !"<>&".contains(*c)).collect();
        let _ = write!(
            html,
            "<circle cx={x:.1} cy={y:.1} r=4 fill=\"#236\" /><text x={:.1} y={y:.1} font-size=11>{} {name}</text>",
            x + 6.0,
            number + 1
        );
    }
    let (x, y) = frame.at(walk.path[0]);
    let _ = write!(
        html,
        "<rect x={:.1} y={:.1} width=8 height=8 fill=\"#080\" /></svg><figcaption>{}: {} of {} min, {:.0} m, {} stops, \
         {:.0} m twice, {} turns</figcaption></figure>",
        x - 4.0,
        y - 4.0,
        city.name,
        walk.duration_seconds / 60,
        request.budget_seconds / 60,
        walk.distance_metres,
        walk.stops.len(),
        figures.repeated_metres,
        figures.u_turns + figures.forced_u_turns,
    );
}

fn streets(city: &City, frame: &Frame) -> String {
    let mut lines = String::new();
    for edge in city
        .edges
        .iter()
        .filter(|edge| edge.geometry.iter().any(|&point| frame.holds(point)))
    {
        let _ = write!(
            lines,
            "<path d=\"{}\" fill=none stroke=\"#bbb\" />",
            frame.line(&edge.geometry)
        );
    }
    lines
}

/// Positions in the drawing.
struct Frame {
    west: f64,
    north: f64,
    scale: (f64, f64),
}

impl Frame {
    fn around(path: &[Point]) -> Self {
        let ends = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::MAX, f64::MIN), |(low, high), value| {
                (low.min(value), high.max(value))
            })
        };
        let (west, east) = ends(&mut path.iter().map(|point| point.lon));
        let (south, north) = ends(&mut path.iter().map(|point| point.lat));
        let shrink = north.to_radians().cos();
        let extent = ((east - west) * shrink).max(north - south).max(1e-4);
        let scale = (SIZE - 2.0 * MARGIN) / extent;
        Self {
            west,
            north,
            scale: (scale * shrink, scale),
        }
    }

    fn at(&self, point: Point) -> (f64, f64) {
        (
            MARGIN + (point.lon - self.west) * self.scale.0,
            MARGIN + (self.north - point.lat) * self.scale.1,
        )
    }

    fn holds(&self, point: Point) -> bool {
        let (x, y) = self.at(point);
        (0.0..SIZE).contains(&x) && (0.0..SIZE).contains(&y)
    }

    fn line(&self, points: &[Point]) -> String {
        let positions = points.iter().map(|&point| self.at(point));
        positions
            .map(|(x, y)| format!("{x:.1} {y:.1}"))
            .collect::<Vec<_>>()
            .join("L")
            .replacen("", "M", 1)
    }
}
