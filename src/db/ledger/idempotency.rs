//! `idempotency_keys`: the answers to writes, so that the same write runs once.

use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::Connection;
use crate::db::prepared::Prepared;
use crate::db::schema::idempotency_keys;

/// Test for a key that is older than a day.
const IS_EXPIRED: &str = "idempotency_keys.created_at < now() - interval '24 hours'";

/// One key of one user at one endpoint, and what it came with.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = idempotency_keys)]
pub struct IdempotencyKey {
    pub user_id: Uuid,
    pub endpoint: &'static str,
    pub key: Uuid,
    /// SHA-256 of the path and the body.
    pub request_digest: Vec<u8>,
}

/// An answer that was given before.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct StoredAnswer {
    pub request_digest: Vec<u8>,
    pub status: i16,
    pub response: Option<Value>,
}

impl IdempotencyKey {
    /// Takes the key. If somebody else took it in a transaction that still runs, waits for its end; `None` if the key is
    /// now the caller's, else the answer that was given. Keys are forgotten after a day.
    pub async fn take(&self, connection: &mut Connection) -> QueryResult<Option<StoredAnswer>> {
        // Beside QueryDsl in the whole module, every other `filter` would be ambiguous.
        use diesel::query_dsl::methods::FilterDsl;

        let take = diesel::insert_into(idempotency_keys::table)
            .values(self)
            .on_conflict((
                idempotency_keys::user_id,
                idempotency_keys::endpoint,
                idempotency_keys::key,
            ))
            .do_update()
            .set((
                idempotency_keys::request_digest.eq(&self.request_digest),
                idempotency_keys::status.eq(0),
                idempotency_keys::response.eq(None::<Value>),
                idempotency_keys::created_at.eq(diesel::dsl::now),
            ));
        let take = FilterDsl::filter(take, is_expired());
        let taken = Prepared(take).execute(connection).await?;
        if taken == 1 {
            return Ok(None);
        }
        self.find(connection).await
    }

    /// The answer that was given, if there is one already.
    pub async fn find(&self, connection: &mut Connection) -> QueryResult<Option<StoredAnswer>> {
        idempotency_keys::table
            .find((self.user_id, self.endpoint, self.key))
            .filter(diesel::dsl::not(is_expired()))
            .select((
                idempotency_keys::request_digest,
                idempotency_keys::status,
                idempotency_keys::response,
            ))
            .first(connection)
            .await
            .optional()
    }

    /// Keeps the answer for whoever comes with the same key.
    pub async fn keep(
        &self,
        connection: &mut Connection,
        status: u16,
        response: &Value,
    ) -> QueryResult<usize> {
        let keep =
            diesel::update(idempotency_keys::table.find((self.user_id, self.endpoint, self.key)))
                .set((
                    idempotency_keys::status.eq(status as i16),
                    idempotency_keys::response.eq(response),
                ));
        Prepared(keep).execute(connection).await
    }
}

/// Forgets up to `limit` of the keys that are older than a day, and answers how many.
pub async fn expire(connection: &mut Connection, limit: i64) -> QueryResult<usize> {
    diesel::sql_query(format!(
        "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY( \
             SELECT ctid FROM idempotency_keys WHERE {IS_EXPIRED} \
             ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))"
    ))
    .bind::<BigInt, _>(limit)
    .execute(connection)
    .await
}

/// Users who have more than `keys` keys.
pub async fn hoarders(connection: &mut Connection, keys: i64) -> QueryResult<Vec<Uuid>> {
    idempotency_keys::table
        .group_by(idempotency_keys::user_id)
        .having(diesel::dsl::count_star().gt(keys))
        .select(idempotency_keys::user_id)
        .load(connection)
        .await
}

/// Forgets up to `limit` of the user's keys but for the newest `keys`, and answers how many.
pub async fn trim(
    connection: &mut Connection,
    user_id: Uuid,
    keys: i64,
    limit: i64,
) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY( \
             SELECT ctid FROM idempotency_keys WHERE (user_id, endpoint, key) IN ( \
                 SELECT user_id, endpoint, key FROM idempotency_keys WHERE user_id = $1 \
                 ORDER BY created_at DESC OFFSET $2 LIMIT $3) \
             FOR UPDATE SKIP LOCKED))",
    )
    .bind::<SqlUuid, _>(user_id)
    .bind::<BigInt, _>(keys)
    .bind::<BigInt, _>(limit)
    .execute(connection)
    .await
}

fn is_expired() -> SqlLiteral<Bool> {
    diesel::dsl::sql(IS_EXPIRED)
}
