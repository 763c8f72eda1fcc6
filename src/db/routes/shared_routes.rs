//! `shared_routes`: links by which anybody sees a walk.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{Route, RouteRow};
use crate::db::Connection;
use crate::db::prepared::Prepared;
use crate::db::schema::shared_routes;

/// Link to a walk.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = shared_routes, check_for_backend(diesel::pg::Pg))]
pub struct SharedRoute {
    pub token: Uuid,
    pub created_at: DateTime<Utc>,
}

impl SharedRoute {
    /// The user's link to the walk, made if there is none.
    pub async fn ensure(
        connection: &mut Connection,
        user_id: Uuid,
        route_id: Uuid,
    ) -> QueryResult<Self> {
        diesel::insert_into(shared_routes::table)
            .values((
                shared_routes::user_id.eq(user_id),
                shared_routes::route_id.eq(route_id),
            ))
            .on_conflict((shared_routes::user_id, shared_routes::route_id))
            .do_update()
            // Changes nothing: only a row that is written is returned.
            .set(shared_routes::user_id.eq(user_id))
            .returning(Self::as_returning())
            .get_result(connection)
            .await
    }

    /// Takes the link back.
    pub async fn withdraw(
        connection: &mut Connection,
        user_id: Uuid,
        route_id: Uuid,
    ) -> QueryResult<usize> {
        diesel::delete(shared_routes::table.find((user_id, route_id)))
            .execute(connection)
            .await
    }

    /// The walk that the link leads to, without the wishes that it was made for, as long as its user has an account.
    pub async fn follow(connection: &mut Connection, token: Uuid) -> QueryResult<Option<Route>> {
        let row: Option<RouteRow> = Prepared(diesel::sql_query(
            "SELECT routes.id, path::bytea AS line, NULL::jsonb AS generation_params, distance_metres, duration_seconds, \
                    score, details, routes.created_at, true AS shared, \
                    (SELECT name FROM route_names \
                     WHERE route_names.user_id = link.user_id AND route_names.route_id = link.route_id) AS name \
             FROM shared_routes AS link \
             JOIN routes ON routes.id = link.route_id \
             JOIN users ON users.id = link.user_id AND deleted_at IS NULL \
             WHERE token = $1",
        )
        .bind::<SqlUuid, _>(token))
        .get_result(connection)
        .await
        .optional()?;
        Ok(row.map(Route::from))
    }
}
