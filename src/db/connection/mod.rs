//! Sessions with `PostgreSQL`: dialled, set up, pooled, and dropped once an error has condemned them.

mod dial;
mod pool;
mod pooler;
mod session;
mod sqlstate;
mod startup;
mod trouble;
mod wire;

pub(super) use pool::CHECKOUT_TIMEOUT;
pub use pool::{Pool, PoolError, PooledSession};
pub(super) use pooler::refuse_shared;
pub use session::{Limits, Session};
pub use sqlstate::{is_outage, is_too_slow};
pub use startup::{enter, open, wait_until_there};
pub use trouble::{ConnectError, Trouble};
