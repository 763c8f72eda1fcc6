//! Summary of a load for people.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use wildside_engine::places::catalogue;
use wildside_ingest::extract::Scan;
use wildside_ingest::load::Outcome;

/// Says why nothing was done.
pub(crate) fn complain(fault: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "error: {fault:#}");
}

/// Reports what a load did.
pub(crate) fn outcome(name: &str, outcome: &Outcome) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match outcome {
        Outcome::Unchanged { generation } => {
            writeln!(
                out,
                "{name}: nothing to do, this very data is loaded (generation {generation})"
            )?;
        }
        Outcome::Loaded(loaded) => {
            let change = loaded.change;
            scan(&mut out, &loaded.scan)?;
            writeln!(
                out,
                "{name}: generation {}, {} places and {} street edges; {} places written, {} removed, {} kept for past walks",
                change.generation,
                loaded.scan.places.len(),
                loaded.edges,
                change.places_written,
                change.places_removed,
                change.places_retired,
            )?;
        }
    }
    Ok(())
}

/// Reports what a load would bring.
pub(crate) fn dry_run(name: &str, found: &Scan) -> Result<()> {
    let mut out = std::io::stdout().lock();
    scan(&mut out, found)?;
    writeln!(
        out,
        "{name}: {} places; nothing was changed (dry run)",
        found.places.len()
    )?;
    Ok(())
}

fn scan(out: &mut impl Write, scan: &Scan) -> Result<()> {
    let [nodes, ways, relations] = scan.report.elements;
    writeln!(
        out,
        "read {nodes} nodes, {ways} ways, {relations} relations"
    )?;
    if scan.timestamp.is_none() {
        writeln!(
            out,
            "neither the file nor its objects tell of which day they are: older data is not told from newer"
        )?;
    }
    let (mut kinds, mut themes) = (BTreeMap::new(), BTreeMap::new());
    for place in &scan.places {
        if let Some(kind) = catalogue().kind(place.classification.kind) {
            *kinds.entry(kind.name.as_str()).or_insert(0) += 1;
        }
        for (theme, _) in &place.classification.themes {
            if let Some(theme) = catalogue().theme(*theme) {
                *themes.entry(theme.name.as_str()).or_insert(0) += 1;
            }
        }
    }
    counts(out, "places by kind", &kinds)?;
    counts(out, "places by theme", &themes)?;
    let skipped = scan
        .report
        .skipped
        .iter()
        .map(|(reason, count)| (*reason, *count))
        .collect();
    counts(out, "left out", &skipped)
}

/// The most frequent first.
fn counts(out: &mut impl Write, title: &str, counts: &BTreeMap<&str, u64>) -> Result<()> {
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), **name));
    writeln!(out, "{title}:")?;
    for (name, count) in sorted {
        writeln!(out, "  {count:>7}  {name}")?;
    }
    Ok(())
}
