//! The streets that a pedestrian may use.
//!
//! The network is stored by cell and joined for a request: [`Cell`]s are decoded once, shared by
//! `Arc`, and a [`Network`] is a handful of them.

mod appeal;
mod cell;
mod doubles;
mod edge;
mod index;
mod join;
mod pace;
mod pieces;
mod snap;
mod way_class;

use crate::geo::Square;

pub use cell::Cell;
pub use doubles::without_doubles;
pub use edge::{Edge, Lit, WayClass};
pub use join::Network;
pub use pace::DEFAULT_SPEED_METRES_PER_SECOND;
pub use pieces::LONG_EDGE_METRES;

pub(crate) use cell::Measure;
pub(crate) use join::{EdgeId, NodeId};
pub(crate) use pace::{LightLevel, TICKS_PER_SECOND};
pub(crate) use snap::Snap;

/// The square by which streets are stored and loaded: 1.2 km wide at 60° north, 2.4 km at the equator.
pub type CellId = Square<14>;
