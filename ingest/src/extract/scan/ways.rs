//! Second reading: the places and the base map among the ways and relations, and which nodes the walkable ways share.

use std::sync::{Mutex, PoisonError};

use osmpbf::Way;
use rustc_hash::{FxHashMap, FxHashSet};
use wildside_engine::Point;
use wildside_engine::places::{Tags, catalogue};

use super::elements::{Elements, RelationOfInterest};
use super::streets::{walkable, ways};
use super::{Batch, Reading};
use crate::extract::base::{self, BaseFeature, Shape, Style};
use crate::extract::elements::{OsmId, clean, real_tags};
use crate::extract::geometry::{
    assemble_rings, is_ring, point_inside, representative_point, square_metres,
};
use crate::extract::network::Junctions;
use crate::extract::nodes::{Located, Node};
use crate::extract::overview::Afar;
use crate::extract::pbf::ExtractError;
use crate::extract::places::Place;
use crate::extract::report::Report;

/// Findings of the second reading.
#[derive(Default)]
pub(super) struct Ways {
    pub(super) places: Vec<Place>,
    pub(super) report: Report,
    afar: Afar,
    /// Nodes of the ways that relations are made of.
    members: FxHashMap<i64, Vec<Node>>,
}

pub(super) fn read(
    reading: &Reading<'_>,
    elements: &Elements,
    junctions: &Junctions,
) -> Result<Ways, ExtractError> {
    let wanted: FxHashSet<i64> = elements
        .relations
        .iter()
        .flat_map(|r| r.ways.iter().copied())
        .collect();
    let found = Mutex::new(Ways::default());
    let with_ways = |number| elements.blocks_with_ways.contains(&number);
    reading
        .file
        .for_each_block(with_ways, reading.progress, |_, block| {
            let (mut local, mut drawn) = (Ways::default(), Vec::new());
            for way in ways(block) {
                let tags = real_tags(way.tags(), &mut local.report);
                let tags = Tags::new(&tags);
                let is_walkable = walkable(elements, way.id(), &tags).is_some();
                let is_place = catalogue().classify(&tags).is_some();
                let style = base::style(&tags, is_closed(&way));
                let is_member = wanted.contains(&way.id());
                if !(is_walkable || is_place || style.is_some() || is_member) {
                    continue;
                }
                let nodes = elements.nodes.of_way(way.refs());
                if is_walkable {
                    junctions.pass(&nodes);
                }
                if let Some(style) = style {
                    let features = draw_way(way.id(), style, &tags, reading, &nodes);
                    local.see(&features);
                    drawn.extend(features);
                }
                let nodes: Vec<Node> = nodes.into_iter().flatten().map(|(_, node)| node).collect();
                if is_place {
                    match way_place(way.id(), &nodes, &tags, elements) {
                        Some(place) => local.places.push(place),
                        // What is outside the area has no nodes.
                        None => local
                            .report
                            .skip("ways without a node", u64::from(reading.area.is_none())),
                    }
                }
                if is_member {
                    local.members.insert(way.id(), nodes);
                }
            }
            reading.emit_base(drawn);
            let found = &mut *found.lock().unwrap_or_else(PoisonError::into_inner);
            found.places.extend(local.places);
            found.members.extend(local.members);
            found.report.add(&local.report);
            found.afar.append(local.afar);
        })?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    for relation in &elements.relations {
        found.relation(reading, relation, elements);
    }
    found.members = FxHashMap::default();
    let afar = std::mem::take(&mut found.afar);
    afar.draw(|overviews| (reading.emit)(Batch::Overviews(overviews)));
    Ok(found)
}

impl Ways {
    /// Notes what is seen from afar.
    fn see(&mut self, features: &[BaseFeature]) {
        for feature in features {
            if let Shape::Line(line) = &feature.shape {
                let name = feature.name.as_deref();
                self.afar.add(feature.class, feature.min_zoom, name, line);
            }
        }
    }

    fn relation(
        &mut self,
        reading: &Reading<'_>,
        relation: &RelationOfInterest,
        elements: &Elements,
    ) {
        let ways: Vec<_> = relation
            .ways
            .iter()
            .filter_map(|id| self.members.get(id).cloned())
            .collect();
        let rings = assemble_rings(ways.clone());
        if relation.is_place {
            match relation_place(relation, &ways, &rings, elements) {
                Some(place) => self.places.push(place),
                None => self.report.skip(
                    "relations without a place",
                    u64::from(reading.area.is_none()),
                ),
            }
        }
        if relation.drawn.is_some()
            && !rings.is_empty()
            && is_within(reading, rings.iter().flatten())
        {
            reading.emit_base(draw_relation(relation, rings).into_iter().collect());
        }
    }
}

