//! Ledger of the requests: accepted, claimed, in which stage, complete, and which writes were made already.

pub mod idempotency;
pub mod params;
pub mod recent_requests;
pub mod reopening;
pub mod request_stages;
pub mod route_requests;
