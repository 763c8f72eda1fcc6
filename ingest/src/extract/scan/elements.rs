//! First reading: where the nodes are, the places and names among them, and the relations that matter.

use std::sync::{Arc, Mutex, PoisonError};

use osmpbf::{Element, PrimitiveBlock, RelMemberType, Relation, Way};
use rustc_hash::{FxHashMap, FxHashSet};
use wildside_engine::hours::WayHours;
use wildside_engine::places::{Tags, catalogue};

use super::Reading;
use super::streets::is_real;
use crate::area::Polygon;
use crate::extract::base::{self, BaseFeature, Shape, Style};
use crate::extract::elements::{OsmId, OwnedTags, Tag, clean, real_tags};
use crate::extract::hours::{self, Passage, UNREAD};
use crate::extract::nodes::{Node, NodeRun, NodeStore};
use crate::extract::pbf::ExtractError;
use crate::extract::places::Place;
use crate::extract::report::Report;
use crate::extract::versions::{Newest, Order, Position, told};
use crate::extract::walkable::{WalkWay, walk_way};

/// Nodes so many degrees around the area are kept too: outlines reach over its border.
const MARGIN_DEGREES: f64 = 0.02;

/// Relations with more members are no outlines but attacks: the largest real ones have some thousands.
const MOST_MEMBERS: usize = 20_000;

/// Findings of the first reading.
#[derive(Default)]
pub(super) struct Elements {
    pub(super) nodes: NodeStore,
    pub(super) places: Vec<Place>,
    pub(super) relations: Vec<RelationOfInterest>,
    /// Ways of pedestrian squares that are multipolygons, with the square's properties.
    pub(super) square_outlines: FxHashMap<i64, WalkWay>,
    /// Nodes at which one enters a building.
    pub(super) entrances: Entrances,
    /// Permissions of the nodes that say something of passing.
    pub(super) passages: FxHashMap<i64, Passage>,
    /// Numbers of the blocks that hold ways.
    pub(super) blocks_with_ways: FxHashSet<usize>,
    /// Names to draw.
    pub(super) labels: Vec<BaseFeature>,
    /// Time of the newest object, in milliseconds since 1970; 0: none tells it.
    pub(super) newest_milliseconds: i64,
    pub(super) order: Order,
    pub(super) report: Report,
}

/// Entrances by node id, with whether it is the main one.
pub(super) type Entrances = FxHashMap<i64, bool>;

/// A relation that is a place, a square or something to draw.
pub(super) struct RelationOfInterest {
    pub(super) id: i64,
    pub(super) tags: OwnedTags,
    pub(super) ways: Vec<i64>,
    pub(super) nodes: Vec<i64>,
    pub(super) is_place: bool,
    /// The square that it is, if it is one.
    pub(super) square: Option<WalkWay>,
    /// Hours of the park that it is, if it has any.
    pub(super) hours: Option<Arc<WayHours>>,
    pub(super) drawn: Option<Style>,
}

/// Findings in one block.
#[derive(Default)]
struct Found {
    nodes: Vec<Node>,
    places: Vec<Place>,
    labels: Vec<BaseFeature>,
    entrances: Vec<(i64, bool)>,
    passages: Vec<(i64, Passage)>,
    relations: Vec<RelationOfInterest>,
    newest_milliseconds: i64,
    order: Order,
    report: Report,
}

pub(super) fn read(reading: &Reading<'_>) -> Result<Elements, ExtractError> {
    let all = Mutex::new((Vec::new(), Elements::default()));
    reading.file.for_each_block(
        |_| true,
        reading.progress,
        |number, block| {
            let found = read_block(number, block, reading);
            let run = NodeRun::pack(found.nodes);
            let (runs, elements) = &mut *all.lock().unwrap_or_else(PoisonError::into_inner);
            runs.push(run);
            elements.places.extend(found.places);
            elements.relations.extend(found.relations);
            elements.entrances.extend(found.entrances);
            elements.passages.extend(found.passages);
            elements.labels.extend(found.labels);
            elements.newest_milliseconds =
                elements.newest_milliseconds.max(found.newest_milliseconds);
            elements.order.add(found.order);
            elements.report.add(&found.report);
            if found.report.elements[1] > 0 {
                elements.blocks_with_ways.insert(number);
            }
        },
    )?;
    let (runs, mut elements) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    elements.nodes = NodeStore::join(runs);
    elements.square_outlines = square_outlines(&elements.relations);
    Ok(elements)
}

fn square_outlines(relations: &[RelationOfInterest]) -> FxHashMap<i64, WalkWay> {
    let mut outlines = FxHashMap::default();
    for relation in relations {
        if let Some(square) = &relation.square {
            outlines.extend(relation.ways.iter().map(|id| (*id, square.clone())));
        }
    }
    outlines
}

/// Objects with an id that was there before, in the words of a report.
const REPEATED: [&str; 3] = [
    "nodes with an id that was there before",
    "ways with an id that was there before",
    "relations with an id that was there before",
];

