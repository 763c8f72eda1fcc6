//! Walks: asked for, made, and walked.

pub mod body;
pub mod coverage;
pub mod create;
pub mod show;
pub mod status;
pub mod tile_token;
pub mod view;
