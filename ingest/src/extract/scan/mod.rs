//! The three readings of a file.

mod elements;
mod shores;
mod squares;
mod streets;
mod ways;

use std::path::Path;

use wildside_engine::Point;
use wildside_engine::network::Edge;
use wildside_engine::places::PopularityScale;

use self::elements::Elements;
use self::shores::Shores;
use self::squares::Grounds;
use super::base::BaseFeature;
use super::network::{Cutter, Junctions};
use super::overview::Overview;
use super::parks::Parks;
use super::pbf::{ExtractError, PbfFile, Progress};
use super::places::{Place, merge_duplicates, scale_popularity};
use super::report::Report;
use super::versions::Newest;
use crate::area::Polygon;

/// Result of a scan beside the batches.
#[derive(Debug)]
pub struct Scan {
    /// Places worth a stop, by id.
    pub places: Vec<Place>,
    /// Scale of the places' popularity.
    pub scale: PopularityScale,
    /// Time of the data, in seconds since 1970: as the file's header tells it, or else that of the newest object.
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
    /// Versions that count, of what the file has more than once.
    newest: Newest,
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
    let mut reading = Reading {
        file,
        area,
        newest: Newest::default(),
        emit,
        progress,
    };
    let mut elements = read_elements(&mut reading)?;
    reading.emit_base(std::mem::take(&mut elements.labels));
    reading.begin("reading ways");
    let junctions = Junctions::new(elements.nodes.len());
    let barred = Junctions::new(elements.nodes.len());
    let mut ways = ways::read(&reading, &elements, &junctions, &barred)?;
    reading.begin("reading streets");
    let parks = Parks::new(std::mem::take(&mut ways.parks));
    let cutter = Cutter {
        nodes: &elements.nodes,
        junctions: &junctions,
        barred: &barred,
        passages: &elements.passages,
        parks: &parks,
        area,
    };
    let grounds = Grounds::new(&ways.squares);
    let shores = Shores::new(std::mem::take(&mut ways.shores));
    let streets = streets::read(&reading, &elements, &cutter, &grounds, &shores)?;
    let is_door = |id| elements.entrances.contains_key(&id);
    let hand_over = |edges: Vec<Edge>| {
        if !edges.is_empty() {
            shores.see(&edges);
            emit(Batch::Edges(edges));
        }
    };
    let streets = streets.plus(grounds.cross(&cutter, is_door, &hand_over));
    if streets.edges == 0 {
        return Err(reading.file.no_streets(area.is_some()));
    }

    let newest_seconds = Some(elements.newest_milliseconds / 1000).filter(|time| *time > 0);
    let mut report = elements.report;
    report.add(&ways.report);
    report.add(&streets.report);
    let mut places = elements.places;
    places.extend(ways.places);
    let read = places.len();
    let moved = shores.moved();
    let is_in = |at: &Point| area.is_none_or(|area| area.contains(*at));
    places.retain(|place| is_in(moved.get(&place.id).unwrap_or(&place.location)));
    report.skip("places outside the area", (read - places.len()) as u64);
    report.skip(
        "places mapped twice, and merged",
        merge_duplicates(&mut places),
    );
    for place in &mut places {
        place.location = moved.get(&place.id).copied().unwrap_or(place.location);
    }
    let scale = scale_popularity(&mut places);
    Ok(Scan {
        places,
        scale,
        timestamp: reading.file.timestamp.or(newest_seconds),
        report,
    })
}

/// The first reading. Where ids are not in order, some may be there twice: then it is seen which versions are the newest, and
/// read anew.
fn read_elements(reading: &mut Reading<'_>) -> Result<Elements, ExtractError> {
    reading.begin("reading nodes and relations");
    let mut elements = elements::read(reading)?;
    if elements.order.is_strict() {
        return Ok(elements);
    }
    reading.begin("looking for objects that come more than once");
    reading.newest = Newest::find(&reading.file, reading.progress)?;
    if reading.newest.is_empty() {
        return Ok(elements);
    }
    reading.begin("reading nodes and relations once more");
    elements::read(reading)
}
