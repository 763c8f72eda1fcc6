//! Sentences for users about walks that there are not.

use wildside_engine::NoWalk;

/// Cause for which there is no walk, as a person would say it.
pub(super) fn explain(no_walk: &NoWalk) -> String {
    match no_walk {
        NoWalk::NothingToSee => {
            "We found nothing that fits your themes within this time. Try more themes or a longer walk.".into()
        }
        NoWalk::BudgetTooSmall { needed_seconds } => {
            format!("The time is too short: this walk needs at least {} minutes.", needed_seconds.div_ceil(60))
        }
        NoWalk::NoWalkableWayNearby { .. } => "There is no street or path to walk on near the start.".into(),
        NoWalk::EndUnreachable => "The end can't be reached on foot from the start.".into(),
        NoWalk::DeadlineExceeded => "The walk took too long to compute. Please try a shorter one.".into(),
        NoWalk::InvalidRequest(cause) => format!("The request is not valid: {cause}."),
    }
}
