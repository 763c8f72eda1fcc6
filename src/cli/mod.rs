//! The command line.

mod doctor;
mod health;
mod jobs;
mod maintenance;
mod users;
pub mod walk;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, value_parser};

use crate::config::{Config, Mode};
use crate::{db, telemetry};

/// Walking tours chosen for you.
///
/// Without a command it serves. Configuration comes from environment variables: `DATABASE_URL` and `REDIS_URL` must be set.
#[derive(Debug, Parser)]
#[command(name = "wildside", version)]
pub struct Cli {
    /// Role of this process.
    #[arg(long, env = "WILDSIDE_MODE", default_value = "server")]
    mode: Mode,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Applies the pending migrations of the database.
    Migrate {
        /// Seconds to wait while another replica migrates.
        #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = value_parser!(u64).range(..=86_400))]
        wait: u64,
    },
    /// Prints the description of the API as `OpenAPI` 3.1.
    Openapi,
    /// Asks a running service for a walk and prints it.
    Walk(walk::WalkArgs),
    /// Looks at the queues and mends what is dead.
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Looks after accounts.
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// Looks at every dependency and setting: what is, what is wrong, and what mends it.
    Doctor(doctor::DoctorArgs),
    /// Asks the process of this mode and environment whether it is ready, for the health check of a container.
    Health,
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// The cause, naming the variable or file at fault.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            None => crate::process::run::run(self.mode)?,
            Some(Command::Migrate { wait }) => migrate(Duration::from_secs(wait))?,
            Some(Command::Openapi) => {
                print(&(crate::api::description::openapi().to_pretty_json()? + "\n"))?;
            }
            Some(Command::Walk(args)) => runtime()?.block_on(walk::run(args))?,
            Some(Command::Jobs(command)) => jobs::run(command)?,
            Some(Command::Users(command)) => users::run(command)?,
            Some(Command::Doctor(args)) => {
                if !runtime()?.block_on(doctor::run(args))? {
                    return Ok(ExitCode::FAILURE);
                }
            }
            Some(Command::Health) => runtime()?.block_on(health::run(self.mode))?,
            Some(Command::Completions { shell }) => completions(shell)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

fn migrate(patience: Duration) -> anyhow::Result<()> {
    let (database, logs) = Config::database_from_env()?;
    telemetry::init(&logs)?;
    let applied = db::migrate(&database.url, patience)?;
    tracing::info!(migrations = applied.len(), "the database is up to date");
    Ok(())
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    use clap::CommandFactory;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wildside", &mut script);
    print(&String::from_utf8(script)?)
}

/// Writes to stdout; a reader that has gone away is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}
