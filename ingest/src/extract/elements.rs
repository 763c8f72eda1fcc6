//! The three types of elements, seen alike.

use std::fmt;

/// Type and id of an element. Ids alone are not unique across the types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OsmId {
    /// A node.
    Node(i64),
    /// A way.
    Way(i64),
    /// A relation.
    Relation(i64),
}

impl OsmId {
    /// The id under which the element is stored: its type folded in as the last digit. `None`: too large for that.
    pub fn folded(self) -> Option<i64> {
        let (id, digit) = match self {
            Self::Node(id) => (id, 1),
            Self::Way(id) => (id, 2),
            Self::Relation(id) => (id, 3),
        };
        // A negative id (an edit never uploaded) would fold onto another type's digit.
        (id >= 0).then(|| id.checked_mul(10)?.checked_add(digit))?
    }
}

impl fmt::Display for OsmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(id) => write!(f, "node {id}"),
            Self::Way(id) => write!(f, "way {id}"),
            Self::Relation(id) => write!(f, "relation {id}"),
        }
    }
}

/// Tags that own their text, without NUL characters, which no database takes.
pub(crate) fn owned<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    tags.map(|(k, v)| (clean(k), clean(v))).collect()
}

/// The text without NUL characters.
pub(crate) fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// Owned tags as borrowed pairs.
pub(crate) fn pairs(tags: &[(String, String)]) -> Vec<(&str, &str)> {
    tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_folded_into_the_id() {
        assert_eq!(OsmId::Node(7).folded(), Some(71));
        assert_eq!(OsmId::Way(7).folded(), Some(72));
        assert_eq!(OsmId::Relation(7).folded(), Some(73));
        assert_eq!(OsmId::Node(-7).folded(), None);
        assert_eq!(OsmId::Node(i64::MAX).folded(), None);
    }

    #[test]
    fn nul_characters_are_dropped() {
        let tags = owned([("na\0me", "A\0B")].into_iter());
        assert_eq!(pairs(&tags), [("name", "AB")]);
    }
}
