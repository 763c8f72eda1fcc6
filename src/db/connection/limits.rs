//! Limits of each statement of a session, which the database enforces.

use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use wildside_dial::Settings;
use wildside_migrations::ADD_EXTENSIONS_TO_PATH;

use crate::db::{Connection, IDLE_IN_TRANSACTION_TIMEOUT, LOCK_TIMEOUT, STATEMENT_TIMEOUT};

/// Limits of each statement of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time after which a statement is cancelled.
    pub statement: Duration,
    /// Wait for a lock after which a statement is cancelled.
    pub lock: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            statement: STATEMENT_TIMEOUT,
            lock: LOCK_TIMEOUT,
        }
    }
}

impl Limits {
    /// Settings by name.
    fn settings(self) -> Vec<(&'static str, String)> {
        let milliseconds = |limit: Duration| limit.as_millis().to_string();
        vec![
            ("statement_timeout", milliseconds(self.statement)),
            ("lock_timeout", milliseconds(self.lock)),
            (
                "idle_in_transaction_session_timeout",
                milliseconds(IDLE_IN_TRANSACTION_TIMEOUT),
            ),
            ("plan_cache_mode", "force_generic_plan".to_owned()),
            ("jit", "off".to_owned()),
        ]
    }

    /// Makes them for the life of a session, and has it find the extensions.
    pub(super) async fn set(self, connection: &mut Connection) -> QueryResult<()> {
        let settings = self.settings();
        let sql = settings
            .iter()
            .map(|(name, value)| format!("SET {name} = {value}; "));
        let sql: String = sql.collect();
        connection
            .batch_execute(&(sql + ADD_EXTENSIONS_TO_PATH))
            .await
    }

    /// Makes them for each transaction of a session that a pooler lends.
    pub(super) async fn lend(
        self,
        connection: &mut Connection,
        lent: &Settings,
    ) -> QueryResult<()> {
        let mut settings = self.settings();
        connection.batch_execute("BEGIN").await?;
        connection.batch_execute(ADD_EXTENSIONS_TO_PATH).await?;
        let path = diesel::dsl::sql::<Nullable<Text>>("current_setting('search_path')");
        let path: Option<String> = diesel::select(path).get_result(connection).await?;
        connection.batch_execute("ROLLBACK").await?;
        settings.extend(path.map(|path| ("search_path", path)));
        let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
        lent.set(&settings.collect::<Vec<_>>());
        Ok(())
    }
}
