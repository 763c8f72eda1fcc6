//! Deletion of what nobody needs, in batches that are far below the time a statement has.
//!
//! Other chores share the connections: each batch has one for itself.

use uuid::Uuid;

use super::{ChoreError, Tools};
use crate::db::retention::{Hoard, delete_expendable};
use crate::db::{idempotency, unseen_routes};

/// Rows that are deleted, and such that are looked at, with one statement.
const BATCH: i64 = 2_000;
/// Users whose walks are counted with one statement.
const USERS: i64 = 100;
/// Idempotency keys of a user beyond which the oldest are forgotten before their day is over.
const KEYS_PER_USER: i64 = 20_000;

/// Deletes requests that failed long ago, or that asked again for a walk.
pub(super) async fn trim_requests(tools: &Tools) -> Result<usize, ChoreError> {
    let mut deleted = 0;
    loop {
        let mut connection = tools.db.get().await?;
        match delete_expendable(&mut connection, tools.retention.days, BATCH).await? {
            0 => return Ok(deleted),
            some => deleted += some,
        }
    }
}

/// Forgets the oldest walks of users who have too many; none if there is no limit.
pub(super) async fn trim_walks(tools: &Tools) -> Result<usize, ChoreError> {
    let limit = tools.retention.walks_per_user;
    let (mut user, mut forgotten) = (Uuid::nil(), 0);
    if limit == 0 {
        return Ok(0);
    }
    loop {
        let hoards = Hoard::after(&mut *tools.db.get().await?, user, limit, USERS).await?;
        let Some(last) = hoards.last() else {
            return Ok(forgotten);
        };
        user = last.user_id;
        for hoard in hoards.iter().filter(|hoard| hoard.too_old.is_some()) {
            forgotten += trim_hoard(hoard, tools).await?;
        }
    }
}

async fn trim_hoard(hoard: &Hoard, tools: &Tools) -> Result<usize, ChoreError> {
    let mut forgotten = 0;
    loop {
        match hoard.forget(&mut *tools.db.get().await?, BATCH).await? {
            0 => return Ok(forgotten),
            some => forgotten += some,
        }
    }
}

/// Deletes old walks that nobody can see.
pub(super) async fn delete_unseen_walks(tools: &Tools) -> Result<usize, ChoreError> {
    let (mut after, mut deleted) = (Some(Uuid::nil()), 0);
    while let Some(id) = after {
        let mut connection = tools.db.get().await?;
        let sweep = unseen_routes::sweep(&mut connection, id, tools.retention.days, BATCH).await?;
        deleted += sweep.deleted;
        after = sweep.next;
    }
    Ok(deleted)
}

/// Deletes idempotency keys that have expired, and the oldest of users who have very many.
pub(super) async fn expire_keys(tools: &Tools) -> Result<usize, ChoreError> {
    let mut deleted = 0;
    loop {
        match idempotency::expire(&mut *tools.db.get().await?, BATCH).await? {
            0 => break,
            some => deleted += some,
        }
    }
    let hoarders = idempotency::hoarders(&mut *tools.db.get().await?, KEYS_PER_USER).await?;
    for user in hoarders {
        deleted += trim_keys(user, tools).await?;
    }
    Ok(deleted)
}

async fn trim_keys(user: Uuid, tools: &Tools) -> Result<usize, ChoreError> {
    let mut deleted = 0;
    loop {
        let mut connection = tools.db.get().await?;
        match idempotency::trim(&mut connection, user, KEYS_PER_USER, BATCH).await? {
            0 => return Ok(deleted),
            some => deleted += some,
        }
    }
}
