//! Wildside: walking tours chosen for you.
//!
//! One binary, roles by mode. The server answers HTTP and WebSocket and puts jobs on the queue, the worker
//! performs them. They share only what lives in `PostgreSQL` and Redis, and the modules below.

pub mod admission;
pub mod analytics;
pub mod api;
pub mod cache;
pub mod causes;
pub mod cell_cache;
pub mod cli;
pub mod config;
pub mod db;
mod descriptors;
pub mod jobs;
pub mod key_file;
pub mod maintenance;
pub mod metrics;
pub mod network_cache;
pub mod observability;
pub mod overpass;
pub mod password;
pub mod place_cache;
pub mod push;
pub mod queue;
pub mod reach;
pub mod readiness;
pub mod recent;
pub mod route_params;
pub mod serve;
pub mod server;
pub mod session;
pub mod shared_redis;
pub mod state;
pub mod status;
pub mod telemetry;
pub mod tiles;
pub mod walk_progress;
pub mod worker;
