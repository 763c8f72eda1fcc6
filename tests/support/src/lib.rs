//! Real servers for the tests: a database of its own for every test, a Redis of its own for every test that asks, and a
//! TCP proxy that misbehaves on demand.
//!
//! Nothing needs to be running or configured beforehand, only installed. No server that was already there is ever
//! touched: everything listens on loopback, on a free port below the ephemeral range, behind a random password.
//!
//! * [`TestDatabase`] is a clone of a migrated template in a PostgreSQL server that all test processes share. The first
//!   one starts it (0.6 s), a guardian process ends it and removes its data 3 s after the last one has gone, however
//!   that one ended.
//! * [`PostgresServer`] and [`TestRedis`] belong to one test, which may pause, kill and restart them. They end with the
//!   test process, however it ends.
//! * [`FakeOverpass`] stands in for the one server that belongs to others.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test whose servers cannot be started has failed, and the panic is its message"
)]

mod certificates;
mod city;
mod database;
mod guarded;
mod overpass;
mod pgbouncer;
mod port;
mod postgres;
mod programs;
mod proxy;
mod redis;
mod secret;
mod server_log;
mod shared;
mod tile_server;

pub use certificates::{Authority, Certificate, Validity};
pub use city::{CITY, street};
pub use database::TestDatabase;
pub use overpass::{FakeOverpass, OverpassFault, OverpassRequest};
pub use pgbouncer::PgBouncer;
pub use port::free_port;
pub use postgres::PostgresServer;
pub use programs::postgres_client;
pub use proxy::{Fault, TcpProxy};
pub use redis::TestRedis;
pub use tile_server::TileServer;
