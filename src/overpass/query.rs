//! Overpass QL for the places of a theme in a box.

use std::fmt::Write;

use wildside_engine::Point;
use wildside_engine::places::{Condition, Rule, Search, Test};

/// Elements of one answer that are taken.
pub(super) const MAX_ELEMENTS: usize = 5_000;

/// Seconds that a server may work on one query; our own deadline is [`super::client::GRACE`] longer.
pub(super) const SERVER_SECONDS: u64 = 15;

const MAX_SERVER_BYTES: u32 = 64 << 20;

/// A query in Overpass QL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    /// Asks for the elements in the box that `search` is for. The answer may hold more: conditions that the language has no
    /// word for are left to the classification.
    pub fn places(search: &Search<'_>, south_west: Point, north_east: Point) -> Self {
        let (south, west) = (south_west.lat, south_west.lon);
        let (north, east) = (north_east.lat, north_east.lon);
        let mut text = format!(
            "[out:json][timeout:{SERVER_SECONDS}][maxsize:{MAX_SERVER_BYTES}]\
             [bbox:{south:.6},{west:.6},{north:.6},{east:.6}];\n"
        );
        // What has to be refined is found first and given a name, so that only it is looked through.
        for (number, (kinds, _)) in search.refined.iter().enumerate() {
            let kinds: String = kinds.iter().map(|rule| statement("", rule)).collect();
            // Writing to a string can't fail.
            let _ = writeln!(text, "(\n{kinds})->.kinds{number};");
        }
        text += "(\n";
        text.extend(search.rules.iter().map(|rule| statement("", rule)));
        for (number, (_, refined)) in search.refined.iter().enumerate() {
            let input = format!(".kinds{number}");
            text.extend(refined.iter().map(|rule| statement(&input, rule)));
        }
        // One more than we take, to know whether there are more.
        let _ = writeln!(text, ");\nout center tags {};", MAX_ELEMENTS + 1);
        Self(text)
    }

    /// The text, as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Finds what fits the rule, in the named set or everywhere.
fn statement(set: &str, rule: &Rule) -> String {
    let filters: String = rule.conditions().iter().map(filter).collect();
    format!("  nwr{set}{filters};\n")
}

fn filter(condition: &Condition) -> String {
    let key = quoted(&condition.key);
    match &condition.test {
        Test::Present | Test::Before(_) | Test::After(_) | Test::Never => format!("[{key}]"),
        Test::Absent => format!("[!{key}]"),
        Test::OneOf(values) => format!("[{key}~{}]", list_pattern(values)),
        Test::NoneOf(values) => format!("[{key}!~{}]", list_pattern(values)),
        Test::Contains(parts) => format!("[{key}~{},i]", quoted(&alternatives(parts))),
    }
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

    fn query(search: &Search<'_>) -> Query {
        Query::places(search, Point::new(24.9, 60.1), Point::new(25.0, 60.2))
    }

    fn query_for(rule: &str) -> Query {
        let rule = Rule::parse(rule).unwrap();
        query(&Search {
            rules: vec![&rule],
            refined: Vec::new(),
        })
    }

    #[test]
    fn every_condition_becomes_a_filter() {
        let query =
            query_for("amenity=pub|bar name=* !brand access!=private style~Brutal start_date<1950");
        assert_eq!(
            query.as_str(),
            "[out:json][timeout:15][maxsize:67108864][bbox:60.100000,24.900000,60.200000,25.000000];\n(\n  \
             nwr[\"amenity\"~\"(^|;) *(pub|bar) *(;|$)\"][\"name\"][!\"brand\"]\
             [\"access\"!~\"(^|;) *(private) *(;|$)\"][\"style\"~\"brutal\",i][\"start_date\"];\n\
             );\nout center tags 5001;\n"
        );
    }

    #[test]
    fn refined_kinds_are_found_first_and_looked_through() {
        let [pubs, restaurants, old] = ["amenity=pub", "amenity=restaurant", "start_date<1950"]
            .map(|rule| Rule::parse(rule).unwrap());
        let search = Search {
            rules: vec![&pubs],
            refined: vec![(vec![&restaurants], vec![&old])],
        };
        let text = query(&search);
        let (_, statements) = text.as_str().split_once('\n').unwrap();
        assert_eq!(
            statements,
            "(\n  nwr[\"amenity\"~\"(^|;) *(restaurant) *(;|$)\"];\n)->.kinds0;\n\
             (\n  nwr[\"amenity\"~\"(^|;) *(pub) *(;|$)\"];\n  nwr.kinds0[\"start_date\"];\n);\n\
             out center tags 5001;\n"
        );
    }

    #[test]
    fn a_hostile_value_stays_inside_its_quotes() {
        let query = query_for(r#"a"];out;["=x"];(._;>;);out;\"#);
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
