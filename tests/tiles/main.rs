//! What the map is made of: tile functions and tokens in the database, the tile server, the styles in a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod base;
mod browser;
mod database;
mod endpoint;
mod fixture;
mod mvt;
mod page;
mod pois;
mod routes;
mod server;
mod tokens;
