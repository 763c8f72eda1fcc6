//! The streets that a pedestrian may use.
//!
//! The network is stored by cell and joined for a request: [`Cell`]s are decoded once, shared by
//! `Arc`, and a [`Network`] is a handful of them.

mod cell;
mod way_class;

use std::sync::Arc;

pub use cell::{Cell, CellId, Edge, Lit, WayClass};

/// The joined cells around a walk. Cheap to clone: the cells are shared.
#[derive(Debug, Clone, Default)]
pub struct Network {
    cells: Vec<Arc<Cell>>,
}

impl Network {
    /// Joins cells into one network; a street that crosses a cell border is whole again.
    pub fn join(cells: Vec<Arc<Cell>>) -> Self {
        Self { cells }
    }

    /// Whether no street is known here.
    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.edges().is_empty())
    }
}
