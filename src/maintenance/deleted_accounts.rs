//! Removal of what deleted accounts have left behind, however much it is.
//!
//! Each batch is a transaction of its own: a worker that dies at it leaves the rest to the next.

use uuid::Uuid;

use super::{ChoreError, Failures, Tools};
use crate::db::users::deleted_accounts;

/// Rows of a batch, of which each takes some look-ups: far below the time that a statement has.
const BATCH: i64 = 2_000;
/// Accounts in one run; the next goes on.
const ACCOUNTS: i64 = 100;

/// Removes what can be removed; answers how many accounts are gone altogether, and how many rows.
pub(super) async fn remove(tools: &Tools) -> Result<(usize, usize), ChoreError> {
    let (mut gone, mut rows) = (0, 0);
    let mut failures = Failures::default();
    let accounts = deleted_accounts::waiting(&mut *tools.db.get().await?, ACCOUNTS).await?;
    for account in accounts {
        let removed = remove_account(account, &mut rows, tools).await;
        gone += usize::from(failures.note(account, removed).unwrap_or_default());
    }
    if rows + gone > 0 {
        tracing::info!(
            accounts = gone,
            rows,
            "what deleted accounts had left was removed"
        );
    }
    failures.first()?;
    Ok((gone, rows))
}

/// Removes what an account has left and counts the rows; says whether it is gone altogether.
async fn remove_account(
    account: Uuid,
    rows: &mut usize,
    tools: &Tools,
) -> Result<bool, ChoreError> {
    loop {
        // Other chores share the connections: each batch has one for itself.
        let mut connection = tools.db.get().await?;
        match deleted_accounts::remove_batch(&mut connection, account, BATCH).await? {
            0 => return Ok(deleted_accounts::finish(&mut connection, account).await?),
            removed => *rows += removed,
        }
    }
}
