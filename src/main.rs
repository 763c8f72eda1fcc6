//! Wildside: one binary, roles by mode.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use wildside::causes;
use wildside::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    Cli::parse().run().unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "wildside: {}", causes::of(&error));
        ExitCode::FAILURE
    })
}

/// An error and its causes in one line; what an error tells of its own cause is not told twice.
fn told(error: &anyhow::Error) -> String {
    let causes = error.chain().map(ToString::to_string);
    causes
        .reduce(|told, cause| {
            if told.contains(&cause) {
                told
            } else {
                told + ": " + &cause
            }
        })
        .unwrap_or_default()
}
