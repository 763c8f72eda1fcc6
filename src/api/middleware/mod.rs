//! Middleware: work on every request on its way in and on every answer on its way out.

pub mod compress;
pub mod count;
pub mod csrf;
pub mod headers;
pub mod limit;
pub mod method;
pub mod span;
pub mod trace;
