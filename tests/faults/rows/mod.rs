//! The rows of the matrix, a file for each theme.

mod bad_answers;
mod chaos;
mod clocks;
mod crowds;
mod descriptors;
mod disk;
mod edge;
mod engine;
mod failover;
mod keys;
mod overload;
mod overpass;
mod poison;
mod postgres;
mod redis;
mod requests;
mod servers;
mod slow_redis;
mod sockets;
mod unfit;
mod versions;
mod workers;

use crate::stage::matrix::Row;

/// The rows of every theme.
pub const THEMES: &[&[Row]] = &[
    workers::ROWS,
    servers::ROWS,
    redis::ROWS,
    slow_redis::ROWS,
    postgres::ROWS,
    poison::ROWS,
    crowds::ROWS,
    overload::ROWS,
    engine::ROWS,
    requests::ROWS,
    sockets::ROWS,
    versions::ROWS,
    clocks::ROWS,
    disk::ROWS,
    chaos::ROWS,
    keys::ROWS,
    overpass::ROWS,
    bad_answers::ROWS,
    descriptors::ROWS,
    failover::ROWS,
    unfit::ROWS,
    edge::ROWS,
];
