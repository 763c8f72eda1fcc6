//! Walks from many starts in several cities, measured from outside: `make bench-walks`.

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use wildside_bench_walks::city::City;
use wildside_bench_walks::{case, curve, grid, page, sparse};

/// Measures walks from outside.
#[derive(Debug, Parser)]
struct Arguments {
    /// Starts in each city.
    #[arg(long, default_value_t = 200)]
    starts: u64,
    /// Extracts to walk in. A made-up city of blocks comes on top, and places with little to see, made of the first extract.
    #[arg(default_values = ["ingest/data/helsinki.osm.pbf", "ingest/data/monaco.osm.pbf"])]
    extracts: Vec<PathBuf>,
    /// Draws a dozen walks into this HTML file.
    #[arg(long)]
    page: Option<PathBuf>,
    /// Prints instead how time grows with the number of places.
    #[arg(long)]
    curve: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.curve {
        print!("{}", curve::table());
        return Ok(());
    }
    let mut cities = arguments
        .extracts
        .iter()
        .map(|path| City::read(path))
        .collect::<Result<Vec<_>>>()?;
    let sparse = cities.first().map(sparse::cities);
    cities.push(grid::city("blocks", 30, 900));
    for city in &cities {
        println!("{}", case::table(city, arguments.starts));
    }
    for city in sparse.iter().flatten() {
        println!("{}", case::table_of_lengths(city, arguments.starts));
    }
    if let Some(path) = arguments.page {
        std::fs::write(path, page::draw(&cities))?;
    }
    Ok(())
}
