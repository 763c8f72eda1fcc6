//! Process metrics under the names that Prometheus recommends: CPU, memory, threads, start, file descriptors.

use std::fs::File;

use prometheus::core::{Collector, Desc};
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, Result};

/// File descriptors that [`ProcessCollector`] has open at once while it looks.
const TAKEN_BY_A_LOOK: usize = 2;

/// The library's collector, which gives nothing once no file descriptor is left to look with; then the two metrics of file
/// descriptors say that all are in use.
pub(crate) struct ProcessMetrics {
    process: ProcessCollector,
    open: IntGauge,
    most: IntGauge,
}

impl ProcessMetrics {
    /// The limit of file descriptors is read once: it is set before a process starts.
    pub(crate) fn new() -> Result<Self> {
        let process = ProcessCollector::for_self();
        let most = IntGauge::new(
            "process_max_fds",
            "Maximum number of open file descriptors.",
        )?;
        let families = process.collect();
        let limit = families
            .iter()
            .find(|family| family.name() == "process_max_fds")
            .and_then(|family| family.get_metric().first());
        most.set(limit.map_or(0, |limit| limit.get_gauge().value() as i64));
        Ok(Self {
            process,
            open: IntGauge::new("process_open_fds", "Number of open file descriptors.")?,
            most,
        })
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.process.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let spare = [(); TAKEN_BY_A_LOOK].map(|()| File::open("/proc/self/stat"));
        let can_look = spare.iter().all(std::result::Result::is_ok);
        drop(spare);
        if can_look {
            return self.process.collect();
        }
        self.open.set(self.most.get());
        [self.open.collect(), self.most.collect()].concat()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prometheus::Registry;

    use super::*;

    #[test]
    fn a_process_shows_its_use_of_the_machine() {
        let registry = Registry::new();
        registry
            .register(Box::new(ProcessMetrics::new().unwrap()))
            .unwrap();
        let families = registry.gather();
        let names: BTreeSet<_> = families.iter().map(MetricFamily::name).collect();
        let expected = [
            "process_cpu_seconds_total",
            "process_max_fds",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
            "process_threads",
            "process_virtual_memory_bytes",
        ];
        assert_eq!(names, BTreeSet::from(expected));
        let of = |name: &str| {
            let family = families.iter().find(|family| family.name() == name);
            family.unwrap().get_metric()[0].get_gauge().value()
        };
        assert!(of("process_open_fds") > 2.0);
        assert!(of("process_resident_memory_bytes") > 1e6);
        assert!(of("process_start_time_seconds") > 1.7e9);
    }
}
