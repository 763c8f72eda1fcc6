//! Everything of Wildside that has a mailbox.
//!
//! * [`RedisBridge`](redis_bridge::RedisBridge) subscribes to the status events that cross Redis and issues them to the broker.
//! * [`UserHub`](user_hub::UserHub) takes them from the broker to every session of their user.
//! * [`WsSession`](ws_session) is one WebSocket connection; what it says is decided by [`protocol`], which knows no socket.
//! * [`RouteSupervisor`](route_supervisor::RouteSupervisor) and [`EnrichmentSupervisor`](enrichment_supervisor::EnrichmentSupervisor)
//!   are [supervisors](pool_supervisor) that own the capacity of the [engine threads](engine_pool).
//! * [`ActorRegistry`] can ask each of them what it is doing; [`Watchdog`](watchdog::Watchdog)
//!   does so all the time. [`envelope`] measures each message.

pub mod backoff;
pub mod broker;
pub mod engine_pool;
pub mod enrichment_supervisor;
pub mod envelope;
pub mod event;
pub mod frame;
pub mod handle;
pub mod metrics;
pub mod pool_supervisor;
pub mod protocol;
pub mod redis_bridge;
pub mod registry;
pub mod route_supervisor;
pub mod stats;
mod subscription;
pub mod user_hub;
mod walk_check;
pub mod watchdog;
pub mod ws_session;

pub use event::{Status, StatusError, StatusEvent};
pub use handle::ActorHandle;
pub use metrics::ActorMetrics;
pub use registry::{ActorRegistry, ActorReport};
