//! Jobs, from the queue to the stored walk, on real servers.

mod faults;
mod generate_route;
mod ledger;
mod queue;
mod stage;
