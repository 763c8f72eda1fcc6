//! Prometheus metrics of server and worker alike. The actors' metrics, with the count of WebSocket connections, are
//! in `wildside_actors::metrics`.

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, Result,
};

/// The metrics of the process, registered once. Clones share them. Label sets are bounded: no id of a user, route or
/// request is ever a label.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Seconds from a job's start to its stored walk.
    pub route_generation_duration_seconds: Histogram,
    /// Jobs that ended, by `type` and `status`.
    pub jobs_total: IntCounterVec,
    /// Enrichment jobs that ended, by `status`.
    pub enrichment_jobs_total: IntCounterVec,
    /// Places in the database; no series before the process has counted them, which workers do.
    pub pois_total: IntGaugeVec,
    /// Questions to the route cache, by `result`: `hit`, `miss` or `error`.
    pub route_cache_requests_total: IntCounterVec,
    /// Jobs that wait or run, by `queue`.
    pub queue_depth: IntGaugeVec,
    /// Jobs in the dead-letter stream, by `queue`.
    pub dead_jobs: IntGaugeVec,
    /// Seconds from a job's queueing to its start, by `queue`.
    pub job_wait_seconds: HistogramVec,
    /// Runs of jobs that failed and will be tried again, by `queue` and `reason`.
    pub job_retries_total: IntCounterVec,
    /// Jobs that Redis did not take at once, by `queue`.
    pub job_push_failures_total: IntCounterVec,
}

impl Metrics {
    /// Makes the metrics and registers them.
    ///
    /// # Errors
    /// A metric of the same name is registered already.
    pub fn new(registry: &Registry) -> Result<Self> {
        let metrics = Self {
            route_generation_duration_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "route_generation_duration_seconds",
                    "Seconds from the start of a route job to its stored walk.",
                )
                .buckets(vec![
                    0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0,
                ]),
            )?,
            jobs_total: counters("jobs_total", "Jobs that ended.", &["type", "status"])?,
            enrichment_jobs_total: counters(
                "enrichment_jobs_total",
                "Enrichment jobs that ended.",
                &["status"],
            )?,
            pois_total: gauges("pois_total", "Places in the database.", &[])?,
            route_cache_requests_total: counters(
                "route_cache_requests_total",
                "Questions to the route cache.",
                &["result"],
            )?,
            queue_depth: gauges("queue_depth", "Jobs that wait or run.", &["queue"])?,
            dead_jobs: gauges("dead_jobs", "Jobs in the dead-letter stream.", &["queue"])?,
            job_wait_seconds: HistogramVec::new(
                HistogramOpts::new(
                    "job_wait_seconds",
                    "Seconds from a job's queueing to its start.",
                )
                .buckets(vec![
                    0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0,
                ]),
                &["queue"],
            )?,
            job_retries_total: counters(
                "job_retries_total",
                "Runs of jobs that failed and will be tried again.",
                &["queue", "reason"],
            )?,
            job_push_failures_total: counters(
                "job_push_failures_total",
                "Jobs that Redis did not take at once; the sweep queues them.",
                &["queue"],
            )?,
        };
        metrics.register(registry)?;
        metrics.show_all_series();
        Ok(metrics)
    }

    fn register(&self, registry: &Registry) -> Result<()> {
        registry.register(Box::new(self.route_generation_duration_seconds.clone()))?;
        registry.register(Box::new(self.jobs_total.clone()))?;
        registry.register(Box::new(self.enrichment_jobs_total.clone()))?;
        registry.register(Box::new(self.pois_total.clone()))?;
        registry.register(Box::new(self.route_cache_requests_total.clone()))?;
        registry.register(Box::new(self.queue_depth.clone()))?;
        registry.register(Box::new(self.dead_jobs.clone()))?;
        registry.register(Box::new(self.job_wait_seconds.clone()))?;
        registry.register(Box::new(self.job_retries_total.clone()))?;
        registry.register(Box::new(self.job_push_failures_total.clone()))
    }

    /// A series that is not there until its first event hides that event from `rate()`.
    fn show_all_series(&self) {
        for status in ["success", "failure"] {
            self.enrichment_jobs_total.with_label_values(&[status]);
        }
        for result in ["hit", "miss", "error"] {
            self.route_cache_requests_total.with_label_values(&[result]);
        }
    }

    /// Shows the series of each kind of jobs, and of the queue that requests go to, before anything is counted.
    pub fn show_jobs(&self, kinds: &[&str], queue: &str) {
        for kind in kinds {
            for status in ["success", "failure"] {
                self.jobs_total.with_label_values(&[kind, status]);
            }
        }
        self.job_push_failures_total.with_label_values(&[queue]);
    }
}

fn counters(name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec> {
    IntCounterVec::new(Opts::new(name, help), labels)
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec> {
    IntGaugeVec::new(Opts::new(name, help), labels)
}
