//! The command line.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use wildside_ingest::area::Polygon;
use wildside_ingest::digest::digest;
use wildside_ingest::extract;
use wildside_ingest::load::{self, Load};

use crate::{progress, summary};

/// Loads an OpenStreetMap extract: places, themes and the streets a pedestrian may use.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// The extract, an .osm.pbf file.
    #[arg(long, value_name = "FILE")]
    pbf: PathBuf,

    /// Load only what is inside: a `GeoJSON` file with one polygon or several.
    #[arg(long, value_name = "POLYGON")]
    area: Option<PathBuf>,

    /// What to call the area [default: from the file's name].
    #[arg(long)]
    name: Option<String>,

    /// Read and report, and change nothing; needs no database.
    #[arg(long)]
    dry_run: bool,

    /// The database, as postgres://user:password@host:port/name.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
}

pub(crate) async fn run(cli: Cli) -> Result<()> {
    let area = cli.area.as_deref().map(read_area).transpose()?;
    let name = cli.name.clone().unwrap_or_else(|| area_name(&cli.pbf));
    if cli.dry_run {
        let scan = extract::scan(&cli.pbf, area.as_ref(), &|_| {}, &progress::shown())?;
        return summary::dry_run(&name, &scan);
    }
    let url = cli
        .database_url
        .context("DATABASE_URL is not set (or use --dry-run)")?;
    let load = Load {
        digest: digest(&cli.pbf, area.as_ref())?,
        source: file_name(&cli.pbf),
        file: cli.pbf,
        name: name.clone(),
        area,
    };
    let outcome = load::load(&url, load, progress::shown()).await?;
    summary::outcome(&name, &outcome)
}

fn read_area(path: &Path) -> Result<Polygon> {
    let at_fault = || format!("can't use {} as an area", path.display());
    let text = std::fs::read_to_string(path).with_context(at_fault)?;
    Polygon::from_geojson(&text).with_context(at_fault)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// `helsinki` of `data/helsinki-latest.osm.pbf`.
fn area_name(path: &Path) -> String {
    let name = file_name(path);
    let stem = name.trim_end_matches(".pbf").trim_end_matches(".osm");
    stem.trim_end_matches("-latest").to_owned()
}
