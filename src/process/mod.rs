//! Processes: what runs in each mode, how it starts, and how it ends.

pub mod run;
pub mod server;
pub mod worker;
