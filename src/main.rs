//! Wildside: one binary, roles by mode.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use wildside::cli::Cli;
use wildside::telemetry::causes;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    Cli::parse().run().unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "wildside: {}", causes::of(&error));
        ExitCode::FAILURE
    })
}
