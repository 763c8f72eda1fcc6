//! `wildside-ingest`: loads OpenStreetMap extracts.

mod cli;
mod explain;
mod progress;
mod summary;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            summary::complain(&fault);
            ExitCode::FAILURE
        }
    }
}
