//! Walks in real and made-up cities, measured from outside.

pub mod bridges;
pub mod case;
pub mod city;
pub mod curve;
pub mod grid;
pub mod lines;
pub mod measure;
pub mod page;
pub mod random;
pub mod request;
pub mod sample;
pub mod sparse;
pub mod tiled;
