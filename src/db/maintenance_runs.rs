//! `maintenance_runs`: the periodic chores, one replica at a time.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};
use diesel_async::RunQueryDsl;
use serde::Serialize;

use super::Connection;
use super::schema::maintenance_runs;

/// The last run of a chore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable)]
#[diesel(table_name = maintenance_runs, check_for_backend(diesel::pg::Pg))]
pub struct MaintenanceRun {
    pub chore: String,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// None while the first run is under way.
    pub succeeded: Option<bool>,
    /// What was done, or why it failed.
    pub result: Option<String>,
    pub next_run_at: DateTime<Utc>,
    pub runs: i64,
}

impl MaintenanceRun {
    /// Every chore that ever ran, by name.
    pub async fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        maintenance_runs::table
            .order(maintenance_runs::chore)
            .select(Self::as_select())
            .load(connection)
            .await
    }
}

/// Takes a chore that is due, or `even_if_early`, and that nobody else is at. Whoever gets `true` does it now.
pub async fn claim(
    connection: &mut Connection,
    chore: &str,
    lease_seconds: i32,
    even_if_early: bool,
) -> QueryResult<bool> {
    let claimed = diesel::sql_query(
        "INSERT INTO maintenance_runs AS run (chore, started_at, lease_until, next_run_at) \
         VALUES ($1, now(), now() + make_interval(secs => $2), now()) \
         ON CONFLICT (chore) DO UPDATE SET started_at = now(), lease_until = excluded.lease_until \
         WHERE run.lease_until <= now() AND (run.next_run_at <= now() OR $3)",
    )
    .bind::<Text, _>(chore)
    .bind::<Integer, _>(lease_seconds)
    .bind::<Bool, _>(even_if_early)
    .execute(connection)
    .await?;
    Ok(claimed == 1)
}

/// Notes how it went and when it is due again.
pub async fn finish(
    connection: &mut Connection,
    chore: &str,
    outcome: Result<&str, &str>,
    pause_seconds: i32,
) -> QueryResult<usize> {
    diesel::sql_query(
        "UPDATE maintenance_runs SET finished_at = now(), lease_until = now(), succeeded = $2, result = $3, \
             next_run_at = now() + make_interval(secs => $4), runs = runs + 1 \
         WHERE chore = $1",
    )
    .bind::<Text, _>(chore)
    .bind::<Bool, _>(outcome.is_ok())
    .bind::<Text, _>(outcome.unwrap_or_else(|error| error))
    .bind::<Integer, _>(pause_seconds)
    .execute(connection)
    .await
}