fn is_closed(way: &Way<'_>) -> bool {
    way.refs().next().is_some() && way.refs().next() == way.refs().last()
}

fn way_place(id: i64, nodes: &[Node], tags: &Tags<'_>, elements: &Elements) -> Option<Place> {
    let points: Vec<_> = nodes.iter().copied().map(Node::point).collect();
    let location = entrance(tags, nodes, elements).or_else(|| representative_point(&points))?;
    let sized = if is_ring(&points) {
        tags.with_area(square_metres(&points))
    } else {
        *tags
    };
    Place::new(OsmId::Way(id), location, &sized)
}

/// The door of a building, the main one if that is known: there a walk should lead, not to the back of its centre.
fn entrance(tags: &Tags<'_>, outline: &[Node], elements: &Elements) -> Option<Point> {
    tags.get("building")?;
    let doors = outline
        .iter()
        .filter_map(|node| Some((node, elements.entrances.get(&node.id)?)));
    let (door, _) = doors.max_by_key(|(_, main)| **main)?;
    Some(door.point())
}

fn relation_place(
    relation: &RelationOfInterest,
    ways: &[Vec<Node>],
    rings: &[Vec<Point>],
    elements: &Elements,
) -> Option<Place> {
    let tags = relation.tags.pairs();
    let tags = Tags::new(&tags);
    let views: Vec<&[Point]> = rings.iter().map(Vec::as_slice).collect();
    let at_door = || ways.iter().find_map(|way| entrance(&tags, way, elements));
    let on_line = || {
        let longest = ways.iter().max_by_key(|way| way.len())?;
        let points: Vec<_> = longest.iter().copied().map(Node::point).collect();
        representative_point(&points)
    };
    let at_node = || {
        relation
            .nodes
            .iter()
            .find_map(|id| elements.nodes.get(*id))
            .map(|(_, node)| node.point())
    };
    let location = at_door()
        .or_else(|| point_inside(&views))
        .or_else(on_line)
        .or_else(at_node)?;
    let size = views
        .iter()
        .map(|ring| square_metres(ring))
        .fold(0.0, f64::max);
    Place::new(
        OsmId::Relation(relation.id),
        location,
        &tags.with_area(size),
    )
}

fn draw_way(
    id: i64,
    style: Style,
    tags: &Tags<'_>,
    reading: &Reading<'_>,
    nodes: &[Located],
) -> Vec<BaseFeature> {
    let Some(id) = OsmId::Way(id).folded() else {
        return Vec::new();
    };
    let point = |node: &Located| node.map(|(_, node)| node.point());
    let points: Vec<_> = nodes.iter().map(point).collect();
    if !is_within(reading, points.iter().flatten()) {
        return Vec::new();
    }
    let feature = |shape| feature(id, style, tags.get("name").map(clean), shape);
    base::way_shapes(style, &points)
        .into_iter()
        .map(feature)
        .collect()
}

fn draw_relation(relation: &RelationOfInterest, rings: Vec<Vec<Point>>) -> Option<BaseFeature> {
    let id = OsmId::Relation(relation.id).folded()?;
    let name = relation.tags.get("name").map(str::to_owned);
    Some(feature(id, relation.drawn?, name, Shape::Rings(rings)))
}

fn feature(id: i64, style: Style, name: Option<String>, shape: Shape) -> BaseFeature {
    let (class, min_zoom) = match (style, &shape) {
        (Style::Line { class, min_zoom }, _) => (class, min_zoom),
        (Style::Area { class }, Shape::Rings(rings)) => {
            let size = rings
                .iter()
                .map(|ring| square_metres(ring))
                .fold(0.0, f64::max);
            (class, base::area_min_zoom(class, size))
        }
        (Style::Area { class }, _) => (class, 15),
    };
    BaseFeature {
        id,
        class,
        name,
        min_zoom,
        shape,
    }
}

/// True if any of the points is inside the area.
fn is_within<'a>(reading: &Reading<'_>, mut points: impl Iterator<Item = &'a Point>) -> bool {
    reading
        .area
        .is_none_or(|area| points.any(|point| area.contains(*point)))
}
