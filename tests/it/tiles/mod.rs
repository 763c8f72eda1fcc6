//! Parts of the map: tile functions and tokens in the database, the tile server, the styles in a browser.

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
