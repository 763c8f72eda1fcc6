//! Removal of what deleted accounts have left behind, however much it is.
//!
//! Each batch is a transaction of its own: a worker that dies at it leaves the rest to the next.

use super::{ChoreError, Tools};
use crate::db::deleted_accounts;

/// Rows of a batch, of which each takes some look-ups: far below the time that a statement has.
const BATCH: i64 = 2_000;
/// Accounts in one run; the next goes on.
const ACCOUNTS: i64 = 100;

/// Removes what can be removed; answers how many accounts are gone altogether, and how many rows.
pub(super) async fn remove(tools: &Tools) -> Result<(usize, usize), ChoreError> {
    let (mut gone, mut rows) = (0, 0);
    let accounts = deleted_accounts::waiting(&mut *tools.db.get().await?, ACCOUNTS).await?;
    for account in accounts {
        loop {
            // Other chores share the connections: each batch has one for itself.
            let mut connection = tools.db.get().await?;
            let removed = deleted_accounts::remove_batch(&mut connection, account, BATCH).await?;
            if removed == 0 {
                gone += usize::from(deleted_accounts::finish(&mut connection, account).await?);
                break;
            }
            rows += removed;
        }
    }
    if rows + gone > 0 {
        tracing::info!(
            accounts = gone,
            rows,
            "what deleted accounts had left was removed"
        );
    }
    Ok((gone, rows))
}
