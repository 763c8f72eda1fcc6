//! Sentences for users about walks that there are not.

use wildside_engine::NoWalk;
use wildside_engine::walk::Obstacle;

/// Cause for which there is no walk, as a person would say it.
pub(super) fn explain(no_walk: &NoWalk) -> String {
    match no_walk {
        NoWalk::NothingToSee => {
            "There is nothing to see near the start, and no street to walk on. Try another start."
                .into()
        }
        NoWalk::CutOff { metres } => {
            format!(
                "The streets at the start lead nowhere: there are {metres} m of them. Try another start."
            )
        }
        NoWalk::BudgetTooSmall { needed_seconds } => {
            format!(
                "The time is too short: this walk needs at least {} minutes.",
                needed_seconds.div_ceil(60)
            )
        }
        NoWalk::NoWalkableWayNearby { .. } => {
            "There is no street or path to walk on near the start.".into()
        }
        NoWalk::EndUnreachable => "The end can't be reached on foot from the start.".into(),
        NoWalk::CannotInclude { poi_id, obstacle } => {
            let cause = match obstacle {
                Obstacle::Unknown => "it is not within reach of this walk".into(),
                Obstacle::NoWay => "no street leads to it from the start".into(),
                Obstacle::TooLong { needed_seconds } => {
                    format!(
                        "a walk there takes at least {} minutes",
                        needed_seconds.div_ceil(60)
                    )
                }
            };
            format!(
                "The place {poi_id} can't be visited: {cause}. Leave it out, or take more time."
            )
        }
        NoWalk::IncludedTooLong { needed_seconds } => {
            format!(
                "The places that must be visited take at least {} minutes together. Leave one out, or take more time.",
                needed_seconds.div_ceil(60)
            )
        }
        NoWalk::DeadlineExceeded => {
            "The walk took too long to compute. Please try a shorter one.".into()
        }
        NoWalk::InvalidRequest(cause) => format!("The request is not valid: {cause}."),
    }
}
