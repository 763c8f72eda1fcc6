//! Limits of what a walk may be asked for.

use std::ops::RangeInclusive;

/// Minutes that a walk may take.
pub const MINUTES: RangeInclusive<i32> = 15..=180;

/// Metres as the crow flies from a start or an end to the nearest street, at most.
pub const METRES_TO_STREET: f64 = 250.0;
