//! Walks: asked for, made, and walked.

pub mod body;
pub mod coverage;
pub mod create;
pub mod directions;
pub mod export;
pub mod geojson;
pub mod gpx;
mod included;
pub mod list;
pub mod made;
pub mod name;
pub mod notes;
pub mod progress;
pub mod remove;
pub mod saved;
pub mod shared;
pub mod show;
pub mod status;
pub mod tile_token;
pub mod view;
