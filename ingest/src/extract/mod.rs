//! From a file to places and streets, without a database.
//!
//! The file is read three times, in parallel, so that memory stays bounded: nodes and relations first; then
//! the ways, for the places among them and to see which nodes they share; then the ways once more, cut
//! where they meet. Blocks without ways are skipped from the second time on.

mod access;
mod base;
mod elements;
mod find;
mod form;
mod geometry;
mod hours;
mod mercator;
mod network;
mod nodes;
mod overview;
mod parks;
mod pbf;
mod places;
mod plane;
mod report;
mod scan;
mod squares;
mod tiles;
mod versions;
mod walkable;

use std::path::Path;

use wildside_engine::network::Edge;
use wildside_engine::places::PopularityScale;

pub(crate) use access::Access;
pub use base::{BaseFeature, Shape};
pub use elements::{OsmId, OwnedTags};
pub use find::find_tags;
pub use mercator::Position;
pub(crate) use mercator::{is_simple, mercator};
pub(crate) use network::length_metres;
pub use overview::{Overview, Spot};
pub use pbf::{ExtractError, Progress};
pub use places::Place;
pub use report::Report;
pub use scan::{Batch, Scan, scan};

use self::pbf::PbfFile;
use crate::area::Polygon;

/// All that a file holds for walkers.
#[derive(Debug)]
pub struct Extract {
    /// Places worth a stop, by id.
    pub places: Vec<Place>,
    /// Stretches of the ways a pedestrian may use, by way and position along it.
    pub edges: Vec<Edge>,
    /// Scale of the places' popularity.
    pub scale: PopularityScale,
    /// Time of the data, in seconds since 1970, if the file tells it.
    pub timestamp: Option<i64>,
    /// Counts of what was read and what was left out.
    pub report: Report,
}

/// Time of a file's data, in seconds since 1970, if its header tells it.
///
/// # Errors
/// [`ExtractError`]: the file can't be read, or is no PBF.
pub fn timestamp(path: &Path) -> Result<Option<i64>, ExtractError> {
    Ok(PbfFile::open(path)?.timestamp)
}

/// Reads the whole file, or what of it is inside `area`, into memory.
///
/// For a file too large for that there is [`scan()`], which hands over streets and base map as they come.
///
/// # Errors
/// [`ExtractError`]: the file can't be read, is no PBF, is damaged, or has no street to walk on.
pub fn read(path: &Path, area: Option<&Polygon>) -> Result<Extract, ExtractError> {
    let edges = std::sync::Mutex::new(Vec::new());
    let collect = |batch| {
        if let (Batch::Edges(batch), Ok(mut edges)) = (batch, edges.lock()) {
            edges.extend(batch);
        }
    };
    let found = scan(path, area, &collect, &|_| {})?;
    let mut edges = edges.into_inner().unwrap_or_default();
    // Stable: the stretches of one way come in one batch, in order.
    edges.sort_by_key(|edge: &Edge| edge.way_id);
    Ok(Extract {
        places: found.places,
        edges,
        scale: found.scale,
        timestamp: found.timestamp,
        report: found.report,
    })
}
