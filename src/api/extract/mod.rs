//! Extractors: typed input of an endpoint.

mod address;
mod body;
mod fields;
#[cfg(test)]
mod fuzz;
mod ids;
mod json;
mod language;
mod login;
mod params;
pub mod values;

pub use address::ClientAddress;
pub use body::Body;
pub use fields::{Bound, Fields, FromFields, bounds_of};
pub use language::{LanguageHeader, LanguageQuery, Named, Spoken};
pub use login::{Admin, CurrentUser};
pub use params::{Params, PathId, parse_id};
