//! From OpenStreetMap tags to places worth a stop.
//!
//! The [`catalogue()`] is a data file (`catalogue.toml`) that a person can read and change: which tags make
//! which kind of place, what it is about, how long a look takes. [`Catalogue::classify`] applies it to one
//! element; loads and enrichment use the same rules. How a place's popularity compares with that of its
//! neighbours is the matter of a [`PopularityScale`].

mod affinity;
mod catalogue;
mod classify;
mod feeding;
mod hours;
mod narrative;
mod popularity;
mod rule;
mod source;
mod tags;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use catalogue::{Catalogue, Kind, Search, Theme, catalogue};
pub use classify::{Classification, Reason, Rejection};
pub use popularity::PopularityScale;
pub use rule::{Condition, Rule, Test};
pub use tags::Tags;

pub(crate) use affinity::affinity;
pub(crate) use feeding::only_feeds;

/// An interest theme; its id is the primary key in `interest_themes` and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ThemeId(pub Uuid);

/// Position of a kind of place (café, viewpoint, …) in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub u16);
