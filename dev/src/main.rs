//! `cargo dev`: everything that Wildside needs, private and in one folder, and a walk to begin with.
#![allow(clippy::print_stderr, reason = "a command of the terminal")]

mod caller;
mod clean;
mod run;
mod settings;
mod state;
mod supervisor;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::caller::Stopped;

/// Development of Wildside.
#[derive(Debug, Parser)]
#[command(name = "cargo dev")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Folder of data, passwords, ports and logs
    #[arg(long, global = true, default_value_os_t = settings::root().join(".wildside"))]
    state: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds, starts everything, and takes a walk; Ctrl-C ends it
    Run {
        /// Folder of programs that are built already
        #[arg(long)]
        programs: Option<PathBuf>,
    },
    /// Throws away the data of `run`
    Clean,
}

fn main() -> ExitCode {
    let Arguments { command, state } = Arguments::parse();
    let result = match command {
        Command::Run { programs } => run::run(&state, programs),
        Command::Clean => clean::clean(&state),
    };
    match result {
        Err(error) if !error.is::<Stopped>() => {
            eprintln!("error: {}", format!("{error:#}").replace('\n', "\n       "));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
