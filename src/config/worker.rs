//! The worker.

use std::time::Duration;

use super::Reader;

/// * `WILDSIDE_ENGINE_THREADS`: threads that compute walks (default: one for each core)
/// * `WILDSIDE_JOB_CONCURRENCY`: route jobs in progress at once (default: twice the engine threads)
/// * `WILDSIDE_JOB_TIMEOUT_SECONDS`: longest run of one attempt of a job (default 30)
/// * `WILDSIDE_JOB_ATTEMPTS`: attempts before a job is dead (default 3)
/// * `WILDSIDE_ROUTE_CACHE_SECONDS`: how long a route stays in the cache (default 86400)
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    pub engine_threads: usize,
    pub job_concurrency: usize,
    pub job_timeout: Duration,
    pub job_attempts: u32,
    pub route_cache: Duration,
}

impl WorkerConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let cores = super::processors();
        let engine_threads = reader.within("WILDSIDE_ENGINE_THREADS", 1..=256, cores);
        Self {
            engine_threads,
            job_concurrency: reader.within(
                "WILDSIDE_JOB_CONCURRENCY",
                1..=1_024,
                engine_threads * 2,
            ),
            job_timeout: reader.seconds("WILDSIDE_JOB_TIMEOUT_SECONDS", 1..=600, 30),
            job_attempts: reader.within("WILDSIDE_JOB_ATTEMPTS", 1..=20, 3),
            route_cache: reader.seconds("WILDSIDE_ROUTE_CACHE_SECONDS", 1..=2_592_000, 86_400),
        }
    }
}
