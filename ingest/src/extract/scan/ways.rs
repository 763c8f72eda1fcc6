//! Second reading: the places and the base map among the ways and relations, and which nodes the walkable ways share.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use wildside_engine::Point;
use wildside_engine::places::{Tags, catalogue};

use super::elements::{Elements, RelationOfInterest};
use super::shores::Shore;
use super::streets::{is_closed, is_outline, walkable, ways};
use super::{Batch, Reading};
use crate::extract::access::access;
use crate::extract::base::{self, BaseFeature, Shape, Style};
use crate::extract::elements::{OsmId, clean, real_tags};
use crate::extract::geometry::{
    assemble_rings, is_ring, point_inside, representative_point, square_metres,
};
use crate::extract::hours;
use crate::extract::network::{Junctions, crossing_id};
use crate::extract::nodes::{Located, Node};
use crate::extract::overview::Afar;
use crate::extract::parks::Park;
use crate::extract::pbf::ExtractError;
use crate::extract::places::Place;
use crate::extract::report::Report;
use crate::extract::squares::Square;
use crate::extract::walkable::{WalkWay, is_area};

/// Findings of the second reading.
#[derive(Default)]
pub(super) struct Ways {
    pub(super) places: Vec<Place>,
    /// Places with an extent.
    pub(super) shores: Vec<Shore>,
    /// Areas that are walked all over.
    pub(super) squares: Vec<Square>,
    /// Areas with hours.
    pub(super) parks: Vec<Park>,
    pub(super) report: Report,
    afar: Afar,
    /// Nodes of the ways that relations are made of.
    members: FxHashMap<i64, Vec<Node>>,
}

pub(super) fn read(
    reading: &Reading<'_>,
    elements: &Elements,
    junctions: &Junctions,
    barred: &Junctions,
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
        .for_each_block(with_ways, reading.progress, |number, block| {
            let (mut local, mut drawn) = (Ways::default(), Vec::new());
            for way in ways(reading, number, block) {
                let tags = real_tags(way.tags(), &mut local.report);
                let tags = Tags::new(&tags);
                let walk = walkable(elements, way.id(), &tags);
                let is_walkable = walk.is_some();
                let is_place = catalogue().classify(&tags).is_some();
                let style = base::style(&tags, is_closed(&way));
                let is_member = wanted.contains(&way.id());
                let is_barrier = access().bars(&tags);
                let hours = hours::of_area(&tags).filter(|_| is_closed(&way));
                let is_park = hours.is_some();
                if !(is_park
                    || is_walkable
                    || is_barrier
                    || is_place
                    || style.is_some()
                    || is_member)
                {
                    continue;
                }
                let nodes = elements.nodes.of_way(way.refs());
                if is_walkable {
                    junctions.pass(&nodes);
                    if is_outline(elements, &way, &tags) {
                        open_doors(elements, junctions, &nodes);
                    }
                }
                if is_barrier {
                    barred.bar(&nodes);
                }
                if let Some(style) = style {
                    let features = draw_way(way.id(), style, &tags, reading, &nodes);
                    local.see(&features);
                    drawn.extend(features);
                }
                if let Some(walk) = walk.filter(|_| is_closed(&way) && is_area(&tags)) {
                    local.squares.extend(way_square(way.id(), walk, &nodes));
                }
                let nodes: Vec<Node> = nodes.into_iter().flatten().map(|(_, node)| node).collect();
                if let Some(hours) = hours {
                    local.parks.extend(Park::new(vec![nodes.clone()], hours));
                }
                if is_place {
                    match way_place(way.id(), &nodes, &tags, elements) {
                        Some(place) => {
                            local.shores.extend(shore(&place, vec![nodes.clone()]));
                            local.places.push(place);
                        }
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
            found.squares.extend(local.squares);
            found.parks.extend(local.parks);
            found.shores.extend(local.shores);
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
        let absent = relation
            .ways
            .iter()
            .any(|id| !self.members.contains_key(id));
        self.report.skip(
            "relations whose members are not all in the file",
            u64::from(absent),
        );
        let outlines = assemble_rings(ways.clone());
        let rings: Vec<Vec<Point>> = outlines.iter().map(|ring| points(ring)).collect();
        self.squares
            .extend(relation_square(relation, outlines.clone()));
        if let Some(hours) = &relation.hours {
            self.parks
                .extend(Park::new(outlines.clone(), Arc::clone(hours)));
        }
        if relation.is_place {
            match relation_place(relation, &ways, &rings, elements) {
                Some(place) => {
                    self.shores.extend(shore(&place, outlines));
                    self.places.push(place);
                }
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

/// Makes junctions of the doors on the outline of a square: one crosses it to them.
fn open_doors(elements: &Elements, junctions: &Junctions, outline: &[Located]) {
    for (ordinal, node) in outline.iter().flatten() {
        if elements.entrances.contains_key(&node.id) {
            junctions.add(*ordinal);
        }
    }
}

fn way_square(id: i64, way: WalkWay, nodes: &[Located]) -> Option<Square> {
    let ring: Option<Vec<Node>> = nodes.iter().map(|node| Some((*node)?.1)).collect();
    let ring = ring.filter(|ring| ring.len() >= 4 && way.is_floor())?;
    Some(Square {
        way_id: crossing_id(OsmId::Way(id))?,
        way,
        rings: vec![ring],
    })
}

fn relation_square(relation: &RelationOfInterest, rings: Vec<Vec<Node>>) -> Option<Square> {
    let way = relation.square.clone()?;
    if rings.is_empty() || !way.is_floor() {
        return None;
    }
    Some(Square {
        way_id: crossing_id(OsmId::Relation(relation.id))?,
        way,
        rings,
    })
}

/// The shore of a place that is not visited at a door.
fn shore(place: &Place, rings: Vec<Vec<Node>>) -> Option<Shore> {
    let is_ring = |ring: &Vec<Node>| is_ring(&points(ring));
    let is_at_door = |ring: &Vec<Node>| ring.iter().any(|node| node.point() == place.location);
    let has_shore = !rings.is_empty() && rings.iter().all(is_ring) && !rings.iter().any(is_at_door);
    has_shore.then(|| Shore::new(place.id, place.location, rings))?
}

fn points(nodes: &[Node]) -> Vec<Point> {
    nodes.iter().copied().map(Node::point).collect()
}

fn way_place(id: i64, nodes: &[Node], tags: &Tags<'_>, elements: &Elements) -> Option<Place> {
    let points = points(nodes);
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
        representative_point(&points(longest))
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
