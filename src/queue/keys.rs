//! Where a queue lives in Redis.

/// The consumer group of all workers.
pub(super) const GROUP: &str = "workers";

/// The keys of one queue.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// Stream of the jobs that may start; those that run are pending in its consumer group.
    pub(super) stream: String,
    /// Sorted set of the jobs that wait for their next run, by the time of it in milliseconds.
    pub(super) delayed: String,
    /// Stream of the jobs that were given up.
    pub(super) dead: String,
    /// Set of the ids of all jobs in `stream` and `delayed`.
    pub(super) ids: String,
}

impl Keys {
    pub(super) fn of(queue: &str) -> Self {
        let stream = format!("wildside:queue:{queue}");
        Self {
            delayed: format!("{stream}:delayed"),
            dead: format!("{stream}:dead"),
            ids: format!("{stream}:ids"),
            stream,
        }
    }
}
