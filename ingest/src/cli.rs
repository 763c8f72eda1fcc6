//! The command line.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use wildside_dial::Secret;
use wildside_ingest::area::Polygon;
use wildside_ingest::digest::digest;
use wildside_ingest::download::{DEFAULT_MIRROR, download, region_url};
use wildside_ingest::extract;
use wildside_ingest::load::{self, Load};

use crate::{explain, progress, summary};

/// Loads an OpenStreetMap extract into the database: places, themes, streets and the base map.
///
/// The same data again changes nothing; newer data replaces the old of its area in one transaction.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = true
)]
#[command(group = ArgGroup::new("source").required(true))]
pub(crate) struct Cli {
    /// An extract on disk, an .osm.pbf file.
    #[arg(long, value_name = "FILE", group = "source")]
    pbf: Option<PathBuf>,

    /// An extract on the net; checked against URL.md5 if there is one.
    #[arg(long, value_name = "URL", group = "source")]
    url: Option<String>,

    /// The newest extract of a region: a name as `scotland`, or a path as `europe/monaco`.
    #[arg(long, value_name = "NAME", group = "source")]
    region: Option<String>,

    /// Load only what is inside: a GeoJSON file with polygons, or `edinburgh`.
    #[arg(long, value_name = "POLYGON|NAME")]
    area: Option<String>,

    /// Name of the area [default: the name of --area, else of the file].
    #[arg(long)]
    name: Option<String>,

    /// Let the area lose more than half of its streets.
    #[arg(long)]
    allow_shrink: bool,

    /// Let the area go back to older data.
    #[arg(long)]
    allow_older: bool,

    /// Read and report, and change nothing; needs no database.
    #[arg(long)]
    dry_run: bool,

    /// Folder of downloads.
    #[arg(long, value_name = "FOLDER", default_value = ".wildside/extracts")]
    download_folder: PathBuf,

    /// Address of the list of regions.
    #[arg(long, value_name = "URL", default_value = DEFAULT_MIRROR)]
    mirror: String,

    /// The database, as postgres://user:password@host:port/name.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        global = true
    )]
    database_url: Option<String>,

    /// File that holds the address of the database, instead.
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "FILE", global = true)]
    database_url_file: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The interest themes.
    #[command(subcommand)]
    Themes(Themes),
}

