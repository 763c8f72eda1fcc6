//! From an OpenStreetMap extract to the tables that walks are made of.
//!
//! [`extract`] reads a file and knows no database: places in the engine's terms and the streets a pedestrian may use.
//! [`download`] fetches such files. [`load`] puts them into PostGIS, in one transaction.

pub mod area;
pub mod digest;
pub mod download;
pub mod extract;
pub mod load;
