//! Keys that open route tiles, for the database to verify tokens with.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Binary, Timestamptz};
use diesel::{IntoSql, QueryResult};
use diesel_async::RunQueryDsl;

use super::Connection;

/// Makes these the keys that are valid.
///
/// # Errors
/// The database refuses, or is away.
pub async fn replace(connection: &mut Connection, keys: &[Vec<u8>]) -> QueryResult<()> {
    diesel::sql_query(
        "WITH gone AS (DELETE FROM tile_token_keys WHERE secret <> ALL ($1)) \
         INSERT INTO tile_token_keys (secret) SELECT unnest($1) ON CONFLICT DO NOTHING",
    )
    .bind::<Array<Binary>, _>(keys)
    .execute(connection)
    .await?;
    Ok(())
}

/// The time by the clock that tokens are verified by.
///
/// # Errors
/// The database is away.
pub async fn now(connection: &mut Connection) -> QueryResult<DateTime<Utc>> {
    diesel::select(diesel::dsl::now.into_sql::<Timestamptz>())
        .get_result(connection)
        .await
}
