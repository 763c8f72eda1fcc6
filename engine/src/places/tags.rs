//! The tags of one OpenStreetMap element.

use std::collections::BTreeMap;

/// The tags of one element, and its size where the reader knows it.
///
/// Borrowed: an extract holds millions of elements, and most are no place at all.
#[derive(Debug, Clone, Copy)]
pub struct Tags<'a> {
    pairs: &'a [(&'a str, &'a str)],
    area_square_metres: Option<f64>,
}

impl<'a> Tags<'a> {
    /// Tags from pairs of key and value in any order; of a repeated key the first counts.
    pub const fn new(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            pairs,
            area_square_metres: None,
        }
    }

    /// The same tags of an element that covers so many square metres; size is a sign of popularity.
    #[must_use]
    pub const fn with_area(self, square_metres: f64) -> Self {
        Self {
            area_square_metres: Some(square_metres),
            ..self
        }
    }

    /// The value of `key`; an empty one counts as absent.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.pairs
            .iter()
            .find(|(k, v)| *k == key && !v.is_empty())
            .map(|(_, v)| *v)
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.pairs.iter().copied()
    }

    /// Covered square metres, if known.
    pub const fn area_square_metres(&self) -> Option<f64> {
        self.area_square_metres
    }

    /// Into an owned map, as it is stored.
    pub fn to_map(&self) -> BTreeMap<String, String> {
        let owned = |(k, v): (&str, &str)| (k.to_owned(), v.to_owned());
        self.iter().map(owned).collect()
    }
}

/// Years that a `start_date` may name: nothing walkable is older, and plans for the future are no fact.
const YEARS: std::ops::RangeInclusive<i32> = 500..=2100;

/// The year a date tag names: `1842`, `1842-05-01`, `~1842`, `before 1842`, `1890s`, `C19` (its first year).
///
/// `None` for what gives only a lower bound (`after 1842`) or cannot be read.
pub(crate) fn year(date: &str) -> Option<i32> {
    let date = date.trim();
    if date.starts_with("after") || date.starts_with('>') {
        return None;
    }
    if let Some(century) = date.strip_prefix('C').and_then(|c| c.parse::<i32>().ok()) {
        return Some((century - 1) * 100).filter(|y| YEARS.contains(y));
    }
    date.split(|c: char| !c.is_ascii_digit())
        .find(|digits| digits.len() == 4)
        .and_then(|digits| digits.parse().ok())
        .filter(|y| YEARS.contains(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_read_from_the_usual_notations() {
        for (date, expected) in [
            ("1842", Some(1842)),
            ("1842-05-01", Some(1842)),
            ("~1842", Some(1842)),
            ("before 1815", Some(1815)),
            ("1890s", Some(1890)),
            ("C19", Some(1800)),
            ("1910-1912", Some(1910)),
            ("after 1968", None),
            ("unknown", None),
            ("12345678", None),
            ("9999", None),
        ] {
            assert_eq!(year(date), expected, "{date}");
        }
    }

    #[test]
    fn an_empty_value_is_absent_and_the_first_of_a_repeated_key_counts() {
        let tags = Tags::new(&[("name", ""), ("name", "A"), ("name", "B")]);
        assert_eq!(tags.get("name"), Some("A"));
        assert_eq!(tags.get("amenity"), None);
    }
}
