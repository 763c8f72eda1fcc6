//! From OpenStreetMap tags to places worth a stop.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An interest theme; its id is the primary key in `interest_themes` and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ThemeId(pub Uuid);

/// Position of a kind of place (café, viewpoint, …) in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub u16);
