//! Deletion of requests and idempotency keys that nobody needs.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use uuid::Uuid;

use super::Connection;
use super::unseen_routes;

/// Deletes up to `limit` requests older than `days` that failed, or that ask again for a walk that the user has.
pub async fn delete_expendable(
    connection: &mut Connection,
    days: i32,
    limit: i64,
) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM route_requests WHERE id = ANY (ARRAY( \
             SELECT id FROM route_requests \
             WHERE (repeated OR error_code IS NOT NULL) AND created_at < now() - make_interval(days => $1) \
               AND status IN ('complete', 'failed') \
             ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
    )
    .bind::<Integer, _>(days)
    .bind::<BigInt, _>(limit)
    .execute(connection)
    .await
}

/// A user, and the time of the last walk that is too many.
#[derive(Debug, QueryableByName)]
pub struct Hoard {
    #[diesel(sql_type = SqlUuid)]
    pub user_id: Uuid,
    /// None: there are not too many.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub too_old: Option<DateTime<Utc>>,
}

impl Hoard {
    /// The next `limit` users after one, each with the time of the walk after the newest `walks`.
    pub async fn after(
        connection: &mut Connection,
        user_id: Uuid,
        walks: i64,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        diesel::sql_query(
            "SELECT users.id AS user_id, ( \
                 SELECT created_at FROM route_requests \
                 WHERE user_id = users.id AND route_id IS NOT NULL AND NOT repeated \
                 ORDER BY created_at DESC, route_id DESC OFFSET $2 LIMIT 1) AS too_old \
             FROM users WHERE id > $1 ORDER BY id LIMIT $3",
        )
        .bind::<SqlUuid, _>(user_id)
        .bind::<BigInt, _>(walks)
        .bind::<BigInt, _>(limit)
        .load(connection)
        .await
    }

    /// Forgets up to `limit` of the walks that are too many, and answers how many. A walk that the user has saved,
    /// written about or begun stays.
    pub async fn forget(&self, connection: &mut Connection, limit: i64) -> QueryResult<usize> {
        let walks = self.expendable(connection, limit).await?;
        if walks.is_empty() {
            return Ok(0);
        }
        connection
            .transaction(async |connection| {
                diesel::sql_query(
                    "DELETE FROM route_requests WHERE route_id = ANY ($1) AND user_id = $2",
                )
                .bind::<diesel::sql_types::Array<SqlUuid>, _>(&walks)
                .bind::<SqlUuid, _>(self.user_id)
                .execute(connection)
                .await?;
                unseen_routes::delete(connection, &walks).await
            })
            .await?;
        Ok(walks.len())
    }

    async fn expendable(&self, connection: &mut Connection, limit: i64) -> QueryResult<Vec<Uuid>> {
        #[derive(QueryableByName)]
        struct Walk {
            #[diesel(sql_type = SqlUuid)]
            route_id: Uuid,
        }
        let walks: Vec<Walk> = diesel::sql_query(
            "SELECT route_id FROM route_requests AS request \
             WHERE user_id = $1 AND created_at <= $2 AND route_id IS NOT NULL AND NOT repeated \
               AND NOT EXISTS (SELECT FROM saved_routes s WHERE s.user_id = $1 AND s.route_id = request.route_id) \
               AND NOT EXISTS (SELECT FROM route_notes n WHERE n.user_id = $1 AND n.route_id = request.route_id) \
               AND NOT EXISTS (SELECT FROM route_progress p WHERE p.user_id = $1 AND p.route_id = request.route_id) \
             ORDER BY created_at, route_id LIMIT $3",
        )
        .bind::<SqlUuid, _>(self.user_id)
        .bind::<Nullable<Timestamptz>, _>(self.too_old)
        .bind::<BigInt, _>(limit)
        .load(connection)
        .await?;
        Ok(walks.into_iter().map(|walk| walk.route_id).collect())
    }
}
