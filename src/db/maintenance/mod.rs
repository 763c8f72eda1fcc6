//! Rows of the upkeep: leases of periodic work, and data that is to be deleted.

pub mod maintenance_runs;
pub mod retention;
