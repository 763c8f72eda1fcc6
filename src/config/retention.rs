//! Retention: how long the database keeps what grows.

use super::Reader;

/// * `WILDSIDE_RETENTION_DAYS`: how long requests that failed or ask again for the same walk, and walks that nobody can see, are
///   kept (default 30)
/// * `WILDSIDE_WALKS_PER_USER`: walks in a user's list; of more, the oldest that the user has neither saved nor begun nor written
///   about are forgotten (default 10000; 0: no limit)
#[derive(Debug, Clone, Copy)]
pub struct RetentionConfig {
    pub days: i32,
    pub walks_per_user: i64,
}

impl RetentionConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            days: reader.within("WILDSIDE_RETENTION_DAYS", 1..=3_650, 30),
            walks_per_user: reader.within("WILDSIDE_WALKS_PER_USER", 0..=1_000_000, 10_000),
        }
    }
}
