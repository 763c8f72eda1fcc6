//! The tagged elements of an extract, with the positions that `out center` gives them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use osmpbf::{Element, ElementReader, RelMemberType};
use serde_json::json;

use super::query::{BoundingBox, Query};

/// All tagged elements.
#[derive(Debug, Default)]
pub(super) struct Extract {
    elements: Vec<Stored>,
}

#[derive(Debug)]
struct Stored {
    osm_type: &'static str,
    id: i64,
    /// Positions of its nodes, as (lat, lon).
    nodes: Vec<(f64, f64)>,
    tags: BTreeMap<String, String>,
}

#[derive(Default)]
struct Positions {
    nodes: HashMap<i64, (f64, f64)>,
    ways: HashMap<i64, Vec<(f64, f64)>>,
}

impl Extract {
    pub(super) fn read(path: &Path) -> Self {
        let mut positions = Positions::default();
        let mut elements = Vec::new();
        let reader = ElementReader::from_path(path).expect("the extract can be opened");
        reader
            .for_each(|element| elements.extend(stored(&element, &mut positions)))
            .expect("the extract can be read");
        Self { elements }
    }

    /// The elements that the query asks for, each as JSON.
    pub(super) fn answer(&self, query: &Query) -> Vec<String> {
        let wanted = |stored: &&Stored| {
            stored.is_in(&query.bounds)
                && query
                    .statements
                    .iter()
                    .any(|statement| statement.finds(stored.osm_type, &stored.tags))
        };
        self.elements
            .iter()
            .filter(wanted)
            .take(query.limit)
            .map(Stored::json)
            .collect()
    }
}

/// Remembers the element's position, and makes an entry of it if it has tags.
fn stored(element: &Element<'_>, positions: &mut Positions) -> Option<Stored> {
    let (osm_type, id, nodes, tags) = match element {
        Element::Node(node) => (
            "node",
            node.id(),
            vec![(node.lat(), node.lon())],
            owned(node.tags()),
        ),
        Element::DenseNode(node) => (
            "node",
            node.id(),
            vec![(node.lat(), node.lon())],
            owned(node.tags()),
        ),
        Element::Way(way) => {
            let nodes = way
                .refs()
                .filter_map(|id| positions.nodes.get(&id).copied())
                .collect();
            ("way", way.id(), nodes, owned(way.tags()))
        }
        Element::Relation(relation) => {
            let members = relation
                .members()
                .flat_map(|member| match member.member_type {
                    RelMemberType::Node => positions
                        .nodes
                        .get(&member.member_id)
                        .copied()
                        .into_iter()
                        .collect(),
                    RelMemberType::Way => positions
                        .ways
                        .get(&member.member_id)
                        .cloned()
                        .unwrap_or_default(),
                    RelMemberType::Relation => Vec::new(),
                });
            (
                "relation",
                relation.id(),
                members.collect(),
                owned(relation.tags()),
            )
        }
    };
    match osm_type {
        "node" => positions
            .nodes
            .extend(nodes.first().map(|position| (id, *position))),
        "way" => positions.ways.extend([(id, nodes.clone())]),
        _ => (),
    }
    let worth_it = !tags.is_empty() && !nodes.is_empty();
    worth_it.then_some(Stored {
        osm_type,
        id,
        nodes,
        tags,
    })
}

fn owned<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    tags.map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

impl Stored {
    fn is_in(&self, bounds: &BoundingBox) -> bool {
        self.nodes
            .iter()
            .any(|(lat, lon)| bounds.contains(*lat, *lon))
    }

    fn json(&self) -> String {
        let Self {
            osm_type, id, tags, ..
        } = self;
        let (lat, lon) = self.center();
        match *osm_type {
            "node" => json!({"type": osm_type, "id": id, "lat": lat, "lon": lon, "tags": tags}).to_string(),
            _ => json!({"type": osm_type, "id": id, "center": {"lat": lat, "lon": lon}, "tags": tags}).to_string(),
        }
    }

    /// Middle of the box around it.
    fn center(&self) -> (f64, f64) {
        let middle = |coordinate: fn(&(f64, f64)) -> f64| {
            let low = self
                .nodes
                .iter()
                .map(coordinate)
                .fold(f64::INFINITY, f64::min);
            let high = self
                .nodes
                .iter()
                .map(coordinate)
                .fold(f64::NEG_INFINITY, f64::max);
            low.midpoint(high)
        };
        (middle(|position| position.0), middle(|position| position.1))
    }
}
