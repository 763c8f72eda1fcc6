//! The HTTP and WebSocket interface from outside: a real server, its own database, its own Redis.
#![allow(dead_code, unreachable_pub)]

mod accounts;
pub(crate) mod app;
mod at_once;
mod choice;
mod city;
mod command;
mod deletion;
mod description;
mod doctor;
mod envelope;
mod generators;
mod guidance;
mod hoard;
mod log;
mod maintainers;
mod own_walks;
mod process;
mod profiles;
mod reach;
mod redis_keys;
mod rotation;
mod security;
mod strangers;
mod walkers;
mod walks;
mod websocket;