#[derive(Debug, Subcommand)]
enum Themes {
    /// Says why a place has its themes and its popularity.
    Explain {
        /// Type of the OpenStreetMap element.
        kind: ElementKind,
        /// Its id.
        id: i64,
        /// Look it up in this extract instead of the database.
        #[arg(long, value_name = "FILE")]
        pbf: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ElementKind {
    Node,
    Way,
    Relation,
}

/// Areas whose polygons come with the program.
const SHIPPED_AREAS: [(&str, &str); 1] =
    [("edinburgh", include_str!("../areas/edinburgh.geojson"))];

pub(crate) async fn run(mut cli: Cli) -> Result<()> {
    if let Some(file) = &cli.database_url_file {
        ensure!(
            cli.database_url.is_none(),
            "DATABASE_URL is set, and so is DATABASE_URL_FILE: unset one of them"
        );
        let url = Secret::in_file(file).load().await;
        cli.database_url = Some(url.context("DATABASE_URL_FILE")?);
    }
    if let Some(Command::Themes(Themes::Explain { kind, id, pbf })) = cli.command {
        return explain::explain(kind, id, pbf, cli.database_url).await;
    }
    let area = cli.area.as_deref().map(read_area).transpose()?;
    if !cli.dry_run {
        // Before a download of hours, not after.
        let url = cli.database_url.as_deref().context(NO_DATABASE)?;
        load::check(url).await?;
    }
    let (file, source) = fetch(&cli).await?;
    let name = cli
        .name
        .clone()
        .unwrap_or_else(|| area_name(cli.area.as_deref(), &file));
    if cli.dry_run {
        let scan = extract::scan(&file, area.as_ref(), &|_| {}, &progress::shown())?;
        return summary::dry_run(&name, &scan);
    }
    let url = cli.database_url.context(NO_DATABASE)?;
    let digest = digest(&file, area.as_ref())?;
    let load = Load {
        file,
        source,
        area,
        digest,
        allow_shrink: cli.allow_shrink,
        allow_older: cli.allow_older,
        name: name.clone(),
    };
    let outcome = load::load(&url, load, progress::shown()).await?;
    summary::outcome(&name, &outcome)
}

pub(crate) const NO_DATABASE: &str =
    "DATABASE_URL is not set, nor is DATABASE_URL_FILE, nor --database-url";

/// The file to read, and where it is from.
async fn fetch(cli: &Cli) -> Result<(PathBuf, String)> {
    let url = match (&cli.pbf, &cli.url, &cli.region) {
        (Some(file), ..) => return Ok((file.clone(), file_name(file))),
        (_, Some(url), _) => url.clone(),
        (.., region) => region_url(&cli.mirror, region.as_deref().unwrap_or_default()).await?,
    };
    let file = download(&url, &cli.download_folder, &progress::shown()).await?;
    Ok((file, url))
}

fn read_area(area: &str) -> Result<Polygon> {
    let at_fault = || format!("can't use `{area}` as an area");
    if let Some((_, shipped)) = SHIPPED_AREAS.iter().find(|(name, _)| *name == area) {
        return Polygon::from_geojson(shipped).with_context(at_fault);
    }
    let text = std::fs::read_to_string(area).with_context(at_fault)?;
    Polygon::from_geojson(&text).with_context(at_fault)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The area's own name, without what file names carry beside it: `helsinki` of `data/helsinki-latest.osm.pbf`.
fn area_name(area: Option<&str>, file: &Path) -> String {
    let name = file_name(area.map_or(file, Path::new));
    let endings = [".pbf", ".osm", ".geojson", ".json", "-latest"];
    endings.iter().fold(name, |name, ending| {
        name.strip_suffix(ending).unwrap_or(&name).to_owned()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory;
    use wildside_engine::Point;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        assert!(parse("wildside-ingest --pbf a.osm.pbf --dry-run").is_ok());
        assert!(parse("wildside-ingest themes explain node 1").is_ok());
        assert_eq!(parse("wildside-ingest").unwrap_err().exit_code(), 2);
        assert_eq!(
            parse("wildside-ingest --pbf a --url b")
                .unwrap_err()
                .exit_code(),
            2
        );
    }

    #[test]
    fn areas_are_named_after_what_they_were_cut_with() {
        assert_eq!(
            area_name(None, Path::new("data/helsinki.osm.pbf")),
            "helsinki"
        );
        assert_eq!(
            area_name(None, Path::new("scotland-latest.osm.pbf")),
            "scotland"
        );
        assert_eq!(
            area_name(Some("edinburgh"), Path::new("scotland-latest.osm.pbf")),
            "edinburgh"
        );
        assert_eq!(
            area_name(Some("x/Leith.geojson"), Path::new("a.osm.pbf")),
            "Leith"
        );
    }

    #[test]
    fn the_shipped_area_is_edinburgh() {
        let area = read_area("edinburgh").unwrap();
        for (name, lon, lat, inside) in [
            ("the castle", -3.1999, 55.9486, true),
            ("Portobello beach", -3.1140, 55.9530, true),
            ("the Forth Bridge's southern end", -3.3860, 55.9920, true),
            ("Arthur's Seat", -3.1619, 55.9441, true),
            ("Ratho", -3.3830, 55.9220, true),
            ("Balerno", -3.3410, 55.8850, true),
            ("Musselburgh", -3.0500, 55.9420, false),
            ("Dalkeith", -3.0670, 55.8950, false),
            ("Livingston", -3.5230, 55.8860, false),
            ("Penicuik", -3.2230, 55.8310, false),
            ("Burntisland", -3.2330, 56.0590, false),
        ] {
            assert_eq!(area.contains(Point::new(lon, lat)), inside, "{name}");
        }
    }
}
