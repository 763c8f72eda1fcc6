//! Deletion of what nobody needs, in batches that are far below the time a statement has.
//!
//! Other chores share the connections: each batch has one for itself.

use uuid::Uuid;

use super::{ChoreError, Failures, Tools};
use crate::db::ledger::idempotency;
use crate::db::maintenance::retention::{Hoard, delete_expendable};
use crate::db::routes::unseen_routes;

/// Rows that are deleted, and such that are looked at, with one statement.
const BATCH: i64 = 2_000;
/// Users whose walks are counted with one statement.
const USERS: i64 = 100;
/// Idempotency keys of a user beyond which the oldest are forgotten before their day is over.
const KEYS_PER_USER: i64 = 20_000;

/// Way through all ids and round again to where it began, which is another place each time: a run that ends before its time
/// leaves out others than the run before.
#[derive(Debug)]
struct Circle {
    begun: Uuid,
    /// Id after which the way goes on; `None` at the end.
    after: Option<Uuid>,
    is_round: bool,
}

impl Circle {
    /// Begins between two ids.
    fn begin(first: Uuid, last: Uuid) -> Self {
        let begun = rand::random_range(first.as_u128()..=last.as_u128());
        let begun = Uuid::from_u128(begun);
        Self {
            begun,
            after: Some(begun),
            is_round: false,
        }
    }

    /// Id after which the next rows are looked at; `None`: all have been.
    const fn next(&self) -> Option<Uuid> {
        self.after
    }

    /// Goes on after the `last` of the rows; `None`: there were no more.
    fn go_on(&mut self, last: Option<Uuid>) {
        self.after = match last {
            None if self.is_round => None,
            None => {
                self.is_round = true;
                Some(Uuid::nil())
            }
            Some(last) if self.is_round && last >= self.begun => None,
            Some(last) => Some(last),
        };
    }
}

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
    if limit == 0 {
        return Ok(0);
    }
    let (mut forgotten, mut failures) = (0, Failures::default());
    let mut circle = Circle::begin(Uuid::nil(), Uuid::max());
    while let Some(from) = circle.next() {
        let hoards = Hoard::after(&mut *tools.db.get().await?, from, limit, USERS).await?;
        circle.go_on(hoards.last().map(|hoard| hoard.user_id));
        for hoard in hoards.iter().filter(|hoard| hoard.too_old.is_some()) {
            let trimmed = trim_hoard(hoard, tools).await;
            forgotten += failures.note(hoard.user_id, trimmed).unwrap_or_default();
        }
    }
    failures.first()?;
    Ok(forgotten)
}

async fn trim_hoard(hoard: &Hoard, tools: &Tools) -> Result<usize, ChoreError> {
    let mut forgotten = 0;
    loop {
        let some = hoard.forget(&mut *tools.db.get().await?, BATCH).await?;
        if some.requests == 0 {
            return Ok(forgotten);
        }
        forgotten += some.walks;
    }
}

/// Deletes old walks that nobody can see.
pub(super) async fn delete_unseen_walks(tools: &Tools) -> Result<usize, ChoreError> {
    let mut deleted = 0;
    let Some((first, last)) = unseen_routes::ends(&mut *tools.db.get().await?).await? else {
        return Ok(0);
    };
    let mut circle = Circle::begin(first, last);
    while let Some(from) = circle.next() {
        let mut connection = tools.db.get().await?;
        let days = tools.retention.days;
        let sweep = unseen_routes::sweep(&mut connection, from, days, BATCH).await?;
        circle.go_on(sweep.next);
        deleted += sweep.deleted;
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
    let mut failures = Failures::default();
    for user in hoarders {
        let trimmed = trim_keys(user, tools).await;
        deleted += failures.note(user, trimmed).unwrap_or_default();
    }
    failures.first()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_passes_all_ids_wherever_it_begins() {
        let all: Vec<Uuid> = (0..10).map(Uuid::from_u128).collect();
        let mut begun = Vec::new();
        for _ in 0..100 {
            let mut circle = Circle::begin(all[0], all[9]);
            let mut seen = vec![Uuid::nil()];
            begun.extend(circle.next());
            while let Some(from) = circle.next() {
                let page = all.iter().filter(|id| **id > from).take(3);
                let page: Vec<Uuid> = page.copied().collect();
                circle.go_on(page.last().copied());
                seen.extend(page);
                assert!(seen.len() < 20, "{seen:?}");
            }
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen, all);
        }
        begun.sort_unstable();
        begun.dedup();
        assert!(begun.len() > 1, "{begun:?}");
    }
}
