//! Access table: which tags of ways, nodes and barriers let a walker pass, and at what price.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use wildside_engine::network::Edge;
use wildside_engine::places::{Rule, Tags, Test};

const TEXT: &str = include_str!("access.toml");

/// The table that this build was made with.
pub(crate) fn access() -> &'static Access {
    static ACCESS: LazyLock<Access> = LazyLock::new(|| {
        Access::parse(TEXT).unwrap_or_else(|fault| unreachable!("access.toml: {fault}"))
    });
    &ACCESS
}

/// Permission to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Nobody walks here.
    No,
    /// Walkers pass, at a price in percent of the time: [`Edge::FAIR_PRICE`], or more as a last resort.
    At(u16),
}

/// The access table, looked up by key.
#[derive(Debug)]
pub(crate) struct Access {
    way: Rows,
    node: Rows,
    line: Rows,
    way_hours: Rows,
    node_hours: Rows,
    area_hours: Rows,
}

impl Access {
    fn parse(text: &str) -> Result<Self, String> {
        let source: Source = toml::from_str(text).map_err(|fault| fault.to_string())?;
        Ok(Self {
            way: Rows::new(&source.way)?,
            node: Rows::new(&source.node)?,
            line: Rows::new(&source.line)?,
            way_hours: Rows::new(&source.way_hours)?,
            node_hours: Rows::new(&source.node_hours)?,
            area_hours: Rows::new(&source.area_hours)?,
        })
    }

    /// The table as it was written; it decides whether a load is up to date.
    pub(crate) const fn text() -> &'static str {
        TEXT
    }

    /// Permission to walk along something that is a way by its tags.
    pub(crate) fn of_way(&self, tags: &Tags<'_>) -> Walk {
        self.way.decide(tags).unwrap_or(Walk::No)
    }

    /// Permission to pass a node; `None`: its tags say nothing of passing.
    pub(crate) fn of_node(&self, tags: &Tags<'_>) -> Option<Walk> {
        self.node.decide(tags)
    }

    /// True if the line bars the ways that it crosses.
    pub(crate) fn bars(&self, tags: &Tags<'_>) -> bool {
        self.line.decide(tags) == Some(Walk::No)
    }

    /// True if nobody walks along a way outside its opening hours.
    pub(crate) fn hours_shut_way(&self, tags: &Tags<'_>) -> bool {
        self.way_hours.decide(tags) == Some(Walk::No)
    }

    /// True if nobody passes a node outside its opening hours.
    pub(crate) fn hours_shut_node(&self, tags: &Tags<'_>) -> bool {
        self.node_hours.decide(tags) == Some(Walk::No)
    }

    /// True if nobody walks on the ways in an area outside its hours.
    pub(crate) fn hours_shut_area(&self, tags: &Tags<'_>) -> bool {
        self.area_hours.decide(tags) == Some(Walk::No)
    }
}

/// Rows of one part of the table, in order.
#[derive(Debug)]
struct Rows {
    walks: Vec<Walk>,
    /// Rules and the rows they belong to, in order, by a key that an element must have for the rule to hold.
    by_key: FxHashMap<String, Vec<(usize, Rule)>>,
}

impl Rows {
    fn new(rows: &[Row]) -> Result<Self, String> {
        let mut by_key: FxHashMap<String, Vec<(usize, Rule)>> = FxHashMap::default();
        for (number, row) in rows.iter().enumerate() {
            for rule in &row.when {
                let rule = Rule::parse(rule)?;
                let needed = rule.conditions().iter();
                let needed = needed
                    .filter(|c| !matches!(c.test, Test::Absent | Test::NoneOf(_)))
                    .map(|condition| condition.key.clone())
                    .next();
                let key = needed.ok_or_else(|| format!("{:?} needs no tag", row.when))?;
                by_key.entry(key).or_default().push((number, rule));
            }
        }
        let walks = rows
            .iter()
            .map(|row| row.walk.parse())
            .collect::<Result<_, _>>()?;
        Ok(Self { walks, by_key })
    }

    fn decide(&self, tags: &Tags<'_>) -> Option<Walk> {
        self.row(tags).map(|row| self.walks[row])
    }

