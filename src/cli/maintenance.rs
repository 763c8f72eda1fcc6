//! `wildside jobs periodic` and `wildside jobs run`: the chores that come round by themselves.

use std::fmt::Write;

use anyhow::bail;

use crate::config::Config;
use crate::db::maintenance::maintenance_runs::MaintenanceRun;
use crate::maintenance::{self, Chore, Tools};
use crate::queue::Producer;
use crate::{db, shared_redis};

/// The last run of each chore and its result.
pub(super) async fn list(config: &Config, json: bool) -> anyhow::Result<String> {
    let mut connection = db::open(&config.database.url).await?;
    let runs = MaintenanceRun::all(&mut connection).await?;
    let mut text = String::new();
    for chore in Chore::ALL {
        let last = runs.iter().find(|run| run.chore == chore.name());
        match last {
            Some(run) if json => writeln!(text, "{}", serde_json::to_string(run)?)?,
            Some(run) => writeln!(text, "{}", line(run))?,
            None if json => writeln!(
                text,
                "{}",
                serde_json::json!({ "chore": chore.name(), "runs": 0 })
            )?,
            None => writeln!(text, "{:<24} never ran", chore.name())?,
        }
    }
    Ok(text)
}

fn line(run: &MaintenanceRun) -> String {
    let state = match run.succeeded {
        None => "running",
        Some(true) => "ok",
        Some(false) => "failed",
    };
    format!(
        "{:<24} {:<8} {}  {}",
        run.chore,
        state,
        run.finished_at.unwrap_or(run.started_at).format("%F %T"),
        run.result.as_deref().unwrap_or_default()
    )
}

/// Does one chore now.
pub(super) async fn run(config: &Config, chore: Chore) -> anyhow::Result<String> {
    let (redis, cache) = shared_redis::connect_both(&config.redis)?;
    let tools = Tools {
        db: db::pool(&config.database.url, 1),
        producer: Producer::new(redis.clone()),
        redis,
        cache,
        retention: config.retention,
    };
    match maintenance::run_now(chore, &tools).await? {
        Some(result) => Ok(format!("{}: {result}\n", chore.name())),
        None => bail!(
            "another worker is at {} now; see `wildside jobs periodic`",
            chore.name()
        ),
    }
}
