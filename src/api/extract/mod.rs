//! Extractors: typed input of an endpoint.

mod address;
mod body;
mod fields;
#[cfg(test)]
mod fuzz;
mod json;
mod login;
mod params;
pub mod values;

pub use address::ClientAddress;
pub use body::Body;
pub use fields::{Fields, FromFields};
pub use login::{Admin, CurrentUser};
pub use params::{Params, PathId, parse_id};