fn read_block(number: usize, block: &PrimitiveBlock, reading: &Reading<'_>) -> Found {
    let (mut found, area) = (Found::default(), reading.area);
    for element in block.elements() {
        if !found.is_current(number, &element, &reading.newest) {
            continue;
        }
        match &element {
            Element::DenseNode(n) => found.node(n.id(), n.nano_lon(), n.nano_lat(), n.tags(), area),
            Element::Node(n) => found.node(n.id(), n.nano_lon(), n.nano_lat(), n.tags(), area),
            Element::Way(way) => {
                if reading.file.locations_on_ways && is_real(way) {
                    found.nodes.extend(nodes_on(way, area));
                }
            }
            Element::Relation(relation) => {
                let tags = real_tags(relation.tags(), &mut found.report);
                found.report.skip(UNREAD, hours::unread(&Tags::new(&tags)));
                found
                    .relations
                    .extend(relation_of_interest(relation, &tags));
            }
        }
    }
    found
}

impl Found {
    /// Counts an object, and tells whether it is to be read.
    fn is_current(&mut self, block: usize, element: &Element<'_>, newest: &Newest) -> bool {
        let (id, _, milliseconds, _) = told(element);
        let (kind, number) = match id {
            OsmId::Node(number) => (0, number),
            OsmId::Way(number) => (1, number),
            OsmId::Relation(number) => (2, number),
        };
        let count = &mut self.report.elements[kind];
        let object = *count as usize;
        *count += 1;
        self.order.see(kind, number);
        self.newest_milliseconds = self.newest_milliseconds.max(milliseconds);
        let is_current = newest.is_current(id, Position { block, object });
        self.report.skip(REPEATED[kind], u64::from(!is_current));
        is_current
    }

    fn node<'a>(
        &mut self,
        id: i64,
        nano_lon: i64,
        nano_lat: i64,
        tags: impl Iterator<Item = (&'a str, &'a str)>,
        area: Option<&Polygon>,
    ) {
        let Some(node) = Node::from_nanodegrees(id, nano_lon, nano_lat) else {
            self.report.skip("nodes that are nowhere on the earth", 1);
            return;
        };
        if !is_near(node, area) {
            return;
        }
        self.nodes.push(node);
        let tags = real_tags(tags, &mut self.report);
        if tags.is_empty() {
            return;
        }
        let tags = Tags::new(&tags);
        match tags.get("entrance") {
            Some("main") => self.entrances.push((id, true)),
            Some("yes") => self.entrances.push((id, false)),
            _ => {}
        }
        if let Some(passage) = hours::of_node(&tags) {
            self.passages.push((id, passage));
        }
        self.report.skip(UNREAD, hours::unread(&tags));
        self.places
            .extend(Place::new(OsmId::Node(id), node.point(), &tags));
        if area.is_none_or(|area| area.contains(node.point())) {
            self.labels.extend(label(node, &tags));
        }
    }
}

/// The nodes of a way that carries their positions.
fn nodes_on(way: &Way<'_>, area: Option<&Polygon>) -> impl Iterator<Item = Node> {
    let located = way.refs().zip(way.node_locations());
    let nodes =
        located.filter_map(|(id, at)| Node::from_nanodegrees(id, at.nano_lon(), at.nano_lat()));
    nodes.filter(move |node| is_near(*node, area))
}

fn is_near(node: Node, area: Option<&Polygon>) -> bool {
    area.is_none_or(|area| area.is_near(node.point(), MARGIN_DEGREES))
}

fn label(node: Node, tags: &Tags<'_>) -> Option<BaseFeature> {
    let (class, min_zoom) = base::label(tags)?;
    Some(BaseFeature {
        id: OsmId::Node(node.id).folded()?,
        class,
        name: tags.get("name").map(clean),
        min_zoom,
        shape: Shape::Point(node.point()),
    })
}

fn relation_of_interest(relation: &Relation<'_>, tags: &[Tag<'_>]) -> Option<RelationOfInterest> {
    let view = Tags::new(tags);
    let kind = view.get("type")?;
    let multipolygon = kind == "multipolygon";
    let is_place = kind != "route" && catalogue().classify(&view).is_some();
    let square = walk_way(&view).filter(|_| multipolygon);
    let drawn = base::style(&view, true)
        .filter(|style| multipolygon && matches!(style, Style::Area { .. }));
    let members = |wanted: RelMemberType| {
        let members = relation.members().filter(move |m| m.member_type == wanted);
        members.map(|member| member.member_id).collect()
    };
    let hours = hours::of_area(&view).filter(|_| multipolygon);
    let wanted = is_place || square.is_some() || drawn.is_some() || hours.is_some();
    (wanted && relation.members().len() <= MOST_MEMBERS).then(|| RelationOfInterest {
        id: relation.id(),
        ways: members(RelMemberType::Way),
        nodes: members(RelMemberType::Node),
        tags: OwnedTags::new(tags.iter().copied()),
        is_place,
        square,
        hours,
        drawn,
    })
}
