//! Limits of what a walk may be asked for.

use std::ops::RangeInclusive;

/// Minutes that a walk may take.
pub const MINUTES: RangeInclusive<i32> = 15..=180;

/// Metres as the crow flies from a start or an end to the nearest street, at most.
pub const METRES_TO_STREET: f64 = 250.0;

/// Walking speeds in metres a second.
pub const PACE: RangeInclusive<f64> = 0.5..=2.0;

/// Places that a walk may be asked to visit.
pub const INCLUDED: usize = 10;

/// The last of the variants of a walk.
pub const VARIANT: u8 = 9;
