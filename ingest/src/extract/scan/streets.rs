//! Third reading: the walkable ways, cut into edges.

use std::sync::{Mutex, PoisonError};

use osmpbf::{PrimitiveBlock, Way};
use rustc_hash::FxHashSet;
use wildside_engine::places::Tags;

use super::elements::Elements;
use super::{Batch, Reading};
use crate::extract::elements::is_real_tag;
use crate::extract::network::Cutter;
use crate::extract::pbf::ExtractError;
use crate::extract::report::Report;
use crate::extract::walkable::{WalkWay, walk_way};

/// Counts of the third reading; the edges themselves are handed over.
#[derive(Default)]
pub(super) struct Streets {
    pub(super) edges: u64,
    pub(super) report: Report,
}

pub(super) fn read(
    reading: &Reading<'_>,
    elements: &Elements,
    cutter: &Cutter<'_>,
) -> Result<Streets, ExtractError> {
    let streets = Mutex::new(Streets::default());
    let seen = Mutex::new(FxHashSet::default());
    let is_new = |id| {
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id)
    };
    let with_ways = |number| elements.blocks_with_ways.contains(&number);
    reading
        .file
        .for_each_block(with_ways, reading.progress, |_, block| {
            let (mut batch, mut report) = (Vec::new(), Report::default());
            report.skip(
                "ways of more nodes than any real one",
                count_overlong(block),
            );
            for way in ways(block) {
                let tags: Vec<_> = way.tags().filter(is_real_tag).collect();
                let Some(walk) = walkable(elements, way.id(), &Tags::new(&tags)) else {
                    continue;
                };
                if !is_new(way.id()) {
                    report.skip("ways with an id that was there before", 1);
                    continue;
                }
                match cutter.cut(way.id(), &walk, way.refs()) {
                    Some((edges, missing)) => {
                        batch.extend(edges);
                        report.skip(
                            "nodes missing from ways",
                            if reading.area.is_some() { 0 } else { missing },
                        );
                    }
                    None => report.skip("short ways that touch no other", 1),
                }
            }
            let edges = batch.len() as u64;
            if edges > 0 {
                (reading.emit)(Batch::Edges(batch));
            }
            let streets = &mut *streets.lock().unwrap_or_else(PoisonError::into_inner);
            streets.edges += edges;
            streets.report.add(&report);
        })?;
    Ok(streets.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Ways longer than this are no ways but attacks: OpenStreetMap allows 2,000 nodes.
const MOST_NODES: usize = 50_000;

pub(super) fn ways(block: &PrimitiveBlock) -> impl Iterator<Item = Way<'_>> {
    block
        .groups()
        .flat_map(|group| group.ways())
        .filter(is_real)
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
