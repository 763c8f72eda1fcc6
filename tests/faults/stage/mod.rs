//! The stage: processes, servers in front of and behind them, people who walk, and a judge of what was seen.

pub mod client;
pub mod fleet;
pub mod history;
pub mod load;
pub mod matrix;
pub mod people;
pub mod process;
pub mod report;
pub mod scene;
pub mod sparse;
pub mod worker;
