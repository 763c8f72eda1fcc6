//! `make run`: the servers, the data, a server and a worker of Wildside, and a walk.

mod app;
mod databases;
mod map;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::settings::{Bind, Extract, root, variable};
use crate::state::State;
use crate::supervisor::Supervisor;
use crate::words::Clock;

/// Runs everything until the caller ends it.
pub(crate) fn run(folder: &Path, programs: Option<PathBuf>) -> Result<()> {
    let clock = Clock::start();
    let extract = Extract::from_env()?;
    let bind = Bind::from_env()?;
    let mut stage = Supervisor::new(State::take(folder)?, clock)?;
    install(&stage)?;
    let programs = match programs {
        Some(folder) => folder.canonicalize()?,
        None => app::build(&stage)?,
    };
    stage.stop_leftover("server", &programs.join("wildside"), "TERM")?;
    stage.stop_leftover("worker", &programs.join("wildside"), "TERM")?;
    bind.check_free()?;

    let database_url = databases::start_postgres(&mut stage)?;
    let redis_url = databases::start_redis(&mut stage)?;
    let map = map::Map::choose(&stage, &bind)?;
    let app = app::App::configure(
        &stage,
        programs,
        bind,
        &database_url,
        &redis_url,
        map.as_ref(),
    )?;
    app.migrate(&stage)?;
    app.load(&stage, &extract.file)?;
    app.start(&mut stage)?;
    if let Some(map) = &map {
        map.start(&mut stage, &database_url, &app.bind)?;
    }
    app.take_a_walk(&stage, &extract.start)?;
    app.print_addresses(&extract)?;
    stage.watch()
}

/// Sees to it that the servers are installed which are not given.
fn install(stage: &Supervisor) -> Result<()> {
    let mut command = Command::new(root().join("deploy/local/install.sh"));
    command.current_dir(root());
    for (given, need) in [("DATABASE_URL", "postgres"), ("REDIS_URL", "redis")] {
        if variable(given).is_none() {
            command.arg(need);
        }
    }
    if command.get_args().len() == 0 {
        return Ok(());
    }
    stage.show(&command, "what is needed is not installed")
}

/// Path of a program on the search path, or where Debian keeps those for root.
fn which(name: &str) -> Option<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let mut folders = path
        .split(':')
        .chain(["/usr/sbin"])
        .map(|folder| Path::new(folder).join(name));
    folders.find(|path| fs::metadata(path).is_ok_and(|data| data.is_file()))
}
