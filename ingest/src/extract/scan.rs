//! The three readings of a file.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use osmpbf::{Element, PrimitiveBlock, RelMemberType, Relation, Way};
use rustc_hash::{FxHashMap, FxHashSet};
use wildside_engine::Point;
use wildside_engine::network::Edge;
use wildside_engine::places::{PopularityScale, Tags, catalogue};

use super::elements::{OsmId, owned, pairs};
use super::geometry::{assemble_rings, is_ring, point_inside, representative_point, square_metres};
use super::network::{Cutter, Junctions};
use super::nodes::{Node, NodeRun, NodeStore};
use super::pbf::{ExtractError, PbfFile};
use super::places::{Place, remove_duplicates, scale_popularity};
use super::report::Report;
use super::walkable::{WalkWay, walk_way};
use crate::area::Polygon;

/// Nodes so many degrees around the area are kept too: outlines reach over its border.
const MARGIN_DEGREES: f64 = 0.02;

/// What a scan gives beside the edges.
#[derive(Debug)]
pub struct Scan {
    /// Places worth a stop, by id.
    pub places: Vec<Place>,
    /// How the popularity of the places was scaled.
    pub scale: PopularityScale,
    /// When the data was current, in seconds since 1970, if the file says so.
    pub timestamp: Option<i64>,
    /// What was read and what was left out.
    pub report: Report,
}

