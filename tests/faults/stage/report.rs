//! Report on a load.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::stage::history::History;

/// After a fault all is well again by then.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);

/// Fates of the requests.
pub struct Report {
    pub history: Arc<History>,
    pub accepted: usize,
    pub failed: usize,
}

impl Report {
    /// The same, if no accepted request has failed.
    pub fn all_complete(self) -> Self {
        assert_eq!(self.failed, 0, "some requests failed");
        assert!(self.accepted > 0, "nothing was accepted");
        self
    }

    /// Time after a moment at which all that was asked until then had ended.
    pub fn recovery(&self, since: Instant) -> Duration {
        self.recovery_within(RECOVERY_LIMIT, since)
    }

    /// The same, where it may take longer or must not take so long.
    pub fn recovery_within(&self, limit: Duration, since: Instant) -> Duration {
        let recovery = self.history.settled_after(since);
        assert!(recovery < limit, "recovered after {recovery:?}");
        recovery
    }

    /// The same, if no request was refused.
    pub fn none_refused(self) -> Self {
        assert_eq!(
            self.history.count_refused(),
            0,
            "some requests were refused"
        );
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let complete = self.accepted - self.failed;
        write!(f, "{} accepted, {complete} complete", self.accepted)?;
        for (count, what) in [
            (self.failed, "failed"),
            (self.history.count_refused(), "refused with 503"),
            (
                self.history.count_retried(),
                "tries without an answer made again",
            ),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        write!(f, "; each end shown once on every connection")
    }
}
