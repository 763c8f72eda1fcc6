//! Memory of the city: places and streets by cell, loaded from the database when a walk needs them.

pub mod cells;
pub mod places;
pub mod streets;
