//! Everything from outside, on real servers: one program, so that the application is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod architecture;
mod config;
mod connections;
mod enrichment;
mod jobs;
mod maintenance;
mod migrations;
mod overpass;
mod tiles;