    /// Number of the first row that holds.
    fn row(&self, tags: &Tags<'_>) -> Option<usize> {
        let mut first = usize::MAX;
        for (key, _) in tags.iter() {
            let rules = self.by_key.get(key).into_iter().flatten();
            let mut sooner = rules.take_while(|(row, _)| *row < first);
            if let Some((row, _)) = sooner.find(|(_, rule)| rule.matches(tags)) {
                first = *row;
            }
        }
        (first < self.walks.len()).then_some(first)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    way: Vec<Row>,
    node: Vec<Row>,
    line: Vec<Row>,
    way_hours: Vec<Row>,
    node_hours: Vec<Row>,
    area_hours: Vec<Row>,
}

/// A row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "some columns are for people and tests")
)]
struct Row {
    when: Vec<String>,
    walk: WalkSource,
    because: String,
    source: Vec<String>,
    others: Option<Others>,
    examples: Vec<String>,
}

/// What other routers do with the first example.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "for people and tests"))]
struct Others {
    valhalla: String,
    osrm: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WalkSource {
    Word(String),
    Price(u16),
}

impl WalkSource {
    fn parse(&self) -> Result<Walk, String> {
        match self {
            Self::Word(word) if word == "yes" => Ok(Walk::At(Edge::FAIR_PRICE)),
            Self::Word(word) if word == "no" => Ok(Walk::No),
            Self::Price(price) if *price > Edge::FAIR_PRICE => Ok(Walk::At(*price)),
            Self::Word(word) => Err(format!("`{word}` is neither yes nor no")),
            Self::Price(price) => Err(format!("a price of {price} is none")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Tags from `key=value key=value`; a word without `=` belongs to the value before it.
    fn tags(example: &str) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for word in example.split(' ') {
            match (word.split_once('='), pairs.last_mut()) {
                (Some((key, value)), _) => pairs.push((key.to_owned(), value.to_owned())),
                (None, Some((_, value))) => *value = format!("{value} {word}"),
                (None, None) => {}
            }
        }
        pairs
    }

    #[test]
    fn each_row_decides_its_examples_and_says_why() {
        let source: Source = toml::from_str(TEXT).unwrap();
        for part in [
            &source.way,
            &source.node,
            &source.line,
            &source.way_hours,
            &source.node_hours,
            &source.area_hours,
        ] {
            let rows = Rows::new(part).unwrap();
            for (number, row) in part.iter().enumerate() {
                assert!(
                    !row.because.is_empty() && !row.source.is_empty(),
                    "{:?}",
                    row.when
                );
                assert!(!row.examples.is_empty(), "{:?}", row.when);
                let told = row.others.iter().flat_map(|o| [&o.valhalla, &o.osrm]);
                assert!(told.into_iter().all(|word| word == "yes" || word == "no"));
                for example in &row.examples {
                    let owned = tags(example);
                    let pairs: Vec<_> = owned
                        .iter()
                        .map(|(k, v)| (k.as_str(), v.as_str()))
                        .collect();
                    assert_eq!(rows.row(&Tags::new(&pairs)), Some(number), "{example}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_tags_does_not_matter() {
        let rows = &access().way;
        let forward = [
            ("highway", "service"),
            ("access", "private"),
            ("foot", "yes"),
        ];
        let mut backward = forward;
        backward.reverse();
        assert_eq!(
            rows.row(&Tags::new(&forward)),
            rows.row(&Tags::new(&backward))
        );
    }

    #[test]
    fn a_typing_error_is_named() {
        let table = |row: &str| {
            format!(
                "{row}\nnode = []\nline = []\nway_hours = []\nnode_hours = []\narea_hours = []\n"
            )
        };
        let row = |when: &str, walk: &str| {
            table(&format!(
                "way = [{{ when = [\"{when}\"], walk = {walk}, because = \"\", source = [], examples = [] }}]"
            ))
        };
        assert!(Access::parse(&row("highway=path", "\"yes\"")).is_ok());
        for (when, walk, named) in [
            ("highway", "\"yes\"", "highway"),
            ("!highway", "\"yes\"", "needs no tag"),
            ("highway=path", "\"maybe\"", "maybe"),
            ("highway=path", "50", "50"),
        ] {
            let fault = Access::parse(&row(when, walk)).unwrap_err();
            assert!(fault.contains(named), "{fault}");
        }
    }
}
