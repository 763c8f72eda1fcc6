//! One element of a file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use osmpbf::Element;

use super::elements::{OsmId, OwnedTags};
use super::pbf::{ExtractError, PbfFile};

/// The tags of one element; `None`: the file does not have it.
///
/// # Errors
/// [`ExtractError`]: the file can't be read.
pub fn find_tags(path: &Path, id: OsmId) -> Result<Option<OwnedTags>, ExtractError> {
    let found = Mutex::new(None);
    let file = PbfFile::open(path)?;
    file.for_each_block(
        |_| true,
        &|_| {},
        |_, block| {
            for element in block.elements() {
                let tags = match (&element, id) {
                    (Element::DenseNode(node), OsmId::Node(id)) if node.id() == id => {
                        OwnedTags::new(node.tags())
                    }
                    (Element::Node(node), OsmId::Node(id)) if node.id() == id => {
                        OwnedTags::new(node.tags())
                    }
                    (Element::Way(way), OsmId::Way(id)) if way.id() == id => {
                        OwnedTags::new(way.tags())
                    }
                    (Element::Relation(relation), OsmId::Relation(id)) if relation.id() == id => {
                        OwnedTags::new(relation.tags())
                    }
                    _ => continue,
                };
                *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(tags);
            }
        },
    )?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}
