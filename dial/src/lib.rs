//! Connections to `PostgreSQL`: the hosts of a URL, TLS as `libpq` means it, and errors that tell causes apart.
//!
//! [`dial()`] is the one place where a connection is made, for the service, its commands and the loads. Errors carry their
//! SQLSTATE in front of their text, and those that condemn a session are noted before anybody sees them.

mod dial;
mod door;
mod pooler;
mod role;
mod secret;
pub mod secret_file;
mod sqlstate;
mod target;
mod tls;
mod tls_trouble;
mod translation;
mod trouble;
mod wire;

pub use dial::{Dialled, dial};
pub use pooler::refuse_shared;
pub use secret::Secret;
pub use sqlstate::{Verdict, verdict};
pub use target::Target;
pub use tls_trouble::TlsTrouble;
pub use translation::Settings;
pub use trouble::{ConnectError, Trouble};
pub use wire::Condemned;
