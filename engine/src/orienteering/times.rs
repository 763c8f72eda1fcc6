//! Times between places.

use super::problem::ProblemError;

/// Times between all pairs of places, in any whole unit (the walk uses seconds).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeMatrix {
    places: usize,
    times: Vec<u32>,
}

impl TimeMatrix {
    /// The value that says that there is no way.
    pub const NO_WAY: u32 = u32::MAX;

    /// A matrix from its rows, one after the other: the time from place `i` to place `j` is at `i * places + j`.
    /// It need not be symmetric. The diagonal is ignored.
    ///
    /// # Errors
    /// [`ProblemError::Length`] if it is not square.
    pub fn from_rows(places: usize, times: Vec<u32>) -> Result<Self, ProblemError> {
        if places == 0 || places.checked_mul(places) != Some(times.len()) {
            let expected = places.saturating_mul(places).max(1);
            return Err(ProblemError::Length {
                what: "times",
                expected,
                found: times.len(),
            });
        }
        Ok(Self { places, times })
    }

    /// A matrix from a function of the two places.
    ///
    /// # Errors
    /// [`ProblemError::Length`] if there is no place.
    pub fn from_fn(
        places: usize,
        mut time: impl FnMut(usize, usize) -> u32,
    ) -> Result<Self, ProblemError> {
        let pairs = (0..places).flat_map(|from| (0..places).map(move |to| (from, to)));
        Self::from_rows(places, pairs.map(|(from, to)| time(from, to)).collect())
    }

    /// Number of places.
    pub fn len(&self) -> usize {
        self.places
    }

    /// Never true: a matrix has at least one place.
    pub fn is_empty(&self) -> bool {
        self.places == 0
    }

    /// Time from one place to another; [`Self::NO_WAY`] if there is no way.
    pub fn get(&self, from: usize, to: usize) -> u32 {
        self.times[from * self.places + to]
    }
}
