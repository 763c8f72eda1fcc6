//! Encoding of batches as rows of the incoming tables. It is done by the threads that read the file.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashSet;
use serde_json::{Map, Value};
use wildside_engine::Point;
use wildside_engine::network::{CellId, Edge, Lit, WayClass};
use wildside_engine::places::catalogue;

use super::corners::Corners;
use super::ewkb::Ewkb;
use super::incoming::Table;
use super::rows::Rows;
use crate::extract::{
    BaseFeature, Batch, Overview, OwnedTags, Place, Shape, is_simple, length_metres, mercator,
};

/// Makes rows of one area.
#[derive(Debug)]
pub(crate) struct Encoder {
    area: i32,
    /// Ids of the nodes that have a row.
    nodes: Mutex<FxHashSet<i64>>,
    corners: Mutex<Corners>,
}

impl Encoder {
    pub(crate) fn new(area: i32) -> Self {
        Self {
            area,
            nodes: Mutex::default(),
            corners: Mutex::default(),
        }
    }

    /// Corners of the streets that were encoded.
    pub(crate) fn into_corners(self) -> Corners {
        self.corners
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows of a batch by table, some of them without any.
    pub(crate) fn encode(&self, batch: &Batch) -> Vec<(Table, Rows)> {
        match batch {
            Batch::Base(features) => self.base(features),
            Batch::Overviews(overviews) => vec![(Table::BaseOverviews, self.overviews(overviews))],
            Batch::Edges(edges) => vec![
                (Table::WalkEdges, self.edges(edges)),
                (Table::WalkNodes, self.nodes(edges)),
            ],
        }
    }

    fn base(&self, features: &[BaseFeature]) -> Vec<(Table, Rows)> {
        let (mut lines, mut areas) = (Rows::default(), Rows::default());
        let (mut outlines, mut labels) = (Rows::default(), Rows::default());
        for feature in features {
            let (table, shape) = match &feature.shape {
                Shape::Point(at) => (&mut labels, Ewkb::mercator_point(mercator(*at))),
                Shape::Line(points) => (&mut lines, Ewkb::mercator_line(&project(points))),
                Shape::Rings(rings) => {
                    let rings: Vec<_> = rings.iter().map(|ring| project(ring)).collect();
                    match rings.as_slice() {
                        [ring] if feature.min_zoom > LAST_OVERVIEW && is_simple(ring) => {
                            (&mut areas, Ewkb::mercator_area(ring))
                        }
                        rings => (&mut outlines, Ewkb::mercator_lines(rings)),
                    }
                }
            };
            table.push(&[
                &self.area,
                &feature.id,
                &feature.class,
                &feature.name.as_deref(),
                &feature.min_zoom,
                &shape,
            ]);
        }
        vec![
            (Table::BaseLines, lines),
            (Table::BaseAreas, areas),
            (Table::Outlines, outlines),
            (Table::BaseLabels, labels),
        ]
    }

    fn overviews(&self, overviews: &[Overview]) -> Rows {
        let mut rows = Rows::default();
        for overview in overviews {
            rows.push(&[
                &self.area,
                &i32::from(overview.zoom),
                &overview.class,
                &Ewkb::spots(&overview.lines),
                &overview.name.as_deref(),
            ]);
        }
        rows
    }

    fn edges(&self, edges: &[Edge]) -> Rows {
        let (mut rows, mut segments) = (Rows::default(), Segments::default());
        for edge in edges {
            let lit = match edge.lit {
                Lit::Yes => Some(true),
                Lit::No => Some(false),
                Lit::Unknown => None,
            };
            rows.push(&[
                &self.area,
                &edge.way_id,
                &segments.next(edge.way_id),
                &cell(edge.geometry[0]),
                &edge.from_node,
                &edge.to_node,
                &(length_metres(edge) as f32),
                &edge.class.as_str(),
                &(edge.class == WayClass::Steps),
                &lit,
                &edge.surface.as_deref(),
                &edge.incline_percent,
                &edge.name.as_deref(),
                &Ewkb::line(&edge.geometry),
                &(edge.price_percent as i16),
                &edge.hours.as_ref().map(|hours| hours.text()),
                &edge.one_way,
            ]);
        }
        rows
    }

    /// The ends of edges that no edge had before.
    fn nodes(&self, edges: &[Edge]) -> Rows {
        let mut rows = Rows::default();
        let nodes = &mut *self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let corners = &mut *self.corners.lock().unwrap_or_else(PoisonError::into_inner);
        for edge in edges {
            let last = edge.geometry.len() - 1;
            for (node, at) in [
                (edge.from_node, edge.geometry[0]),
                (edge.to_node, edge.geometry[last]),
            ] {
                if nodes.insert(node) {
                    rows.push(&[&node, &self.area, &cell(at), &Ewkb::point(at)]);
                    corners.add(at);
                }
            }
        }
        rows
    }
}

/// The last zoom of which base areas hold a simplified copy.
const LAST_OVERVIEW: i16 = 12;

fn project(points: &[Point]) -> Vec<(f64, f64)> {
    points.iter().copied().map(mercator).collect()
}

fn cell(point: Point) -> i32 {
    CellId::of(point).id()
}

/// Numbers the edges of a way, which come one after another.
#[derive(Default)]
struct Segments {
    way: Option<i64>,
    next: i32,
}

impl Segments {
    fn next(&mut self, way: i64) -> i32 {
        if self.way.replace(way) != Some(way) {
            self.next = 0;
        }
        self.next += 1;
        self.next - 1
    }
}

/// The rows of places.
pub(crate) fn places(places: &[Place]) -> Rows {
    let mut rows = Rows::default();
    for place in places {
        let found = &place.classification;
        let kind = catalogue()
            .kind(found.kind)
            .map_or("", |kind| kind.name.as_str());
        rows.push(&[
            &place.id,
            &Ewkb::point(place.location),
            &json(&place.tags),
            &kind,
            &found.name.as_str(),
            &found.narrative.as_deref(),
            &found.prominence,
            &place.popularity,
        ]);
    }
    rows
}

/// The rows of the themes of places.
pub(crate) fn themes(places: &[Place]) -> Rows {
    let mut rows = Rows::default();
    for place in places {
        for (theme, weight) in &place.classification.themes {
            rows.push(&[&place.id, &theme.0.into_bytes(), weight]);
        }
    }
    rows
}

fn json(tags: &OwnedTags) -> Value {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), Value::from(value));
    Value::Object(tags.iter().map(pair).collect::<Map<_, _>>())
}
