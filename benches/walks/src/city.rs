//! A city to walk in.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use wildside_engine::network::{Cell, CellId, Edge, Network};
use wildside_engine::{Poi, Point};
use wildside_ingest::extract;

use crate::measure::Forced;
use crate::random::Random;

/// Streets and places of a city.
#[derive(Debug)]
pub struct City {
    pub name: String,
    pub edges: Vec<Edge>,
    pub pois: Vec<Poi>,
    pub poi_by_id: HashMap<i64, usize>,
    pub names: HashMap<i64, String>,
    /// The streets by cell, as a worker has them.
    pub cells: BTreeMap<CellId, Arc<Cell>>,
    pub network: Network,
    pub forced: Forced,
}

impl City {
    /// Reads an extract.
    ///
    /// # Errors
    /// The file can't be read, or is no extract.
    pub fn read(path: &Path) -> Result<Self> {
        let extract = extract::read(path, None)?;
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("city");
        let name = name.split('.').next().unwrap_or("city");
        let pois: Vec<Poi> = extract.places.iter().map(extract::Place::to_poi).collect();
        let names = extract
            .places
            .iter()
            .map(|place| (place.id, place.classification.name.clone()))
            .collect();
        Ok(Self {
            names,
            ..Self::new(name, extract.edges, pois)
        })
    }

    pub fn new(name: &str, edges: Vec<Edge>, pois: Vec<Poi>) -> Self {
        let mut cells: BTreeMap<CellId, Vec<Edge>> = BTreeMap::new();
        for (cell, edge) in edges.iter().cloned().flat_map(Edge::into_cells) {
            cells.entry(cell).or_default().push(edge);
        }
        let cells: BTreeMap<CellId, Arc<Cell>> = cells
            .into_iter()
            .map(|(id, edges)| (id, Arc::new(Cell::at(id, edges))))
            .collect();
        Self {
            name: name.to_owned(),
            network: Network::join(cells.values().cloned().collect()),
            cells,
            forced: Forced::of(&edges),
            poi_by_id: pois
                .iter()
                .enumerate()
                .map(|(i, poi)| (poi.id, i))
                .collect(),
            names: HashMap::new(),
            edges,
            pois,
        }
    }

    /// Positions on random streets.
    pub fn starts(&self, count: u64) -> Vec<Point> {
        let mut random = Random(2026);
        let street = |_| &self.edges[random.below(self.edges.len())].geometry;
        (0..count)
            .map(street)
            .map(|geometry| geometry[geometry.len() / 2])
            .collect()
    }

    pub fn poi(&self, id: i64) -> Option<&Poi> {
        self.poi_by_id
            .get(&id)
            .map(|&position| &self.pois[position])
    }
}
