//! Solves orienteering problems in the OPLib format and prints a line of CSV for each:
//! `name,score,cost,limit,millis,tour`.
//!
//! ```text
//! oplib [--millis N | --iterations N] [--seed S] FILE.oplib…
//! ```
//!
//! The tour is given by the file's own node numbers, depot first; the way back to the depot is understood. `millis` is
//! the wall-clock time of the solver alone, without reading the file.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command line tool"
)]

mod arguments;
mod distances;
mod file;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use arguments::{Arguments, USAGE};
use file::OplibFile;
use wildside_engine::orienteering::solve;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(fault) => {
            eprintln!("{fault}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let mut code = ExitCode::SUCCESS;
    println!("name,score,cost,limit,millis,tour");
    for path in &arguments.files {
        match solve_file(path, &arguments) {
            Ok(line) => println!("{line}"),
            Err(fault) => {
                eprintln!("{}: {fault}", path.display());
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn solve_file(path: &Path, arguments: &Arguments) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|fault| fault.to_string())?;
    let file = OplibFile::parse(&text)?;
    let problem = file.problem()?;
    let began = Instant::now();
    let tour = solve(&problem, arguments.seed, arguments.effort(began));
    let millis = began.elapsed().as_secs_f64() * 1000.0;
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or_default();
    let nodes: Vec<String> = tour.order[..tour.order.len() - 1]
        .iter()
        .map(|node| (node + 1).to_string())
        .collect();
    Ok(format!(
        "{name},{},{},{},{millis:.1},{}",
        tour.score,
        tour.cost,
        file.cost_limit,
        nodes.join(" ")
    ))
}
