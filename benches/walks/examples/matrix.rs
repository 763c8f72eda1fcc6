//! Times matrices of walking times in two cities, and writes what another router needs to do the same.
//!
//! ```text
//! matrix FOLDER
//! ```
//!
//! Writes `CITY.osm`, the streets as footways, and `CITY-PLACES.csv`, the positions, and prints CSV: city, places, nodes, and
//! the median milliseconds of gathering the streets and of the matrix.
#![expect(clippy::print_stdout, reason = "this is a command line tool")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use wildside_bench_walks::city::City;
use wildside_bench_walks::{sample, tiled};
use wildside_engine::Point;
use wildside_engine::routing::Survey;
use wildside_engine::walk::Accessibility;

const PLACES: [usize; 2] = [60, 200];
const RUNS: usize = 9;
const LIMIT_SECONDS: u32 = 3 * 3600;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let folder = folder.context("usage: matrix FOLDER")?;
    let helsinki = City::read(Path::new("ingest/data/helsinki.osm.pbf"))?;
    let large = tiled::city("large", &helsinki, 4);
    println!("city,places,nodes,survey,matrix");
    for city in [&helsinki, &large] {
        write_streets(city, &folder.join(format!("{}.osm", city.name)))?;
        for places in PLACES {
            let positions = sample::places_in_reach(city, places);
            write_positions(
                &positions,
                &folder.join(format!("{}-{places}.csv", city.name)),
            )?;
            let survey = || {
                Survey::new(
                    &city.network,
                    Accessibility::default(),
                    &positions,
                    LIMIT_SECONDS,
                )
            };
            let ready = survey().context("no street near a place")?;
            let (surveying, computing) = (
                median_millis(survey),
                median_millis(|| ready.ways().times()),
            );
            let nodes = ready.size().0;
            println!(
                "{},{places},{nodes},{surveying:.2},{computing:.2}",
                city.name
            );
        }
    }
    Ok(())
}

fn median_millis<T>(work: impl Fn() -> T) -> f64 {
    let time = |_| {
        let began = Instant::now();
        drop(work());
        began.elapsed().as_secs_f64() * 1000.0
    };
    let mut times: Vec<f64> = (0..RUNS).map(time).collect();
    times.sort_unstable_by(f64::total_cmp);
    times[RUNS / 2]
}

fn write_positions(positions: &[Point], path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for point in positions {
        writeln!(file, "{:.7},{:.7}", point.lon, point.lat)?;
    }
    Ok(file.flush()?)
}

/// OSM XML with a way for each edge; the points between its ends get ids that no node has.
fn write_streets(city: &City, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "<?xml version=\"1.0\"?>\n<osm version=\"0.6\">")?;
    let mut ways = Vec::new();
    let mut nodes = std::collections::BTreeMap::new();
    let mut next_id = city
        .edges
        .iter()
        .flat_map(|edge| [edge.from_node, edge.to_node])
        .max()
        .unwrap_or(0);
    for edge in &city.edges {
        let last = edge.geometry.len() - 1;
        let ids = (0..=last).map(|at| match at {
            0 => edge.from_node,
            _ if at == last => edge.to_node,
            _ => {
                next_id += 1;
                next_id
            }
        });
        let ids: Vec<i64> = ids.collect();
        nodes.extend(ids.iter().copied().zip(edge.geometry.iter().copied()));
        ways.push(ids);
    }
    for (id, point) in nodes {
        writeln!(
            file,
            "<node id=\"{id}\" version=\"1\" lon=\"{:.7}\" lat=\"{:.7}\"/>",
            point.lon, point.lat
        )?;
    }
    for (ids, number) in ways.iter().zip(1..) {
        write!(file, "<way id=\"{number}\" version=\"1\">")?;
        for id in ids {
            write!(file, "<nd ref=\"{id}\"/>")?;
        }
        writeln!(file, "<tag k=\"highway\" v=\"footway\"/></way>")?;
    }
    writeln!(file, "</osm>")?;
    Ok(file.flush()?)
}
