//! The fault matrix: real processes under load, something goes wrong, and every accepted request ends, once.
//!
//! `make test-faults` plays every row and prints the table; `make test-faults ROWS=1,2,6` plays some. As one of the
//! tests of the workspace it plays the quick rows.
//!
//! The same program is also a worker whose engine fails on purpose: the code of the real worker with another engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    unreachable_pub
)]

mod client;
mod fleet;
mod history;
mod load;
mod matrix;
mod people;
mod process;
mod report;
mod scene;
mod sparse;
mod worker;

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

use std::process::ExitCode;

use matrix::Row;

/// The rows of every theme.
const THEMES: &[&[Row]] = &[
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

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("worker") => worker::run(arguments),
        Some("matrix") => matrix::play(THEMES, &arguments.next().unwrap_or_default()),
        _ => matrix::test(THEMES),
    }
}
