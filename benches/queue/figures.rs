//! Figures of a subject.

use std::fmt;
use std::time::Duration;

/// Jobs a second while latency is measured.
pub(crate) const RATE: u64 = 200;
/// Time for which latency is measured.
pub(crate) const LATENCY_JOBS: usize = 2_000;
/// Jobs that wait when the worker starts, for the throughput.
pub(crate) const BACKLOG: usize = 30_000;
/// Jobs that run at a time.
pub(crate) const CONCURRENCY: usize = 50;

/// The figures of one queue.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub(crate) struct Figures {
    /// From push to start, in milliseconds.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    pub(crate) pushes_per_second: f64,
    pub(crate) jobs_per_second: f64,
}

impl Figures {
    pub(crate) fn new(mut waits: Vec<Duration>, pushing: Duration, draining: Duration) -> Self {
        waits.sort_unstable();
        let at =
            |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        Self {
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            max_ms: at(1.0),
            pushes_per_second: BACKLOG as f64 / pushing.as_secs_f64(),
            jobs_per_second: BACKLOG as f64 / draining.as_secs_f64(),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>9.2} {:>9.2} {:>9.2} {:>11.0} {:>11.0}",
            self.p50_ms, self.p99_ms, self.max_ms, self.pushes_per_second, self.jobs_per_second
        )
    }
}
