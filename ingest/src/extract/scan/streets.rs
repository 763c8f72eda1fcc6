//! Third reading: the walkable ways, cut into edges.

use std::sync::{Mutex, PoisonError};

use osmpbf::{PrimitiveBlock, Way};
use wildside_engine::network::Edge;
use wildside_engine::places::Tags;

use super::elements::Elements;
use super::shores::Shores;
use super::squares::Grounds;
use super::{Batch, Reading};
use crate::extract::elements::{OsmId, is_real_tag};
use crate::extract::hours::{self, UNREAD};
use crate::extract::network::Cutter;
use crate::extract::pbf::ExtractError;
use crate::extract::report::Report;
use crate::extract::versions::Position;
use crate::extract::walkable::{WalkWay, is_area, walk_way};

/// Counts of the third reading; the edges themselves are handed over.
#[derive(Default)]
pub(super) struct Streets {
    pub(super) edges: u64,
    pub(super) report: Report,
}

impl Streets {
    pub(super) fn plus(mut self, other: Self) -> Self {
        self.edges += other.edges;
        self.report.add(&other.report);
        self
    }
}

pub(super) fn read(
    reading: &Reading<'_>,
    elements: &Elements,
    cutter: &Cutter<'_>,
    grounds: &Grounds<'_>,
    shores: &Shores,
) -> Result<Streets, ExtractError> {
    let streets = Mutex::new(Streets::default());
    let with_ways = |number| elements.blocks_with_ways.contains(&number);
    reading
        .file
        .for_each_block(with_ways, reading.progress, |number, block| {
            let (mut batch, mut report) = (Vec::new(), Report::default());
            report.skip(
                "ways of more nodes than any real one",
                count_overlong(block),
            );
            for way in ways(reading, number, block) {
                let tags: Vec<_> = way.tags().filter(is_real_tag).collect();
                grounds.see(&way, &Tags::new(&tags), cutter.nodes);
                report.skip(UNREAD, hours::unread(&Tags::new(&tags)));
                let Some(walk) = walkable(elements, way.id(), &Tags::new(&tags)) else {
                    continue;
                };
                if is_outline(elements, &way, &Tags::new(&tags)) {
                    grounds.keep(&way, walk, &Tags::new(&tags));
                    continue;
                }
                let cut = cutter.cut(way.id(), &walk, None, way.refs());
                add_edges(cut, cutter, &mut batch, &mut report);
            }
            let edges = batch.len() as u64;
            if edges > 0 {
                shores.see(&batch);
                (reading.emit)(Batch::Edges(batch));
            }
            let streets = &mut *streets.lock().unwrap_or_else(PoisonError::into_inner);
            streets.edges += edges;
            streets.report.add(&report);
        })?;
    Ok(streets.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Adds the edges of a way to a batch, and counts what was left out of it.
pub(super) fn add_edges(
    cut: Option<(Vec<Edge>, u64)>,
    cutter: &Cutter<'_>,
    batch: &mut Vec<Edge>,
    report: &mut Report,
) {
    match cut {
        Some((edges, missing)) => {
            batch.extend(edges);
            // What is outside an area has no nodes.
            let missing = if cutter.area.is_some() { 0 } else { missing };
            report.skip("nodes missing from ways", missing);
        }
        None => report.skip("short ways that touch no other", 1),
    }
}

/// Ways longer than this are no ways but attacks: OpenStreetMap allows 2,000 nodes.
const MOST_NODES: usize = 50_000;

/// The ways of a block, each in its newest version.
pub(super) fn ways<'a>(
    reading: &'a Reading<'_>,
    number: usize,
    block: &'a PrimitiveBlock,
) -> impl Iterator<Item = Way<'a>> {
    let all = block.groups().flat_map(|group| group.ways()).enumerate();
    let current = all.filter(move |(object, way)| {
        let position = Position {
            block: number,
            object: *object,
        };
        reading.newest.is_current(OsmId::Way(way.id()), position)
    });
    current.map(|(_, way)| way).filter(is_real)
}

pub(super) fn is_real(way: &Way<'_>) -> bool {
    way.raw_refs().len() <= MOST_NODES
}

fn count_overlong(block: &PrimitiveBlock) -> u64 {
    let ways = block.groups().flat_map(|group| group.ways());
    ways.filter(|way| !is_real(way)).count() as u64
}

/// Walkability of a way, as it is tagged or as the outline of a square.
pub(super) fn walkable(elements: &Elements, id: i64, tags: &Tags<'_>) -> Option<WalkWay> {
    walk_way(tags).or_else(|| elements.square_outlines.get(&id).cloned())
}

/// True if the way is the edge of something that is walked all over.
pub(super) fn is_outline(elements: &Elements, way: &Way<'_>, tags: &Tags<'_>) -> bool {
    elements.square_outlines.contains_key(&way.id()) || is_closed(way) && is_area(tags)
}

/// True if the way ends where it begins.
pub(super) fn is_closed(way: &Way<'_>) -> bool {
    let mut refs = way.refs();
    let first = refs.next();
    first.is_some() && first == refs.last()
}
