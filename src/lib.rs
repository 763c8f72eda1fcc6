//! Wildside: walking tours chosen for you.
//!
//! One binary, roles by mode. The server answers HTTP and WebSocket and puts jobs on the queue, the worker
//! performs them. They share only what lives in `PostgreSQL` and Redis, and the modules below, of which each uses those
//! that `ARCHITECTURE.md` lists under it, and none above.

pub mod accounts;
pub mod api;
pub mod city;
pub mod cli;
pub mod config;
pub mod db;
pub mod guidance;
pub mod jobs;
pub mod maintenance;
pub mod overpass;
pub mod presence;
pub mod process;
pub mod queue;
pub mod readiness;
pub mod recent;
pub mod shared_redis;
pub mod telemetry;
pub mod walks;
