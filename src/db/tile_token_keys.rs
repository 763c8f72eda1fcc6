//! Keys that open route tiles, for the database to verify tokens with.

use diesel::QueryResult;
use diesel::sql_types::{Array, Binary};
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
