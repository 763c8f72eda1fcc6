//! Walks through made-up worlds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod choice;
mod directions;
mod fill;
mod fuzz;
mod hours;
mod last_resort;
mod one_way;
mod small_worlds;
mod stairs;
mod world;
