//! `wildside walk`: asks a running service for a walk, as any client of the public API would.

mod client;
mod report;

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;

use client::{Client, Theme};

/// Longest wait for the walk.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks a running service for a walk and prints it.
#[derive(Debug, Args)]
pub struct WalkArgs {
    /// Address of the service
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Start: longitude and latitude, separated by a comma
    #[arg(long, value_name = "LON,LAT", value_parser = coordinates, allow_hyphen_values = true)]
    at: [f64; 2],
    /// Time to spend, visits included
    #[arg(long, default_value_t = 60)]
    minutes: u32,
    /// Names of interest themes, separated by commas [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    themes: Vec<String>,
    /// Preference between hidden gems (0) and hotspots (1)
    #[arg(long)]
    popularity_bias: Option<f64>,
    /// Avoid stairs
    #[arg(long)]
    avoid_stairs: bool,
    /// Prefer streets with light
    #[arg(long)]
    prefer_well_lit: bool,
    /// Ids of places that must be visited, separated by commas
    #[arg(
        long,
        value_name = "ID,…",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    include: Vec<i64>,
    /// Ids of places that must not be visited, separated by commas
    #[arg(
        long,
        value_name = "ID,…",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    exclude: Vec<i64>,
    /// Which of the good walks it is to be: 0 is the best, 1 to 9 are others
    #[arg(long, default_value_t = 0)]
    variant: u8,
    /// Walking speed on level ground, in metres a second
    #[arg(long)]
    pace: Option<f64>,
    /// Time at which the walk begins, as in 2026-12-24T18:00:00+01:00 [default: now]
    #[arg(long, value_name = "TIME")]
    depart_at: Option<String>,
    /// File to write the walk to, as GeoJSON
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Signs up a user for this one walk, asks, waits and prints.
///
/// # Errors
/// The answer of the service, or the cause for which it could not be asked.
pub async fn run(args: WalkArgs) -> anyhow::Result<()> {
    let client = Client::sign_up(&args.server).await?;
    let themes = client.themes().await?;
    let route = client.walk(&request(&args, &themes)?, PATIENCE).await?;
    if let Some(file) = &args.output {
        std::fs::write(file, report::geojson(&route).to_string())
            .with_context(|| format!("{} can't be written", file.display()))?;
    }
    let mut out = stdout().lock();
    report::print(&mut out, &route, &themes, args.minutes)?;
    if let Some(file) = &args.output {
        writeln!(out, "The path as GeoJSON: {}", file.display())?;
    }
    Ok(())
}

fn request(args: &WalkArgs, themes: &[Theme]) -> anyhow::Result<serde_json::Value> {
    let ids = args
        .themes
        .iter()
        .map(|name| theme_id(name.trim(), themes))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut body = json!({
        "start_location": {"type": "Point", "coordinates": args.at},
        "duration_minutes": args.minutes,
        "interest_theme_ids": ids,
        "accessibility": {"avoid_stairs": args.avoid_stairs, "prefer_well_lit": args.prefer_well_lit},
    });
    for (key, ids) in [
        ("include_poi_ids", &args.include),
        ("exclude_poi_ids", &args.exclude),
    ] {
        if !ids.is_empty() {
            body[key] = json!(ids);
        }
    }
    if args.variant > 0 {
        body["variant"] = args.variant.into();
    }
    if let Some(pace) = args.pace {
        body["pace"] = pace.into();
    }
    if let Some(time) = &args.depart_at {
        body["depart_at"] = time.as_str().into();
    }
    if let Some(bias) = args.popularity_bias {
        body["popularity_bias"] = bias.into();
    }
    Ok(body)
}

fn theme_id(name: &str, themes: &[Theme]) -> anyhow::Result<uuid::Uuid> {
    let found = themes
        .iter()
        .find(|theme| theme.name.eq_ignore_ascii_case(name));
    let Some(theme) = found else {
        let names: Vec<&str> = themes.iter().map(|theme| theme.name.as_str()).collect();
        bail!(
            "there is no theme `{name}`; there are: {}",
            names.join(", ")
        );
    };
    Ok(theme.id)
}

fn coordinates(text: &str) -> Result<[f64; 2], String> {
    let (longitude, latitude) = text
        .split_once(',')
        .ok_or("expected longitude,latitude, such as 24.9522,60.1690")?;
    let number = |part: &str| {
        let number = part.trim().parse::<f64>();
        number.map_err(|_| format!("`{}` is not a number", part.trim()))
    };
    Ok([number(longitude)?, number(latitude)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_longitude_and_latitude() {
        assert_eq!(coordinates("-3.19, 55.95"), Ok([-3.19, 55.95]));
        assert!(coordinates("55.95").is_err());
        assert!(coordinates("north,55.95").unwrap_err().contains("`north`"));
    }

    #[test]
    fn themes_are_found_by_name_in_any_case() {
        let themes = [Theme {
            id: uuid::Uuid::nil(),
            name: "Street art".to_owned(),
        }];
        assert_eq!(theme_id("street ART", &themes).unwrap(), uuid::Uuid::nil());
        let error = theme_id("streets", &themes).unwrap_err().to_string();
        assert!(error.contains("Street art"), "{error}");
    }
}
