//! Errors of a run of a job.

use std::time::Duration;

use wildside_actors::engine_pool::PoolFailure;
use wildside_actors::enrichment_supervisor::EnrichmentFailure;
use wildside_actors::route_supervisor::RouteFailure;

use crate::db::{self, PoolError, SharedError};

/// Error of a run, and the prospects of another.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The database or Redis is away or slow; not the job's fault.
    #[error("what the job needs is not available: {0}")]
    Unavailable(String),
    /// There is no free capacity; not the job's fault.
    #[error("the engine is busy")]
    Busy,
    /// Others are in turn first, or a service wants to be left alone; not the job's fault.
    #[error("{cause}; again in {wait:?}")]
    Postponed {
        /// Until the next run.
        wait: Duration,
        /// Cause of the pause.
        cause: String,
    },
    /// The run took longer than it may.
    #[error("the job took longer than {0:?}")]
    TimedOut(Duration),
    /// The run panicked.
    #[error("the job panicked: {0}")]
    Panicked(String),
    /// Each run took its worker down.
    #[error("no run of the job ever ended")]
    Crashed,
    /// The job failed by what it found or did.
    #[error("{message}")]
    Failed {
        /// A stable machine code.
        code: &'static str,
        /// The cause.
        message: String,
    },
}

impl JobError {
    /// A stable machine code: what the user is told if the job is given up, and the `reason` in metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Busy => "busy",
            Self::Postponed { .. } => "postponed",
            Self::TimedOut(_) => "timed_out",
            Self::Panicked(_) | Self::Crashed => "internal_error",
            Self::Failed { code, .. } => code,
        }
    }

    /// Test for an outage of what the job needs, which says nothing about the job.
    pub const fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::Busy | Self::Postponed { .. }
        )
    }

    /// Wait before the next run, if the error knows.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Postponed { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// A sentence for the user whose request is given up.
    pub const fn message_for_user(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "The walk took too long to compute. Please try a shorter one.",
            _ => {
                "Something went wrong on our side and your walk could not be computed. Please try again."
            }
        }
    }
}

impl From<PoolError> for JobError {
    fn from(error: PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<diesel::result::Error> for JobError {
    fn from(error: diesel::result::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&diesel::result::Error> for JobError {
    fn from(error: &diesel::result::Error) -> Self {
        let message = error.to_string();
        if db::is_too_slow(error) {
            // It may be what the job asks for that takes so long: then it would in each run.
            return Self::Failed {
                code: "timed_out",
                message,
            };
        }
        if db::is_outage(error) {
            return Self::Unavailable(message);
        }
        Self::Failed {
            code: "internal_error",
            message,
        }
    }
}

impl From<SharedError> for JobError {
    fn from(error: SharedError) -> Self {
        match error {
            SharedError::Query(error) => Self::from(&*error),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<EnrichmentFailure> for JobError {
    fn from(failure: EnrichmentFailure) -> Self {
        match failure {
            EnrichmentFailure::Pool(PoolFailure::Busy | PoolFailure::Stopped) => Self::Busy,
            failure => Self::Failed {
                code: failure.code(),
                message: failure.to_string(),
            },
        }
    }
}

impl From<redis::RedisError> for JobError {
    fn from(error: redis::RedisError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<serde_json::Error> for JobError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed {
            code: "internal_error",
            message: error.to_string(),
        }
    }
}

impl From<RouteFailure> for JobError {
    fn from(failure: RouteFailure) -> Self {
        match failure {
            RouteFailure::Pool(PoolFailure::Busy | PoolFailure::Stopped) => Self::Busy,
            failure => Self::Failed {
                code: failure.code(),
                message: failure.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::result::{DatabaseErrorKind, Error};

    use super::*;

    #[test]
    fn only_what_is_no_fault_of_the_job_is_waited_out() {
        let of = |code: &str| {
            let text = Box::new(format!("{code}: ein Text"));
            JobError::from(Error::DatabaseError(DatabaseErrorKind::Unknown, text))
        };
        for outage in ["57P01", "53100", "25006", "40P01", "55P03"] {
            assert!(of(outage).is_outage(), "{outage}");
        }
        for fault in ["22003", "42601", "XX000", "P0001", "57014"] {
            assert!(!of(fault).is_outage(), "{fault}");
        }
        assert_eq!(of("57014").code(), "timed_out");
    }
}
