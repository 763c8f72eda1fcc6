//! Jobs, from the queue to the stored walk, on real servers.

mod admission;
mod batch;
mod cache;
mod command;
mod failover;
mod faults;
mod generate_route;
mod hours;
mod ledger;
mod lost_keys;
mod network;
mod outages;
mod pause;
mod places;
mod processes;
mod queue;
mod reach;
mod retry;
mod sessions;
mod stage;
