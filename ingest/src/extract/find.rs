//! One element of a file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use osmpbf::Element;

use super::elements::{OsmId, OwnedTags};
use super::pbf::{ExtractError, PbfFile};
use super::versions::told;

/// The tags of one element in its newest version; `None`: the file does not have it.
///
/// # Errors
/// [`ExtractError`]: the file can't be read.
pub fn find_tags(path: &Path, id: OsmId) -> Result<Option<OwnedTags>, ExtractError> {
    let found = Mutex::new(None);
    let file = PbfFile::open(path)?;
    file.for_each_block(
        |_| true,
        &|_| {},
        |number, block| {
            for (position, element) in block.elements().enumerate() {
                let (found_id, version, milliseconds, is_deleted) = told(&element);
                if found_id != id {
                    continue;
                }
                let age = (version, milliseconds, number, position);
                let found = &mut *found.lock().unwrap_or_else(PoisonError::into_inner);
                if found.as_ref().is_none_or(|(newest, _)| *newest < age) {
                    *found = Some((age, (!is_deleted).then(|| tags_of(&element))));
                }
            }
        },
    )?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(found.and_then(|(_, tags)| tags))
}

fn tags_of(element: &Element<'_>) -> OwnedTags {
    match element {
        Element::DenseNode(node) => OwnedTags::new(node.tags()),
        Element::Node(node) => OwnedTags::new(node.tags()),
        Element::Way(way) => OwnedTags::new(way.tags()),
        Element::Relation(relation) => OwnedTags::new(relation.tags()),
    }
}
