//! Requests for walks: which are taken on, where known walks are kept, and who hears of them.

pub mod admission;
pub mod announcer;
pub mod route_cache;
pub mod tile_tokens;
mod track;
pub mod walkers;
