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

mod rows;
mod stage;

use std::process::ExitCode;

use stage::{matrix, worker};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("worker") => worker::run(arguments),
        Some("matrix") => matrix::play(rows::THEMES, &arguments.next().unwrap_or_default()),
        _ => matrix::test(rows::THEMES),
    }
}
