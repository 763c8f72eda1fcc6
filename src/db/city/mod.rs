//! The city in tables: areas that were loaded, streets, places and their enrichment.

pub mod areas;
pub mod enriched_pois;
pub mod enrichments;
pub mod names;
pub mod places;
pub mod pois;
pub mod themes;
pub mod walk_network;