/// Reads a file, handing over edges in batches (the edges of one way in one batch, in order) as they are found.
///
/// `progress` is told which of the three readings begins.
///
/// # Errors
/// [`ExtractError`]; edges handed over until then are of no use.
pub fn scan(
    path: &Path,
    area: Option<&Polygon>,
    on_edges: &(dyn Fn(Vec<Edge>) + Sync),
    progress: &(dyn Fn(&'static str) + Sync),
) -> Result<Scan, ExtractError> {
    let file = PbfFile::open(path)?;
    progress("nodes and relations");
    let first = first_reading(&file, area)?;
    progress("ways");
    let junctions = Junctions::new(first.nodes.len());
    let ways = second_reading(&file, area, &first, &junctions)?;
    progress("streets");
    let cutter = Cutter {
        nodes: &first.nodes,
        junctions: &junctions,
        area,
    };
    let streets = third_reading(&file, &first, &cutter, on_edges)?;
    if streets.edges == 0 {
        return Err(file.no_streets(area.is_some()));
    }

    let mut report = first.report.clone();
    report.add(&ways.report);
    report.skip("short ways that touch no other", streets.lonely);
    report.skip(
        "nodes missing from ways",
        if area.is_some() {
            0
        } else {
            streets.missing_nodes
        },
    );
    let mut places = first.places;
    places.extend(ways.places);
    for relation in &first.relations {
        match relation_place(relation, &ways.members, &first.nodes) {
            Some(place) => places.push(place),
            None => report.skip("relations without a place", u64::from(relation.is_place)),
        }
    }
    let read = places.len();
    places.retain(|place| area.is_none_or(|area| area.contains(place.location)));
    report.skip("places outside the area", (read - places.len()) as u64);
    report.skip("places mapped twice", remove_duplicates(&mut places));
    let scale = scale_popularity(&mut places);
    Ok(Scan {
        places,
        scale,
        timestamp: file.timestamp,
        report,
    })
}

/// What the first reading finds: nodes and relations.
#[derive(Default)]
struct First {
    nodes: NodeStore,
    places: Vec<Place>,
    relations: Vec<RelationOfInterest>,
    /// Ways of pedestrian squares that are multipolygons, with the square's properties.
    square_outlines: FxHashMap<i64, WalkWay>,
    report: Report,
}

/// A relation that is a place, or the outline of a square.
struct RelationOfInterest {
    id: i64,
    tags: Vec<(String, String)>,
    ways: Vec<i64>,
    nodes: Vec<i64>,
    is_place: bool,
}

fn first_reading(file: &PbfFile, area: Option<&Polygon>) -> Result<First, ExtractError> {
    let found = Mutex::new((Vec::new(), First::default()));
    file.for_each_block(|block| {
        let (run, block) = read_nodes_and_relations(block, area);
        if let Ok(mut found) = found.lock() {
            found.0.push(run);
            found.1.places.extend(block.places);
            found.1.relations.extend(block.relations);
            found.1.report.add(&block.report);
        }
    })?;
    let (runs, mut first) = found.into_inner().unwrap_or_default();
    first.nodes = NodeStore::join(runs);
    first.report.skip(
        "nodes with an id that was there before",
        first.nodes.repeated as u64,
    );
    for relation in &first.relations {
        let tags = pairs(&relation.tags);
        if let Some(way) = walk_way(&Tags::new(&tags)) {
            let outline = relation.ways.iter().map(|id| (*id, way.clone()));
            first.square_outlines.extend(outline);
        }
    }
    Ok(first)
}

fn read_nodes_and_relations(block: &PrimitiveBlock, area: Option<&Polygon>) -> (NodeRun, First) {
    let mut found = First::default();
    let mut nodes = Vec::new();
    for element in block.elements() {
        let (id, lon, lat, tags): (_, _, _, Vec<_>) = match &element {
            Element::DenseNode(n) => (n.id(), n.nano_lon(), n.nano_lat(), n.tags().collect()),
            Element::Node(n) => (n.id(), n.nano_lon(), n.nano_lat(), n.tags().collect()),
            Element::Way(_) => {
                found.report.elements[1] += 1;
                continue;
            }
            Element::Relation(relation) => {
                found.report.elements[2] += 1;
                found.relations.extend(relation_of_interest(relation));
                continue;
            }
        };
        found.report.elements[0] += 1;
        let Some(node) = node(id, lon, lat) else {
            found.report.skip("nodes that are nowhere on the earth", 1);
            continue;
        };
        if area.is_some_and(|area| !area.is_near(node.point(), MARGIN_DEGREES)) {
            continue;
        }
        nodes.push(node);
        if !tags.is_empty() {
            let place = Place::new(OsmId::Node(id), node.point(), &Tags::new(&tags));
            found.places.extend(place);
        }
    }
    (NodeRun::pack(nodes), found)
}

/// A node from nanodegrees; `None` when that is nowhere on the earth.
fn node(id: i64, nano_lon: i64, nano_lat: i64) -> Option<Node> {
    let on_earth = nano_lon.abs() <= 180_000_000_000 && nano_lat.abs() <= 90_000_000_000;
    let decimicro = |nano: i64| i32::try_from(nano / 100).ok();
    on_earth.then_some(())?;
    Some(Node {
        id,
        lon: decimicro(nano_lon)?,
        lat: decimicro(nano_lat)?,
    })
}

fn relation_of_interest(relation: &Relation<'_>) -> Option<RelationOfInterest> {
    let tags: Vec<_> = relation.tags().collect();
    let view = Tags::new(&tags);
    let kind = view.get("type")?;
    let is_place = kind != "route" && catalogue().classify(&view).is_some();
    let is_square = kind == "multipolygon" && walk_way(&view).is_some();
    let members = |wanted: RelMemberType| {
        let members = relation.members().filter(move |m| m.member_type == wanted);
        members.map(|member| member.member_id).collect()
    };
    (is_place || is_square).then(|| RelationOfInterest {
        id: relation.id(),
        ways: members(RelMemberType::Way),
        nodes: members(RelMemberType::Node),
        tags: owned(tags.iter().copied()),
        is_place,
    })
}

/// What the second reading finds: places among the ways, and the outlines of relations.
#[derive(Default)]
struct Second {
    places: Vec<Place>,
    members: FxHashMap<i64, Vec<(i64, Point)>>,
    report: Report,
}

fn second_reading(
    file: &PbfFile,
    area: Option<&Polygon>,
    first: &First,
    junctions: &Junctions,
) -> Result<Second, ExtractError> {
    let places = first.relations.iter().filter(|relation| relation.is_place);
    let wanted: FxHashSet<i64> = places
        .flat_map(|relation| relation.ways.iter().copied())
        .collect();
    let found = Mutex::new(Second::default());
    file.for_each_block(|block| {
        let mut local = Second::default();
        for way in ways(block) {
            let tags: Vec<_> = way.tags().collect();
            let tags = Tags::new(&tags);
            if walkable(first, way.id(), &tags).is_some() {
                junctions.pass(way.refs(), &first.nodes);
            }
            if wanted.contains(&way.id()) {
                local.members.insert(way.id(), located(&way, &first.nodes));
            }
            if catalogue().classify(&tags).is_some() {
                match way_place(&way, &tags, &first.nodes) {
                    Some(place) => local.places.push(place),
                    // The rest of a file outside the area has no nodes.
                    None => local
                        .report
                        .skip("ways without a node", u64::from(area.is_none())),
                }
            }
        }
        if let Ok(mut found) = found.lock() {
            found.places.extend(local.places);
            found.members.extend(local.members);
            found.report.add(&local.report);
        }
    })?;
    Ok(found.into_inner().unwrap_or_default())
}

struct Streets {
    edges: u64,
    missing_nodes: u64,
    lonely: u64,
}

fn third_reading(
    file: &PbfFile,
    first: &First,
    cutter: &Cutter<'_>,
    on_edges: &(dyn Fn(Vec<Edge>) + Sync),
) -> Result<Streets, ExtractError> {
    let [edges, missing_nodes, lonely] = [const { AtomicU64::new(0) }; 3];
    file.for_each_block(|block| {
        let mut batch = Vec::new();
        for way in ways(block) {
            let tags: Vec<_> = way.tags().collect();
            if let Some(walk) = walkable(first, way.id(), &Tags::new(&tags)) {
                let Some((cut, missing)) = cutter.cut(way.id(), &walk, way.refs()) else {
                    lonely.fetch_add(1, Ordering::Relaxed);
                    continue;
                };
                missing_nodes.fetch_add(missing, Ordering::Relaxed);
                batch.extend(cut);
            }
        }
        edges.fetch_add(batch.len() as u64, Ordering::Relaxed);
        if !batch.is_empty() {
            on_edges(batch);
        }
    })?;
    Ok(Streets {
        edges: edges.into_inner(),
        missing_nodes: missing_nodes.into_inner(),
        lonely: lonely.into_inner(),
    })
}

fn ways(block: &PrimitiveBlock) -> impl Iterator<Item = Way<'_>> {
    block.groups().flat_map(|group| group.ways())
}

/// What a walker finds on this way, as it is tagged or as the outline of a square.
fn walkable(first: &First, id: i64, tags: &Tags<'_>) -> Option<WalkWay> {
    walk_way(tags).or_else(|| first.square_outlines.get(&id).cloned())
}

/// The nodes of a way that are in the file.
fn located(way: &Way<'_>, nodes: &NodeStore) -> Vec<(i64, Point)> {
    let locate = |id| nodes.get(id).map(|(_, node)| (id, node.point()));
    way.refs().filter_map(locate).collect()
}

fn way_place(way: &Way<'_>, tags: &Tags<'_>, nodes: &NodeStore) -> Option<Place> {
    let points: Vec<_> = located(way, nodes)
        .into_iter()
        .map(|(_, point)| point)
        .collect();
    let location = representative_point(&points)?;
    let sized = if is_ring(&points) {
        tags.with_area(square_metres(&points))
    } else {
        *tags
    };
    Place::new(OsmId::Way(way.id()), location, &sized)
}

fn relation_place(
    relation: &RelationOfInterest,
    members: &FxHashMap<i64, Vec<(i64, Point)>>,
    nodes: &NodeStore,
) -> Option<Place> {
    let tags = pairs(&relation.tags);
    let ways: Vec<_> = relation
        .ways
        .iter()
        .filter_map(|id| members.get(id).cloned())
        .collect();
    let single_node = || {
        relation
            .nodes
            .iter()
            .find_map(|id| nodes.get(*id))
            .map(|(_, node)| node.point())
    };
    let line = || ways.iter().max_by_key(|way| way.len()).cloned();
    let rings = assemble_rings(ways.clone());
    let views: Vec<&[Point]> = rings.iter().map(Vec::as_slice).collect();
    let location = point_inside(&views)
        .or_else(|| {
            let points: Vec<_> = line()?.into_iter().map(|(_, point)| point).collect();
            representative_point(&points)
        })
        .or_else(single_node)?;
    let size: f64 = views
        .iter()
        .map(|ring| square_metres(ring))
        .fold(0.0, f64::max);
    Place::new(
        OsmId::Relation(relation.id),
        location,
        &Tags::new(&tags).with_area(size),
    )
}
