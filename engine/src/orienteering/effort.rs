//! Effort of a search: iterations and a deadline.

use std::time::Instant;

/// Work that a search does: it ends at whichever limit comes first.
///
/// Only the number of iterations makes the same seed give the same tour on every machine: set it to what normally suffices,
/// and the deadline as a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Number of ruin-and-recreate iterations, if limited.
    pub iterations: Option<u64>,
    /// Latest moment to stop, if there is one.
    pub deadline: Option<Instant>,
}

impl Effort {
    /// A number of iterations, however long they take.
    pub const fn iterations(iterations: u64) -> Self {
        Self {
            iterations: Some(iterations),
            deadline: None,
        }
    }

    /// As much as can be done until a moment. Not reproducible: depends on the machine's speed.
    pub const fn until(deadline: Instant) -> Self {
        Self {
            iterations: None,
            deadline: Some(deadline),
        }
    }

    /// A number of iterations, capped by a moment.
    pub const fn iterations_until(iterations: u64, deadline: Instant) -> Self {
        Self {
            iterations: Some(iterations),
            deadline: Some(deadline),
        }
    }
}
