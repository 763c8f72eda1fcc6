//! Sessions with `PostgreSQL`: dialled, set up, pooled, and dropped once an error has condemned them.

mod limits;
mod pool;
mod session;
mod sqlstate;
mod startup;

pub use limits::Limits;
pub(super) use pool::CHECKOUT_TIMEOUT;
pub use pool::{Pool, PoolError, PooledSession};
pub use session::Session;
pub use sqlstate::{is_outage, is_too_slow};
pub use startup::{enter, open, wait_until_there};
pub use wildside_dial::{ConnectError, Trouble};
