//! Versions of one object in one file: `osmium merge` of two days, `osmium cat`, and a history whose mark was lost all write
//! several. The newest of them counts, in each reading alike.

use std::sync::{Mutex, PoisonError};

use osmpbf::{Element, Info, PrimitiveBlock};
use rustc_hash::FxHashMap;

use super::elements::OsmId;
use super::pbf::{ExtractError, PbfFile, Progress};

/// Position of an object in a file: its block, and how many of its type are before it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) block: usize,
    pub(crate) object: usize,
}

/// Age of a version: its number and time, and where it is in the file, for those that tell neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Age {
    version: i32,
    milliseconds: i64,
    position: Position,
}

/// The newest versions of the objects that a file has more than once.
#[derive(Debug, Default)]
pub(crate) struct Newest(FxHashMap<OsmId, Newer>);

/// The newest version known of an object.
#[derive(Debug, Clone, Copy)]
struct Newer {
    age: Age,
    is_deleted: bool,
}

impl Newest {
    /// Looks for objects that come more than once.
    pub(crate) fn find(
        file: &PbfFile,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Self, ExtractError> {
        let ids = Mutex::new(Vec::new());
        file.for_each_block(
            |_| true,
            progress,
            |number, block| {
                let of_block: Vec<_> = objects(number, block).map(|(id, _)| id).collect();
                lock(&ids).extend(of_block);
            },
        )?;
        let mut ids = ids.into_inner().unwrap_or_else(PoisonError::into_inner);
        ids.sort_unstable();
        let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]);
        let mut twice: Vec<OsmId> = twice.map(|pair| pair[0]).collect();
        twice.dedup();
        drop(ids);
        let newest = Mutex::new(Self::default());
        if !twice.is_empty() {
            file.for_each_block(
                |_| true,
                progress,
                |number, block| {
                    let repeated = objects(number, block)
                        .filter(|(id, _)| twice.binary_search(id).is_ok())
                        .collect::<Vec<_>>();
                    let newest = &mut *lock(&newest);
                    for (id, version) in repeated {
                        newest.add(id, version);
                    }
                },
            )?;
        }
        Ok(newest.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// True if the file has no object more than once.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, id: OsmId, version: Newer) {
        let known = self.0.entry(id).or_insert(version);
        if version.age > known.age {
            *known = version;
        }
    }

    /// True if this is the object as it is now: the only version of it, or the newest, and not deleted by that.
    pub(crate) fn is_current(&self, id: OsmId, position: Position) -> bool {
        let known = self.0.get(&id);
        known.is_none_or(|newest| newest.age.position == position && !newest.is_deleted)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All objects of a block, in order of the file.
fn objects(number: usize, block: &PrimitiveBlock) -> impl Iterator<Item = (OsmId, Newer)> {
    let mut counts = [0; 3];
    block.elements().map(move |element| {
        let (id, version, milliseconds, is_deleted) = told(&element);
        let count = match id {
            OsmId::Node(_) => &mut counts[0],
            OsmId::Way(_) => &mut counts[1],
            OsmId::Relation(_) => &mut counts[2],
        };
        let position = Position {
            block: number,
            object: *count,
        };
        *count += 1;
        let age = Age {
            version,
            milliseconds,
            position,
        };
        (id, Newer { age, is_deleted })
    })
}

/// Id, version, time and end of an object, as far as the file tells them.
pub(crate) fn told(element: &Element<'_>) -> (OsmId, i32, i64, bool) {
    let of = |id, info: Info<'_>| {
        let version = info.version().unwrap_or(0);
        (
            id,
            version,
            info.milli_timestamp().unwrap_or(0),
            info.deleted(),
        )
    };
    match element {
        Element::DenseNode(node) => {
            let id = OsmId::Node(node.id());
            node.info().map_or((id, 0, 0, false), |info| {
                (id, info.version(), info.milli_timestamp(), info.deleted())
            })
        }
        Element::Node(node) => of(OsmId::Node(node.id()), node.info()),
        Element::Way(way) => of(OsmId::Way(way.id()), way.info()),
        Element::Relation(relation) => of(OsmId::Relation(relation.id()), relation.info()),
    }
}

/// Ids of the blocks of a file, by which is seen whether one may come twice.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// For nodes, ways and relations: the first and the last id of each block.
    spans: [Vec<(i64, i64)>; 3],
    is_broken: bool,
}

impl Order {
    /// Notes the next object of a block.
    pub(crate) fn see(&mut self, kind: usize, id: i64) {
        match self.spans[kind].last_mut() {
            Some((_, last)) if *last < id => *last = id,
            Some(_) => self.is_broken = true,
            None => self.spans[kind].push((id, id)),
        }
    }

    pub(crate) fn add(&mut self, block: Self) {
        self.is_broken |= block.is_broken;
        for (all, spans) in self.spans.iter_mut().zip(block.spans) {
            all.extend(spans);
        }
    }

    /// True if no id can come twice: ids rise in each block, and blocks do not overlap.
    pub(crate) fn is_strict(&mut self) -> bool {
        let overlap = |spans: &mut Vec<(i64, i64)>| {
            spans.sort_unstable();
            spans.windows(2).any(|pair| pair[0].1 >= pair[1].0)
        };
        !self.is_broken && !self.spans.iter_mut().any(overlap)
    }
}
