//! The file descriptors of the process as metrics, under the names that Prometheus recommends.

use std::fs;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, Result};

/// Counted anew whenever the metrics are asked for.
pub(crate) struct Descriptors {
    open: IntGauge,
    most: IntGauge,
}

impl Descriptors {
    /// The limit is read once: it is set before a process starts.
    pub(crate) fn new() -> Result<Self> {
        let descriptors = Self {
            open: IntGauge::new("process_open_fds", "Open file descriptors.")?,
            most: IntGauge::new(
                "process_max_fds",
                "File descriptors that may be open; 0: no limit.",
            )?,
        };
        descriptors.most.set(limit().unwrap_or(0));
        Ok(descriptors)
    }
}

impl Collector for Descriptors {
    fn desc(&self) -> Vec<&Desc> {
        [self.open.desc(), self.most.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // Looking takes a descriptor itself; without one, all are in use.
        let open = count().unwrap_or_else(|| self.most.get());
        self.open.set(open);
        [self.open.collect(), self.most.collect()].concat()
    }
}

fn count() -> Option<i64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    i64::try_from(open).ok()
}

/// The soft limit; none if there is no end.
fn limit() -> Option<i64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
