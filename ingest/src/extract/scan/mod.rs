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

/// What a scan gives beside the batches.
#[derive(Debug)]
pub struct Scan {
    /// Places worth a stop, by id.
    pub places: Vec<Place>,
    /// How the popularity of the places was scaled.
    pub scale: PopularityScale,
    /// When the data was current, in seconds since 1970, if the file says so.
    pub timestamp: Option<i64>,
    /// What was read and what was left out.
    pub report: Report,
}

/// What a scan hands over as it goes.
#[derive(Debug)]
pub enum Batch {
    /// Things to draw.
    Base(Vec<BaseFeature>),
    /// Lines to draw from afar.
    Overviews(Vec<Overview>),
    /// Edges; those of one way are together and in order.
    Edges(Vec<Edge>),
}

/// One scan: what is read, for whom.
pub(super) struct Job<'a> {
    file: PbfFile,
    area: Option<&'a Polygon>,
    emit: &'a (dyn Fn(Batch) + Sync),
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl Job<'_> {
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
    let job = Job {
        file,
        area,
        emit,
        progress,
    };
    job.begin("reading nodes and relations");
    let elements = elements::read(&job)?;
    job.begin("reading ways");
    let junctions = Junctions::new(elements.nodes.len());
    let ways = ways::read(&job, &elements, &junctions)?;
    job.begin("reading streets");
    let cutter = Cutter {
        nodes: &elements.nodes,
        junctions: &junctions,
        closed: &elements.closed,
        area,
    };
    let streets = streets::read(&job, &elements, &cutter)?;
    if streets.edges == 0 {
        return Err(job.file.no_streets(area.is_some()));
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
        timestamp: job.file.timestamp,
        report,
    })
}
