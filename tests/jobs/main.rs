//! Jobs, from the queue to the stored walk, on real servers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admission;
mod cache;
mod command;
mod faults;
mod generate_route;
mod ledger;
mod network;
mod outages;
mod processes;
mod queue;
mod stage;
