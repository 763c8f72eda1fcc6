//! The three types of elements, seen alike.

use std::fmt;

use super::report::Report;

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
        // Of a negative id, such as editors and converters give, the digit is what is left by a division downwards.
        id.checked_mul(10)?.checked_add(digit)
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

/// A key and its value.
pub(crate) type Tag<'a> = (&'a str, &'a str);

/// Longest key or value that is taken, in bytes: OpenStreetMap allows 255 characters.
const LONGEST_TEXT: usize = 1024;

/// True if neither key nor value is stuffed.
pub(crate) fn is_real_tag((key, value): &Tag<'_>) -> bool {
    key.len() <= LONGEST_TEXT && value.len() <= LONGEST_TEXT
}

/// The tags of an element; those that are longer than any real one are left out and counted.
pub(crate) fn real_tags<'a>(
    tags: impl Iterator<Item = Tag<'a>>,
    report: &mut Report,
) -> Vec<Tag<'a>> {
    let (real, stuffed): (Vec<_>, Vec<_>) = tags.partition(is_real_tag);
    report.skip("tags longer than any real one", stuffed.len() as u64);
    real
}

/// Tags that own their text, in one piece: a city's places have half a million.
///
/// NUL characters, which no database takes, are dropped, and so can end each key and value here.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedTags(Box<str>);

impl OwnedTags {
    pub(crate) fn new<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut text = String::new();
        for part in tags.flat_map(|(key, value)| [key, value]) {
            text.extend(part.chars().filter(|c| *c != '\0'));
            text.push('\0');
        }
        Self(text.into_boxed_str())
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut parts = self.0.split_terminator('\0');
        std::iter::from_fn(move || Some((parts.next()?, parts.next()?)))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(k, _)| *k == key).map(|(_, value)| value)
    }

    /// Keys and values, to be looked at as `Tags`.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.iter().collect()
    }
}

impl fmt::Debug for OwnedTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The text without NUL characters.
pub(crate) fn clean(text: &str) -> String {
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_folded_into_the_id() {
        assert_eq!(OsmId::Node(7).folded(), Some(71));
        assert_eq!(OsmId::Way(7).folded(), Some(72));
        assert_eq!(OsmId::Relation(7).folded(), Some(73));
        assert_eq!(OsmId::Node(-7).folded(), Some(-69));
        assert_eq!(OsmId::Way(-7).folded().map(|id| id.rem_euclid(10)), Some(2));
        assert_eq!(OsmId::Node(i64::MAX).folded(), None);
    }

    #[test]
    fn nul_characters_are_dropped() {
        let tags = OwnedTags::new([("na\0me", "A\0B"), ("note", "")].into_iter());
        assert_eq!(tags.pairs(), [("name", "AB"), ("note", "")]);
        assert_eq!((tags.get("name"), tags.get("AB")), (Some("AB"), None));
    }
}
