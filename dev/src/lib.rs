//! Private servers for development and tests: PostgreSQL, Redis, Martin and the nginx before it, on loopback, behind
//! random passwords, and ended with the process that asked for them.
//!
//! The call of each is written here alone. `tests/support` makes servers for single tests of it, the program
//! `wildside-dev` makes `make run` of it.

pub mod child;
pub mod http;
pub mod ports;
pub mod postgres;
pub mod redis;
pub mod secret;
pub mod tiles;
