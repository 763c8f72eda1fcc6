//! What is to be done again and again.

use clap::ValueEnum;
use diesel::sql_types::{BigInt, Integer, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{ChoreError, Tools};
use crate::db::{Connection, pois};
use crate::queue::{self, EnrichmentJob};

/// Enrichments that are older are asked for again.
const STALE_DAYS: i32 = 30;
/// So many at a time: the day's quota belongs to those who walk now.
const REFRESHES: i64 = 10;

/// A periodic chore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Chore {
    /// Counts the places.
    CountPlaces,
    /// Asks again for squares whose last answer is old.
    RefreshEnrichments,
    /// Ends enrichments whose job was lost.
    EndLostEnrichments,
    /// Deletes idempotency keys that have expired.
    ExpireIdempotencyKeys,
    /// Forgets dead jobs that nobody has looked at for a month, and the oldest of very many.
    TrimDeadJobs,
}

impl Chore {
    /// All chores.
    pub const ALL: [Self; 5] = [
        Self::CountPlaces,
        Self::RefreshEnrichments,
        Self::EndLostEnrichments,
        Self::ExpireIdempotencyKeys,
        Self::TrimDeadJobs,
    ];

    /// Its name for people and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CountPlaces => "count_places",
            Self::RefreshEnrichments => "refresh_enrichments",
            Self::EndLostEnrichments => "end_lost_enrichments",
            Self::ExpireIdempotencyKeys => "expire_idempotency_keys",
            Self::TrimDeadJobs => "trim_dead_jobs",
        }
    }

    /// Between the end of one run and the beginning of the next.
    pub(super) const fn pause_seconds(self) -> i32 {
        match self {
            Self::CountPlaces => 60,
            Self::EndLostEnrichments => 300,
            Self::RefreshEnrichments | Self::ExpireIdempotencyKeys | Self::TrimDeadJobs => 3_600,
        }
    }

    /// Does it, and says in words what was done.
    pub(super) async fn perform(self, tools: &Tools) -> Result<String, ChoreError> {
        match self {
            Self::CountPlaces => count_places(tools).await,
            Self::RefreshEnrichments => refresh_enrichments(tools).await,
            Self::EndLostEnrichments => end_lost_enrichments(tools).await,
            Self::ExpireIdempotencyKeys => expire_idempotency_keys(tools).await,
            Self::TrimDeadJobs => {
                let jobs = queue::trim_dead(&mut tools.redis.clone()).await?;
                Ok(format!("{jobs} dead jobs forgotten"))
            }
        }
    }
}

async fn count_places(tools: &Tools) -> Result<String, ChoreError> {
    let places = pois::count(&mut *tools.db.get().await?).await?;
    Ok(format!("{places} places"))
}

#[derive(QueryableByName)]
struct Stale {
    #[diesel(sql_type = Integer)]
    square: i32,
    #[diesel(sql_type = SqlUuid)]
    theme_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    trace_id: Uuid,
}

/// The oldest first. The reservation is what `jobs::sparse_themes` makes, so that nobody asks at the same time.
async fn refresh_enrichments(tools: &Tools) -> Result<String, ChoreError> {
    let stale: Vec<Stale> = diesel::sql_query(
        "UPDATE enrichments SET status = 'requested', requested_at = now(), \
             not_before = now() + interval '10 minutes', trace_id = gen_random_uuid() \
         WHERE (square, theme_id) IN ( \
             SELECT square, theme_id FROM enrichments \
             WHERE status = 'complete' AND finished_at < now() - make_interval(days => $1) \
             ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
         RETURNING square, theme_id, trace_id",
    )
    .bind::<Integer, _>(STALE_DAYS)
    .bind::<BigInt, _>(REFRESHES)
    .load(&mut *tools.db.get().await?)
    .await?;
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

async fn end_lost_enrichments(tools: &Tools) -> Result<String, ChoreError> {
    let ended = execute(
        &mut *tools.db.get().await?,
        "UPDATE enrichments SET status = 'failed', error_code = 'lost', finished_at = now() \
         WHERE status = 'requested' AND not_before <= now()",
    )
    .await?;
    Ok(format!("{ended} lost enrichments ended"))
}

async fn expire_idempotency_keys(tools: &Tools) -> Result<String, ChoreError> {
    let deleted = execute(
        &mut *tools.db.get().await?,
        "DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours'",
    )
    .await?;
    Ok(format!("{deleted} expired keys deleted"))
}

async fn execute(connection: &mut Connection, sql: &str) -> QueryResult<usize> {
    diesel::sql_query(sql).execute(connection).await
}
