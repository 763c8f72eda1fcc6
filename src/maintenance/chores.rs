//! Periodic jobs.

use std::time::Duration;

use clap::ValueEnum;
use uuid::Uuid;

use super::lost_requests::queue_lost_requests;
use super::orphaned_walks::let_orphaned_walks_expire;
use super::{ChoreError, Tools, deleted_accounts, retention};
use crate::db::city::enrichments::{self, Stale};
use crate::queue::{self, EnrichmentJob};

/// So many at a time: the day's quota belongs to those who walk now.
const REFRESHES: i64 = 10;

/// A periodic chore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Chore {
    /// Queues the accepted requests again whose jobs are gone.
    QueueLostRequests,
    /// Asks again for squares whose last answer is old, or was only half of one.
    RefreshEnrichments,
    /// Ends enrichments whose job was lost.
    EndLostEnrichments,
    /// Deletes idempotency keys that have expired, and the oldest of users with very many.
    ExpireIdempotencyKeys,
    /// Removes what deleted accounts have left behind.
    RemoveDeletedAccounts,
    /// Deletes requests that failed long ago, or that ask again for a walk that the user has.
    TrimRequests,
    /// Forgets the oldest walks of users with very many.
    TrimWalks,
    /// Deletes old walks that nobody can see.
    DeleteUnseenWalks,
    /// Forgets dead jobs that nobody has looked at for a month, and the oldest of very many.
    TrimDeadJobs,
    /// Lets saved walks leave the cache once nobody saves them any more.
    ExpireOrphanedWalks,
}

impl Chore {
    /// All chores.
    pub const ALL: [Self; 10] = [
        Self::QueueLostRequests,
        Self::RefreshEnrichments,
        Self::EndLostEnrichments,
        Self::ExpireIdempotencyKeys,
        Self::RemoveDeletedAccounts,
        Self::TrimRequests,
        Self::TrimWalks,
        Self::DeleteUnseenWalks,
        Self::TrimDeadJobs,
        Self::ExpireOrphanedWalks,
    ];

    /// Its name for people and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueueLostRequests => "queue_lost_requests",
            Self::RefreshEnrichments => "refresh_enrichments",
            Self::EndLostEnrichments => "end_lost_enrichments",
            Self::ExpireIdempotencyKeys => "expire_idempotency_keys",
            Self::RemoveDeletedAccounts => "remove_deleted_accounts",
            Self::TrimRequests => "trim_requests",
            Self::TrimWalks => "trim_walks",
            Self::DeleteUnseenWalks => "delete_unseen_walks",
            Self::TrimDeadJobs => "trim_dead_jobs",
            Self::ExpireOrphanedWalks => "expire_orphaned_walks",
        }
    }

    /// Between the end of one run and the beginning of the next.
    pub(super) const fn pause(self) -> Duration {
        match self {
            Self::QueueLostRequests => Duration::from_secs(2),
            Self::RemoveDeletedAccounts => Duration::from_secs(15),
            Self::EndLostEnrichments => Duration::from_mins(5),
            Self::RefreshEnrichments
            | Self::ExpireIdempotencyKeys
            | Self::TrimRequests
            | Self::TrimWalks
            | Self::TrimDeadJobs
            | Self::ExpireOrphanedWalks => Duration::from_hours(1),
            Self::DeleteUnseenWalks => Duration::from_hours(6),
        }
    }

    /// It may not take longer. A worker that died at it is waited for a little longer than that.
    pub(super) const fn time_limit(self) -> Duration {
        match self {
            Self::QueueLostRequests => Duration::from_secs(5),
            _ => Duration::from_mins(5),
        }
    }

    /// Does it, and says in words what was done.
    pub(super) async fn perform(self, tools: &Tools) -> Result<String, ChoreError> {
        let words = match self {
            Self::QueueLostRequests => {
                format!(
                    "{} requests queued again",
                    queue_lost_requests(tools).await?
                )
            }
            Self::RefreshEnrichments => refresh_enrichments(tools).await?,
            Self::EndLostEnrichments => {
                let ended = enrichments::end_lost(&mut *tools.db.get().await?).await?;
                format!("{ended} lost enrichments ended")
            }
            Self::ExpireIdempotencyKeys => {
                format!(
                    "{} expired keys deleted",
                    retention::expire_keys(tools).await?
                )
            }
            Self::RemoveDeletedAccounts => {
                let (accounts, rows) = deleted_accounts::remove(tools).await?;
                format!("{accounts} accounts and {rows} rows removed")
            }
            Self::TrimRequests => {
                format!(
                    "{} requests deleted",
                    retention::trim_requests(tools).await?
                )
            }
            Self::TrimWalks => format!("{} walks forgotten", retention::trim_walks(tools).await?),
            Self::DeleteUnseenWalks => {
                let walks = retention::delete_unseen_walks(tools).await?;
                format!("{walks} walks deleted")
            }
            Self::TrimDeadJobs => {
                let jobs = queue::trim_dead(&mut tools.redis.clone()).await?;
                format!("{jobs} dead jobs forgotten")
            }
            Self::ExpireOrphanedWalks => {
                let walks = let_orphaned_walks_expire(tools).await?;
                format!("{walks} walks leave the cache")
            }
        };
        Ok(words)
    }
}

async fn refresh_enrichments(tools: &Tools) -> Result<String, ChoreError> {
    let stale = enrichments::reserve_stale(&mut *tools.db.get().await?, REFRESHES).await?;
    for Stale {
        square,
        theme_id,
        trace_id,
    } in &stale
    {
        let job = EnrichmentJob {
            id: Uuid::now_v7(),
            trace_id: *trace_id,
            theme_id: *theme_id,
            square: *square,
        };
        tools.producer.push(&job).await?;
    }
    Ok(format!("{} squares to be asked for again", stale.len()))
}
