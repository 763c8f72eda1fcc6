//! Deletion of requests and idempotency keys that nobody needs.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::Connection;
use crate::db::routes::unseen_routes;
use crate::db::users::User;

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

/// Counts of what was forgotten at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgotten {
    pub walks: usize,
    /// 0: nothing is left to be forgotten.
    pub requests: usize,
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

    /// Forgets up to `limit` requests for walks that are too many. A walk that the user has saved, named, shared, written about or begun
    /// stays, and so does one that somebody asks for just now.
    ///
    /// Writes that keep a walk lock the user as well, and inserted requests the walk: none comes in between.
    pub async fn forget(&self, connection: &mut Connection, limit: i64) -> QueryResult<Forgotten> {
        connection
            .transaction(async |connection| {
                if User::lock(connection, self.user_id).await?.is_none() {
                    return Ok(Forgotten::default());
                }
                let walks = self.expendable(connection, limit).await?;
                let walks = unseen_routes::lock(connection, &walks).await?;
                self.take_requests(connection, &walks, limit).await
            })
            .await
    }

    /// Takes repetitions first: whichever is left has the first request beside it, by which the next batch finds it.
    async fn take_requests(
        &self,
        connection: &mut Connection,
        walks: &[Uuid],
        limit: i64,
    ) -> QueryResult<Forgotten> {
        let repeated = self.delete(connection, walks, true, limit).await?;
        if repeated as i64 == limit {
            return Ok(Forgotten {
                walks: 0,
                requests: repeated,
            });
        }
        let first = self.delete(connection, walks, false, limit).await?;
        unseen_routes::delete(connection, walks).await?;
        Ok(Forgotten {
            walks: walks.len(),
            requests: repeated + first,
        })
    }

    /// Deletes up to `limit` of the user's requests for some walks: repetitions in any order, others the newest first.
    async fn delete(
        &self,
        connection: &mut Connection,
        walks: &[Uuid],
        repeated: bool,
        limit: i64,
    ) -> QueryResult<usize> {
        let order = if repeated {
            ""
        } else {
            "ORDER BY created_at DESC"
        };
        diesel::sql_query(format!(
            "DELETE FROM route_requests WHERE id = ANY (ARRAY( \
                 SELECT id FROM route_requests WHERE route_id = ANY ($1) AND user_id = $2 AND repeated = $3 \
                 {order} LIMIT $4))"
        ))
        .bind::<Array<SqlUuid>, _>(walks)
        .bind::<SqlUuid, _>(self.user_id)
        .bind::<Bool, _>(repeated)
        .bind::<BigInt, _>(limit)
        .execute(connection)
        .await
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
               AND NOT EXISTS (SELECT FROM route_names n WHERE n.user_id = $1 AND n.route_id = request.route_id) \
               AND NOT EXISTS (SELECT FROM shared_routes s WHERE s.user_id = $1 AND s.route_id = request.route_id) \
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
