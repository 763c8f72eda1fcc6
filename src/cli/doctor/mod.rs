//! `wildside doctor`: every dependency and setting; what is, what is wrong, and what mends it.

mod clock;
mod database;
mod redis;

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::api::session::KeyRing;
use crate::config::{Config, ConfigError, TileServing};
use crate::walks::tile_tokens::TileTokens;

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
    /// State that was found.
    found: String,
    /// Remedy, or a better way.
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

    /// Works, and could be better.
    fn advice(name: &'static str, found: String, remedy: &'static str) -> Self {
        Self {
            name,
            ok: true,
            found,
            remedy: Some(remedy),
        }
    }
}

/// Test that all is well.
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
    let (mark, verb) = match (finding.ok, finding.remedy) {
        (true, None) => ("ok  ", ""),
        (true, Some(_)) => ("note", "better"),
        (false, _) => ("FAIL", "mend it with"),
    };
    let remedy = finding
        .remedy
        .map_or_else(String::new, |remedy| format!("\n       {verb}: {remedy}"));
    format!("{mark}  {}: {}{remedy}", finding.name, finding.found)
}

async fn examine(config: &Config) -> Vec<Finding> {
    let (database, redis) = tokio::join!(
        database::examine(&config.database.url),
        redis::examine(&config.redis)
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
    findings.extend(redis);
    findings.push(Finding::new("session keys", keys, remedy));
    findings.push(Finding::new(
        "tile tokens",
        examine_tile_keys(config),
        "(umask 077; openssl rand -hex 32 > tile.key); export TILE_TOKEN_KEY_FILE=$PWD/tile.key",
    ));
    findings.push(examine_tiles(config));
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

/// Tells which server makes the tiles.
fn examine_tiles(config: &Config) -> Finding {
    match config.tiles.serving {
        TileServing::Martin => {
            let found = format!("Martin serves them at {}", config.tiles.base());
            Finding::new("tiles", Ok(found), "")
        }
        TileServing::Embedded => Finding::advice(
            "tiles",
            "each server makes them itself, two at once".to_owned(),
            "where many look at maps, the tile server of martin/README.md, and WILDSIDE_TILES=martin",
        ),
    }
}

fn examine_tile_keys(config: &Config) -> Result<String, String> {
    let tokens = TileTokens::load(&config.tiles).map_err(|error| error.to_string());
    tokens.map(|_| optional("TILE_TOKEN_KEY_FILE", config.tiles.key_file.is_some()))
}
