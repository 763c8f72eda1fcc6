//! Progress of a search: iterations, temperature and time.

use std::time::{Duration, Instant};

use super::effort::Effort;

/// Iterations when neither limit is given.
const DEFAULT_ITERATIONS: u64 = 10_000;

/// Counts iterations and watches the clock.
#[derive(Debug)]
pub(super) struct Progress {
    began: Instant,
    /// Beginning of the iteration that is under way; `None`: none is.
    step_began: Option<Instant>,
    deadline: Option<Instant>,
    iterations: u64,
    done: u64,
    share: f64,
}

impl Progress {
    /// Starts the count.
    pub(super) fn new(effort: Effort) -> Self {
        let unlimited = if effort.deadline.is_some() {
            u64::MAX
        } else {
            DEFAULT_ITERATIONS
        };
        Self {
            began: Instant::now(),
            step_began: None,
            deadline: effort.deadline,
            iterations: effort.iterations.unwrap_or(unlimited),
            done: 0,
            share: 0.0,
        }
    }

    /// Counts one more iteration; false if there must be none.
    pub(super) fn step(&mut self) -> bool {
        if self.done >= self.iterations {
            return false;
        }
        self.share = self.done as f64 / self.iterations as f64;
        self.done += 1;
        match self.deadline {
            Some(deadline) => self.watch(deadline),
            None => true,
        }
    }

    /// Share of the effort that is spent, in 0–1.
    pub(super) fn share(&self) -> f64 {
        self.share
    }

    /// Most stops of an instance for which preparing it, which takes time by their square, leaves most for the search.
    pub(super) fn most_stops(&self) -> usize {
        const PAIRS_PER_SECOND: f64 = 6e7;
        const ALWAYS: usize = 100;
        let Some(deadline) = self.deadline else {
            return usize::MAX;
        };
        let seconds = deadline.saturating_duration_since(self.began).as_secs_f64();
        ALWAYS.max((PAIRS_PER_SECOND * seconds).sqrt() as usize)
    }

    /// True if another iteration that takes as long as the last one is done by the deadline.
    fn watch(&mut self, deadline: Instant) -> bool {
        let now = Instant::now();
        let last = self
            .step_began
            .replace(now)
            .map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        let whole = deadline.saturating_duration_since(self.began).as_secs_f64();
        let spent = now.saturating_duration_since(self.began).as_secs_f64();
        self.share = self.share.max(if whole > 0.0 {
            (spent / whole).min(1.0)
        } else {
            1.0
        });
        now + last < deadline
    }
}
