//! `walk_edges`: the streets that a pedestrian may use, by cell.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Double, Float4, Integer, Nullable, SmallInt, Text,
};
use diesel::{QueryDsl, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use wildside_engine::Point;
use wildside_engine::hours::WayHours;
use wildside_engine::network::{Cell, CellId, Edge, Lit, WayClass, without_doubles};

use crate::db::Connection;
use crate::db::ewkb::line_points;
use crate::db::prepared::Prepared;
use crate::db::schema::areas;

/// A stored stretch of a way. It is decoded away from the runtime's threads.
#[derive(Debug, QueryableByName)]
pub struct StoredEdge {
    #[diesel(sql_type = Integer)]
    cell: i32,
    #[diesel(sql_type = Integer)]
    area_id: i32,
    #[diesel(sql_type = BigInt)]
    way_id: i64,
    #[diesel(sql_type = BigInt)]
    from_node: i64,
    #[diesel(sql_type = BigInt)]
    to_node: i64,
    #[diesel(sql_type = Text)]
    class: String,
    #[diesel(sql_type = Nullable<Bool>)]
    lit: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    surface: Option<String>,
    #[diesel(sql_type = Nullable<Float4>)]
    incline_percent: Option<f32>,
    #[diesel(sql_type = SmallInt)]
    price_percent: i16,
    #[diesel(sql_type = Nullable<Text>)]
    hours: Option<String>,
    #[diesel(sql_type = Bool)]
    one_way: bool,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Binary)]
    line: Vec<u8>,
    /// True if it is kept by the piece in each cell that it passes.
    #[diesel(sql_type = Bool)]
    long: bool,
}

impl StoredEdge {
    /// All stretches of these cells, long ones for each cell that they may pass; where loaded areas overlap, those of newer data
    /// first.
    pub async fn of_cells(connection: &mut Connection, cells: &[CellId]) -> QueryResult<Vec<Self>> {
        let corners: Vec<_> = cells.iter().map(|cell| cell.corners()).collect();
        let degrees = |of: fn(&(Point, Point)) -> f64| corners.iter().map(of).collect::<Vec<_>>();
        let ids: Vec<i32> = cells.iter().map(|cell| cell.id()).collect();
        let query = diesel::sql_query(include_str!("streets_of_cells.sql"))
            .bind::<Array<Integer>, _>(ids)
            .bind::<Array<Double>, _>(degrees(|(south_west, _)| south_west.lon))
            .bind::<Array<Double>, _>(degrees(|(south_west, _)| south_west.lat))
            .bind::<Array<Double>, _>(degrees(|(_, north_east)| north_east.lon))
            .bind::<Array<Double>, _>(degrees(|(_, north_east)| north_east.lat));
        Prepared(query).load(connection).await
    }

    /// Joins stretches to cells; a cell without any is empty. A street that several areas hold is one, as the newest has it.
    pub fn into_cells(edges: Vec<Self>, cells: &[CellId]) -> HashMap<CellId, Arc<Cell>> {
        let mut words = Words::default();
        let mut areas: HashMap<CellId, (i32, i32)> = HashMap::new();
        let mut by_cell: HashMap<CellId, Vec<Edge>> =
            cells.iter().map(|&cell| (cell, Vec::new())).collect();
        for edge in edges {
            let Some(cell) = CellId::from_id(edge.cell) else {
                continue;
            };
            let area = edge.area_id;
            let (least, most) = areas.entry(cell).or_insert((area, area));
            (*least, *most) = (area.min(*least), area.max(*most));
            let kept = by_cell.entry(cell).or_default();
            let is_long = edge.long;
            match edge.decode(&mut words) {
                Ok(edge) if is_long => kept.extend(pieces_in(cell, edge)),
                Ok(edge) => kept.push(edge),
                Err(way_id) => tracing::warn!(way.id = way_id, "a street's line can't be read"),
            }
        }
        let is_shared = |id: &CellId| areas.get(id).is_some_and(|(least, most)| least < most);
        let finish = |(id, edges): (CellId, Vec<Edge>)| {
            let edges = if is_shared(&id) {
                without_doubles(edges)
            } else {
                edges
            };
            (id, Arc::new(Cell::at(id, edges)))
        };
        by_cell.into_iter().map(finish).collect()
    }

    fn decode(self, words: &mut Words) -> Result<Edge, i64> {
        let geometry = line_points(&self.line).ok_or(self.way_id)?;
        Ok(Edge {
            way_id: self.way_id,
            from_node: self.from_node,
            to_node: self.to_node,
            class: WayClass::from_word(&self.class),
            lit: match self.lit {
                Some(true) => Lit::Yes,
                Some(false) => Lit::No,
                None => Lit::Unknown,
            },
            surface: self.surface.map(|word| words.share(word)),
            incline_percent: self.incline_percent,
            price_percent: self.price_percent.unsigned_abs(),
            hours: self.hours.and_then(|text| words.hours(text)),
            one_way: self.one_way,
            name: self.name.map(|word| words.share(word)),
            geometry,
        })
    }
}

fn pieces_in(cell: CellId, edge: Edge) -> impl Iterator<Item = Edge> {
    let pieces = edge.into_pieces().into_iter();
    pieces
        .filter(move |(of, _)| *of == cell)
        .map(|(_, piece)| piece)
}

/// Street names, surfaces and hours repeat: each is kept once.
#[derive(Debug, Default)]
struct Words {
    words: HashMap<String, Arc<str>>,
    hours: HashMap<String, Option<Arc<WayHours>>>,
}

impl Words {
    fn share(&mut self, word: String) -> Arc<str> {
        let shared = self
            .words
            .entry(word)
            .or_insert_with_key(|word| Arc::from(word.as_str()));
        Arc::clone(shared)
    }

    /// Hours that can be read.
    fn hours(&mut self, text: String) -> Option<Arc<WayHours>> {
        let shared = self
            .hours
            .entry(text)
            .or_insert_with_key(|text| WayHours::parse(text).map(Arc::new));
        shared.clone()
    }
}

/// Version of the loads that the streets come from; it changes when one of them does.
pub type NetworkVersion = Vec<(i32, String, DateTime<Utc>)>;

/// The version of the stored streets.
pub async fn version(connection: &mut Connection) -> QueryResult<NetworkVersion> {
    use diesel::ExpressionMethods;
    areas::table
        .select((areas::id, areas::source_digest, areas::loaded_at))
        .order(areas::id.asc())
        .load(connection)
        .await
}
