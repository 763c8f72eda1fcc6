//! `themes explain`: why a place is what it is.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wildside_engine::places::{Classification, Reason, Tags, catalogue};
use wildside_ingest::extract::{OsmId, find_tags};
use wildside_ingest::load::connect;

use crate::cli::{ElementKind, NO_DATABASE};

type TagList = Vec<(String, String)>;

pub(crate) async fn explain(
    kind: ElementKind,
    id: i64,
    pbf: Option<PathBuf>,
    url: Option<String>,
) -> Result<()> {
    let id = match kind {
        ElementKind::Node => OsmId::Node(id),
        ElementKind::Way => OsmId::Way(id),
        ElementKind::Relation => OsmId::Relation(id),
    };
    let tags = match pbf {
        Some(file) => from_file(&file, id)?,
        None => from_database(&url.context(NO_DATABASE)?, id).await?,
    };
    let pairs: Vec<_> = tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{id}")?;
    for (key, value) in &pairs {
        writeln!(out, "    {key} = {value}")?;
    }
    match catalogue().judge(&Tags::new(&pairs)) {
        Ok(found) => tell(&mut out, &found),
        Err(rejection) => Ok(writeln!(out, "no stop: {rejection}")?),
    }
}

fn from_file(file: &Path, id: OsmId) -> Result<TagList> {
    let tags = find_tags(file, id)?.with_context(|| format!("{} has no {id}", file.display()))?;
    Ok(tags
        .iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect())
}

async fn from_database(url: &str, id: OsmId) -> Result<TagList> {
    let folded = id
        .folded()
        .with_context(|| format!("{id} is out of range"))?;
    let client = connect(url).await?;
    let row = client
        .query_opt("SELECT osm_tags FROM pois WHERE id = $1", &[&folded])
        .await?;
    let Some(row) = row else {
        bail!("no place of the database is {id}; try it with --pbf FILE");
    };
    let tags: Option<serde_json::Value> = row.get(0);
    let tags =
        tags.and_then(|tags| serde_json::from_value::<std::collections::BTreeMap<_, _>>(tags).ok());
    Ok(tags.unwrap_or_default().into_iter().collect())
}

fn tell(out: &mut impl Write, found: &Classification) -> Result<()> {
    let label = catalogue()
        .kind(found.kind)
        .map_or("", |kind| kind.label.as_str());
    writeln!(out, "{}: {}", label, found.name)?;
    for reason in &found.why {
        match reason {
            Reason::Kind { rule } => writeln!(out, "    is one by the rule: {rule}")?,
            Reason::Theme {
                theme,
                weight,
                because,
            } => {
                let name = catalogue()
                    .theme(*theme)
                    .map_or("", |theme| theme.name.as_str());
                writeln!(out, "    {name} {weight:.2}: {because}")?;
            }
            Reason::Popularity { share, because } => {
                writeln!(out, "    popularity {:+.0} %: {because}", share * 100.0)?;
            }
        }
    }
    writeln!(out, "    prominence {:.2}", found.prominence)?;
    if let Some(narrative) = &found.narrative {
        writeln!(out, "    “{narrative}”")?;
    }
    Ok(())
}
