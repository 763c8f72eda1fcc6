//! The three readings of a file.

mod elements;
mod streets;
mod ways;

use std::path::Path;

use wildside_engine::network::Edge;
use wildside_engine::places::PopularityScale;

use super::base::BaseFeature;
use super::network::{Cutter, Junctions};
use super::overview::Overview;
use super::pbf::{ExtractError, PbfFile, Progress};
use super::places::{Place, remove_duplicates, scale_popularity};
use super::report::Report;
use crate::area::Polygon;

/// Result of a scan beside the batches.
#[derive(Debug)]
pub struct Scan {
    /// Places worth a stop, by id.
    pub places: Vec<Place>,
    /// Scale of the places' popularity.
    pub scale: PopularityScale,
    /// Time of the data, in seconds since 1970, if the file tells it.
    pub timestamp: Option<i64>,
    /// Counts of what was read and what was left out.
    pub report: Report,
}

/// Batch that a scan hands over as it goes.
#[derive(Debug)]
pub enum Batch {
    /// Things to draw.
    Base(Vec<BaseFeature>),
    /// Lines to draw from afar.
    Overviews(Vec<Overview>),
    /// Edges; those of one way are together and in order.
    Edges(Vec<Edge>),
}

/// The reading of one file: its area, and the receivers of batches and progress.
pub(super) struct Reading<'a> {
    file: PbfFile,
    area: Option<&'a Polygon>,
    emit: &'a (dyn Fn(Batch) + Sync),
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl Reading<'_> {
    fn begin(&self, name: &'static str) {
        let bytes = self.file.bytes();
        (self.progress)(Progress::Stage { name, bytes });
    }

    fn emit_base(&self, features: Vec<BaseFeature>) {
        if !features.is_empty() {
            (self.emit)(Batch::Base(features));
        }
    }
}

/// Reads a file, handing over the base map and the edges in batches as they are found.
///
/// # Errors
/// [`ExtractError`]; what was handed over until then is of no use.
pub fn scan(
    path: &Path,
    area: Option<&Polygon>,
    emit: &(dyn Fn(Batch) + Sync),
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Scan, ExtractError> {
    let file = PbfFile::open(path)?;
    let reading = Reading {
        file,
        area,
        emit,
        progress,
    };
    reading.begin("reading nodes and relations");
    let elements = elements::read(&reading)?;
    reading.begin("reading ways");
    let junctions = Junctions::new(elements.nodes.len());
    let ways = ways::read(&reading, &elements, &junctions)?;
    reading.begin("reading streets");
    let cutter = Cutter {
        nodes: &elements.nodes,
        junctions: &junctions,
        closed: &elements.closed,
        area,
    };
    let streets = streets::read(&reading, &elements, &cutter)?;
    if streets.edges == 0 {
        return Err(reading.file.no_streets(area.is_some()));
    }

    let mut report = elements.report;
    report.add(&ways.report);
    report.add(&streets.report);
    let mut places = elements.places;
    places.extend(ways.places);
    let read = places.len();
    places.retain(|place| area.is_none_or(|area| area.contains(place.location)));
    report.skip("places outside the area", (read - places.len()) as u64);
    report.skip("places mapped twice", remove_duplicates(&mut places));
    let scale = scale_popularity(&mut places);
    Ok(Scan {
        places,
        scale,
        timestamp: reading.file.timestamp,
        report,
    })
}
