//! `wildside doctor`: every dependency and setting; what is, what is wrong, and what mends it.

use std::time::Duration;

use clap::Args;
use diesel_async::SimpleAsyncConnection;
use serde::Serialize;
use tokio::time::timeout;

use crate::config::{Config, ConfigError};
use crate::db::areas::Area;
use crate::session::KeyRing;
use crate::tiles::TileTokens;
use crate::{db, shared_redis};

/// Longest wait for one dependency.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at every dependency and setting.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    ok: bool,
    /// What is.
    found: String,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
}

impl Finding {
    fn new<T: Into<String>>(
        name: &'static str,
        outcome: Result<T, String>,
        remedy: &'static str,
    ) -> Self {
        match outcome {
            Ok(found) => Self {
                name,
                ok: true,
                found: found.into(),
                remedy: None,
            },
            Err(found) => Self {
                name,
                ok: false,
                found,
                remedy: Some(remedy),
            },
        }
    }
}

/// Whether all is well.
pub(super) async fn run(args: DoctorArgs) -> anyhow::Result<bool> {
    let findings = match Config::from_env() {
        Ok(config) => examine(&config).await,
        Err(ConfigError(faults)) => {
            let remedy = "set the variables that are named; README.md lists them";
            vec![Finding::new::<String>(
                "configuration",
                Err(faults.join("; ")),
                remedy,
            )]
        }
    };
    for finding in &findings {
        super::print(
            &(if args.json {
                serde_json::to_string(finding)?
            } else {
                line(finding)
            } + "\n"),
        )?;
    }
    Ok(findings.iter().all(|finding| finding.ok))
}

fn line(finding: &Finding) -> String {
    let mark = if finding.ok { "ok  " } else { "FAIL" };
    let remedy = finding.remedy.map_or_else(String::new, |remedy| {
        format!("\n       mend it with: {remedy}")
    });
    format!("{mark}  {}: {}{remedy}", finding.name, finding.found)
}

async fn examine(config: &Config) -> Vec<Finding> {
    let (database, redis) = tokio::join!(
        examine_database(&config.database.url),
        examine_redis(&config.redis.url)
    );
    let keys = KeyRing::load(&config.session).map(|ring| format!("keys {}", ring.fingerprints()));
    let keys = keys.map_err(|error| error.to_string());
    let remedy =
        "(umask 077; openssl rand -hex 64 > session.key); export SESSION_KEY_FILE=$PWD/session.key";
    let mut findings = vec![Finding::new(
        "configuration",
        Ok("all variables can be read"),
        "",
    )];
    findings.extend(database);
    findings.push(Finding::new(
        "redis",
        redis,
        "start Redis, or set REDIS_URL to where it listens",
    ));
    findings.push(Finding::new("session keys", keys, remedy));
    findings.push(Finding::new(
        "tile tokens",
        examine_tile_keys(config),
        "(umask 077; openssl rand -hex 32 > tile.key); export TILE_TOKEN_KEY_FILE=$PWD/tile.key",
    ));
    findings.push(Finding::new(
        "enrichment",
        Ok(optional("OVERPASS_URL", !config.overpass.urls.is_empty())),
        "",
    ));
    findings.push(Finding::new(
        "analytics",
        Ok(optional(
            "POSTHOG_API_KEY",
            config.analytics.api_key.is_some(),
        )),
        "",
    ));
    findings
}

fn optional(variable: &str, is_set: bool) -> String {
    if is_set {
        "on".to_owned()
    } else {
        format!("off: {variable} is not set")
    }
}

async fn examine_database(url: &str) -> Vec<Finding> {
    let reached = match timeout(PATIENCE, areas(url)).await {
        Ok(reached) => reached,
        Err(_) => Err("no answer within 3 s".to_owned()),
    };
    let remedy = "start PostgreSQL, or set DATABASE_URL to where it listens; then wildside migrate";
    let areas = match reached {
        Err(error) => return vec![Finding::new::<String>("postgresql", Err(error), remedy)],
        Ok(areas) => areas,
    };
    let names: Vec<String> = areas
        .into_iter()
        .map(|area| format!("{} (generation {})", area.name, area.state.generation))
        .collect();
    let loaded = if names.is_empty() {
        Err("no area is loaded".to_owned())
    } else {
        Ok(names.join(", "))
    };
    vec![
        Finding::new("postgresql", Ok("answers, and is migrated"), remedy),
        Finding::new("areas", loaded, "wildside-ingest --pbf EXTRACT.osm.pbf"),
    ]
}

async fn areas(url: &str) -> Result<Vec<Area>, String> {
    let pool = db::pool(url, 1);
    let mut connection = pool
        .get()
        .await
        .map_err(|error| format!("can't connect: {error}"))?;
    connection
        .batch_execute("SELECT 1")
        .await
        .map_err(|error| error.to_string())?;
    Area::all(&mut connection)
        .await
        .map_err(|error| format!("the tables are not as expected: {error}"))
}

async fn examine_redis(url: &str) -> Result<String, String> {
    let mut redis = shared_redis::connect(url).map_err(|error| error.to_string())?;
    let ping = redis::cmd("PING");
    let answer = timeout(PATIENCE, ping.query_async::<String>(&mut redis)).await;
    answer
        .map_err(|_| "no answer within 3 s".to_owned())?
        .map_err(|error| format!("can't connect: {error}"))?;
    Ok("answers".to_owned())
}

fn examine_tile_keys(config: &Config) -> Result<String, String> {
    let tokens = TileTokens::load(&config.tiles).map_err(|error| error.to_string());
    tokens.map(|_| optional("TILE_TOKEN_KEY_FILE", config.tiles.key_file.is_some()))
}
