//! The advisory lock that lets one replica migrate while the others wait for it.

use std::time::{Duration, Instant};

use anyhow::bail;
use diesel::sql_types::{Bool, Integer, Text};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use tokio::time::sleep;

use crate::db::Connection;

/// Held by the session.
const KEY: i64 = 0x57_49_4c_44;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes the lock; who has it is waited for, as long as `patience`.
///
/// # Errors
/// Somebody has held it all the time; the error says who.
pub(super) async fn take(connection: &mut Connection, patience: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    let mut told = None;
    while !try_to_take(connection).await? {
        let holder = holder(connection).await?;
        let (process, holder) = holder.unwrap_or_else(|| (0, "somebody unknown".to_owned()));
        if Instant::now() >= deadline {
            bail!(
                "the lock of the migrations was not free within {} s: {holder} has it; \
                 wait for it to end, or end it: SELECT pg_terminate_backend({process})",
                patience.as_secs(),
            );
        }
        if told != Some(process) {
            tracing::warn!(holder, "somebody else migrates: waiting");
            told = Some(process);
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

async fn try_to_take(connection: &mut Connection) -> QueryResult<bool> {
    let sql = format!("pg_try_advisory_lock({KEY})");
    diesel::select(diesel::dsl::sql::<Bool>(&sql))
        .get_result(connection)
        .await
}

/// The process that has the lock, and in words: whose it is, from where and since when.
async fn holder(connection: &mut Connection) -> QueryResult<Option<(i32, String)>> {
    let sql = format!(
        "pid, format('process %s (user %s, %s, from %s, since %s)', pid, coalesce(usename, '?'), \
         coalesce(nullif(application_name, ''), 'no name'), coalesce(host(client_addr), '?'), \
         coalesce(backend_start::text, '?')) \
         FROM pg_locks JOIN pg_stat_activity USING (pid) \
         WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = {KEY} AND objsubid = 1 \
           AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    diesel::select(diesel::dsl::sql::<(Integer, Text)>(&sql))
        .get_result(connection)
        .await
        .optional()
}
