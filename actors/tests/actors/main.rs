//! The actors with real sockets, real threads and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod observation;
mod overload;
mod push;
mod sessions;
mod supervisors;
mod support;
mod upgrade;
