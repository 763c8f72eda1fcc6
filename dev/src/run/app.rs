//! Wildside itself: built, configured, migrated, loaded, started, and asked for a walk.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use wildside_dev::child::ending_with_parent;
use wildside_dev::http::answers;

use super::map::Map;
use crate::settings::{Bind, Extract, own_variables, root, variable};
use crate::supervisor::Supervisor;
use crate::words::say;

const THEMES: &str = "Architecture,Waterfront,Quiet parks,Monuments and memorials,Sacred places";
const START_PATIENCE: Duration = Duration::from_mins(1);
/// All clients on this machine share one address.
const UNLIMITED: [&str; 4] = [
    "WILDSIDE_REQUESTS_PER_SECOND",
    "WILDSIDE_LOGINS_PER_ADDRESS",
    "WILDSIDE_CONNECTIONS_PER_ADDRESS",
    "WILDSIDE_SIGNUPS_PER_ADDRESS",
];

/// Compiles the programs in the profile of the tests, and returns their folder.
pub(super) fn build(stage: &Supervisor) -> Result<PathBuf> {
    stage
        .clock
        .step("building; the first time this takes minutes");
    let cargo = variable("CARGO").unwrap_or_else(|| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command
        .current_dir(root())
        .args(["build", "--locked", "--workspace"]);
    command.args(["--bin", "wildside", "--bin", "wildside-ingest"]);
    stage.show(&command, "the build failed")?;
    let target = variable("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(root().join(target).join("debug"))
}

/// The programs and their settings.
#[derive(Debug)]
pub(super) struct App {
    pub(super) bind: Bind,
    programs: PathBuf,
    variables: Vec<(String, String)>,
    /// Address of the worker's health.
    metrics: String,
}

impl App {
    /// Chooses what the caller has not, and writes it down to be sourced.
    pub(super) fn configure(
        stage: &Supervisor,
        programs: PathBuf,
        bind: Bind,
        database_url: &str,
        redis_url: &str,
        map: Option<&Map>,
    ) -> Result<Self> {
        let kept = &stage.state;
        let metrics = match variable("WILDSIDE_METRICS_BIND") {
            Some(given) => given,
            None => format!("127.0.0.1:{}", kept.port("worker")?),
        };
        let file = |path: PathBuf| path.display().to_string();
        let mut chosen = vec![
            ("DATABASE_URL", database_url.to_owned()),
            ("REDIS_URL", redis_url.to_owned()),
            ("WILDSIDE_BIND", bind.with_port(bind.port)),
            ("WILDSIDE_METRICS_BIND", metrics.clone()),
            (
                "SESSION_KEY_FILE",
                file(kept.secret::<96>("session.key")?.0),
            ),
            (
                "TILE_TOKEN_KEY_FILE",
                file(kept.secret::<48>("tile-token.key")?.0),
            ),
            ("SESSION_COOKIE_SECURE", "0".to_owned()),
        ];
        chosen.extend(map.map(|map| ("TILE_URL_TEMPLATE", map.url_template())));
        chosen.extend(UNLIMITED.map(|name| (name, "0".to_owned())));
        let mut variables = own_variables();
        for (name, value) in chosen {
            if variables.iter().all(|(given, _)| given != name) {
                variables.push((name.to_owned(), value));
            }
        }
        let app = Self {
            bind,
            programs,
            variables,
            metrics,
        };
        kept.write("env", &app.exports())?;
        Ok(app)
    }

    /// The settings as a shell reads them.
    fn exports(&self) -> String {
        self.variables
            .iter()
            .fold(String::new(), |mut text, (name, value)| {
                let _ = writeln!(text, "export {name}='{}'", value.replace('\'', r"'\''"));
                text
            })
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .current_dir(root())
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Brings the database to this version's schema.
    pub(super) fn migrate(&self, stage: &Supervisor) -> Result<()> {
        stage.clock.step("migrating the database");
        stage.complete("migrate", self.command("wildside").arg("migrate"))
    }

    /// Loads places and streets.
    pub(super) fn load(&self, stage: &Supervisor, extract: &str) -> Result<()> {
        stage
            .clock
            .step(&format!("loading {extract}, unless it is there already"));
        stage.complete(
            "ingest",
            self.command("wildside-ingest").args(["--pbf", extract]),
        )
    }

    /// Starts a server and a worker.
    pub(super) fn start(&self, stage: &mut Supervisor) -> Result<()> {
        let (server, worker) = (self.bind.address(), &self.metrics);
        stage
            .clock
            .step(&format!("starting the server on {server} and a worker"));
        for mode in ["server", "worker"] {
            let mut command = self.command("wildside");
            command.args(["--mode", mode]);
            stage.start(mode, ending_with_parent(&command, "TERM"))?;
        }
        stage.wait_until("server", START_PATIENCE, || {
            answers(&server, "/health/ready")
        })?;
        stage.wait_until("worker", START_PATIENCE, || answers(worker, "/healthz"))
    }

    /// Asks for a walk, as a client would, and prints it.
    pub(super) fn take_a_walk(&self, stage: &Supervisor, start: &str) -> Result<()> {
        stage
            .clock
            .step("asking for a walk of 60 minutes, as a client would\n");
        let mut command = self.command("wildside");
        command
            .args([
                "walk",
                "--server",
                &format!("http://{}", self.bind.address()),
            ])
            .args([
                "--at",
                start,
                "--minutes",
                "60",
                "--themes",
                THEMES,
                "--output",
            ])
            .arg(stage.state.path("walk.geojson"));
        let failure =
            "no walk came back\nlogs: .wildside/log/server.log and .wildside/log/worker.log";
        stage.show(&command, failure)
    }

    pub(super) fn print_addresses(&self, extract: &Extract) -> Result<()> {
        let place = extract.map_place().context("AT is no place")?;
        let embedded =
            "made by the server; make martin installs a tile server, once, in 12 minutes";
        let tiles = self.variable("TILE_URL_TEMPLATE").unwrap_or(embedded);
        let programs = self
            .programs
            .strip_prefix(root())
            .unwrap_or(&self.programs)
            .display();
        let (server, worker) = (format!("http://{}", self.bind.address()), &self.metrics);
        say(&format!(
            "\nWildside is running. Ctrl-C stops it; the data stays in .wildside/ until make clean-data.
  Walk here: {server}/#map={place}

  API        {server}/api/v1, described at {server}/docs
  tiles      {tiles}
  metrics    {server}/metrics and http://{worker}/metrics (worker)
  settings   .wildside/env, to be sourced before using {programs}/wildside or psql
  logs       .wildside/log/"
        ));
        Ok(())
    }
}
