//! `maintenance_runs`: the periodic chores, one replica at a time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Double, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Connection;
use crate::db::schema::maintenance_runs;

/// The last run of a chore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = maintenance_runs, check_for_backend(diesel::pg::Pg))]
#[schema(example = json!({
    "chore": "requeue-lost-requests",
    "started_at": "2026-11-25T10:00:00Z",
    "finished_at": "2026-11-25T10:00:01Z",
    "succeeded": true,
    "result": "nothing to do",
    "next_run_at": "2026-11-25T10:00:30Z",
    "runs": 42
}))]
pub struct MaintenanceRun {
    /// Name of the chore, for `wildside jobs run`.
    pub chore: String,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// None while the first run is under way.
    pub succeeded: Option<bool>,
    /// Note on the last run: what was done, or why it failed.
    pub result: Option<String>,
    pub next_run_at: DateTime<Utc>,
    /// Count of its runs.
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

/// The right to do a chore, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Lease {
    #[diesel(sql_type = Timestamptz)]
    lease_until: DateTime<Utc>,
}

/// Takes a chore that is due, or `even_if_early`, and that nobody else is at. Whoever gets the lease does it now.
pub async fn claim(
    connection: &mut Connection,
    chore: &str,
    lease: Duration,
    even_if_early: bool,
) -> QueryResult<Option<Lease>> {
    diesel::sql_query(
        "INSERT INTO maintenance_runs AS run (chore, started_at, lease_until, next_run_at) \
         VALUES ($1, now(), now() + make_interval(secs => $2), now()) \
         ON CONFLICT (chore) DO UPDATE SET started_at = now(), lease_until = excluded.lease_until \
         WHERE run.lease_until <= now() AND (run.next_run_at <= now() OR $3) \
         RETURNING lease_until",
    )
    .bind::<Text, _>(chore)
    .bind::<Double, _>(lease.as_secs_f64())
    .bind::<Bool, _>(even_if_early)
    .get_result(connection)
    .await
    .optional()
}

/// Notes how it went and when it is due again, and says so, unless somebody else has taken the chore since.
pub async fn finish(
    connection: &mut Connection,
    chore: &str,
    lease: Lease,
    outcome: Result<&str, &str>,
    pause: Duration,
) -> QueryResult<bool> {
    let noted = diesel::sql_query(
        "UPDATE maintenance_runs SET finished_at = now(), lease_until = now(), succeeded = $2, result = $3, \
             next_run_at = now() + make_interval(secs => $4), runs = runs + 1 \
         WHERE chore = $1 AND lease_until = $5",
    )
    .bind::<Text, _>(chore)
    .bind::<Bool, _>(outcome.is_ok())
    .bind::<Text, _>(outcome.unwrap_or_else(|error| error))
    .bind::<Double, _>(pause.as_secs_f64())
    .bind::<Timestamptz, _>(lease.lease_until)
    .execute(connection)
    .await?;
    Ok(noted == 1)
}
