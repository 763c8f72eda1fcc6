//! Overpass QL for the places of a theme in a box.

use std::fmt::Write as _;

use wildside_engine::Point;
use wildside_engine::places::{Condition, Rule, Test};

/// Elements that one query asks for at most.
pub(super) const MAX_ELEMENTS: usize = 5_000;

/// Seconds that a server may work on one query; our own deadline is [`super::client::GRACE`] longer.
pub(super) const SERVER_SECONDS: u64 = 15;

const MAX_SERVER_BYTES: u32 = 64 << 20;

/// A query in Overpass QL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    /// Asks for the elements in the box for which one of `rules` holds. The answer may hold more: conditions that the
    /// language has no word for are left to the classification.
    pub fn places<'a>(
        rules: impl IntoIterator<Item = &'a Rule>,
        south_west: Point,
        north_east: Point,
    ) -> Self {
        let mut text = format!(
            "[out:json][timeout:{SERVER_SECONDS}][maxsize:{MAX_SERVER_BYTES}][bbox:{:.6},{:.6},{:.6},{:.6}];\n(\n",
            south_west.lat, south_west.lon, north_east.lat, north_east.lon
        );
        for rule in rules {
            text.push_str("  nwr");
            for condition in rule.conditions() {
                push_filter(&mut text, condition);
            }
            text.push_str(";\n");
        }
        // Writing to a string cannot fail.
        let _ = write!(text, ");\nout center tags {MAX_ELEMENTS};\n");
        Self(text)
    }

    /// The text, as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn push_filter(text: &mut String, condition: &Condition) {
    let key = quoted(&condition.key);
    let filter = match &condition.test {
        Test::Present | Test::Before(_) | Test::After(_) => format!("[{key}]"),
        Test::Absent => format!("[!{key}]"),
        Test::OneOf(values) => format!("[{key}~{}]", list_pattern(values)),
        Test::NoneOf(values) => format!("[{key}!~{}]", list_pattern(values)),
        Test::Contains(parts) => format!("[{key}~{},i]", quoted(&alternatives(parts))),
    };
    text.push_str(&filter);
}

/// A pattern for one of `values` alone or within a list separated by `;`.
fn list_pattern(values: &[String]) -> String {
    quoted(&format!("(^|;) *({}) *(;|$)", alternatives(values)))
}

fn alternatives(values: &[String]) -> String {
    let escaped: Vec<_> = values.iter().map(|value| escape_pattern(value)).collect();
    escaped.join("|")
}

/// Escapes what an extended POSIX regular expression would take for an operator.
fn escape_pattern(value: &str) -> String {
    value.chars().fold(String::new(), |mut escaped, c| {
        if r"\.^$|()[]{}*+?".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

/// A string literal of Overpass QL.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn query(rule: &str) -> Query {
        let rule = Rule::parse(rule).unwrap();
        Query::places([&rule], Point::new(24.9, 60.1), Point::new(25.0, 60.2))
    }

    #[test]
    fn every_condition_becomes_a_filter() {
        let query =
            query("amenity=pub|bar name=* !brand access!=private style~Brutal start_date<1950");
        assert_eq!(
            query.as_str(),
            "[out:json][timeout:15][maxsize:67108864][bbox:60.100000,24.900000,60.200000,25.000000];\n(\n  \
             nwr[\"amenity\"~\"(^|;) *(pub|bar) *(;|$)\"][\"name\"][!\"brand\"]\
             [\"access\"!~\"(^|;) *(private) *(;|$)\"][\"style\"~\"brutal\",i][\"start_date\"];\n\
             );\nout center tags 5000;\n"
        );
    }

    #[test]
    fn a_hostile_value_stays_inside_its_quotes() {
        let query = query(r#"a"];out;["=x"];(._;>;);out;\"#);
        let filter = query.as_str().lines().nth(2).unwrap_or_default();
        let mut open = false;
        let mut escaped = false;
        let outside: String = filter
            .chars()
            .filter(|&c| {
                let toggles = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                open ^= toggles;
                !open && !toggles
            })
            .collect();
        assert_eq!(outside.trim(), "nwr[~];");
    }
}
