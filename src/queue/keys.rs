//! Where a queue lives in Redis.

use super::payloads::Job;

/// The keys of one queue.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) fn of<J: Job>() -> Self {
        Self::named(J::QUEUE)
    }

    pub(super) fn named(queue: &str) -> Self {
        Self {
            prefix: format!("wildside:queue:{queue}"),
        }
    }

    /// Stream of the jobs that may start; those that run are pending in its consumer group.
    pub(super) fn stream(&self) -> &str {
        &self.prefix
    }

    /// Set of the ids of all jobs in `stream` and `delayed`.
    pub(super) fn ids(&self) -> String {
        format!("{}:ids", self.prefix)
    }
}
