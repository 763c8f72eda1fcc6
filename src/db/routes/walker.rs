//! `route_progress` and `route_notes`: what a walker leaves on a walk.

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::Connection;
use crate::db::schema::{route_notes, route_pois, route_progress};

/// Notes of one user on one walk at most.
pub const MAX_NOTES: i64 = 200;

/// Stops that a user has visited.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = route_progress, check_for_backend(diesel::pg::Pg))]
pub struct RouteProgress {
    pub visited_poi_ids: Vec<i64>,
    pub revision: i32,
    pub updated_at: DateTime<Utc>,
}

impl RouteProgress {
    /// The progress, if any was noted.
    pub async fn find(
        connection: &mut Connection,
        user_id: Uuid,
        route_id: Uuid,
    ) -> QueryResult<Option<Self>> {
        route_progress::table
            .find((user_id, route_id))
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// Notes the visited stops and returns them with their new revision.
    pub async fn put(
        connection: &mut Connection,
        user_id: Uuid,
        route_id: Uuid,
        visited: &[i64],
    ) -> QueryResult<Self> {
        diesel::insert_into(route_progress::table)
            .values((
                route_progress::user_id.eq(user_id),
                route_progress::route_id.eq(route_id),
                route_progress::visited_poi_ids.eq(visited),
            ))
            .on_conflict((route_progress::user_id, route_progress::route_id))
            .do_update()
            .set((
                route_progress::visited_poi_ids.eq(visited),
                route_progress::revision.eq(route_progress::revision + 1),
                route_progress::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(connection)
            .await
    }
}

/// The places that a walk visits.
pub async fn stop_ids(connection: &mut Connection, route_id: Uuid) -> QueryResult<Vec<i64>> {
    route_pois::table
        .filter(route_pois::route_id.eq(route_id))
        .order(route_pois::position)
        .select(route_pois::poi_id)
        .load(connection)
        .await
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = route_notes, check_for_backend(diesel::pg::Pg))]
pub struct RouteNote {
    pub id: Uuid,
    pub poi_id: Option<i64>,
    pub body: String,
    pub created_at: DateTime<Utc>,
}

impl RouteNote {
    /// The user's notes on a walk, oldest first.
    pub async fn of_walk(
        connection: &mut Connection,
        user_id: Uuid,
        route_id: Uuid,
    ) -> QueryResult<Vec<Self>> {
        route_notes::table
            .filter(route_notes::user_id.eq(user_id))
            .filter(route_notes::route_id.eq(route_id))
            .order((route_notes::created_at, route_notes::id))
            .limit(MAX_NOTES)
            .select(Self::as_select())
            .load(connection)
            .await
    }

    /// Count of the notes.
    pub async fn count(
        connection: &mut Connection,
        user_id: Uuid,
        route_id: Uuid,
    ) -> QueryResult<i64> {
        route_notes::table
            .filter(route_notes::user_id.eq(user_id))
            .filter(route_notes::route_id.eq(route_id))
            .count()
            .get_result(connection)
            .await
    }

    /// Adds a note.
    pub async fn insert(
        connection: &mut Connection,
        user_id: Uuid,
        route_id: Uuid,
        poi_id: Option<i64>,
        body: &str,
    ) -> QueryResult<Self> {
        diesel::insert_into(route_notes::table)
            .values((
                route_notes::user_id.eq(user_id),
                route_notes::route_id.eq(route_id),
                route_notes::poi_id.eq(poi_id),
                route_notes::body.eq(body),
            ))
            .returning(Self::as_returning())
            .get_result(connection)
            .await
    }

    /// Deletes a note of the user.
    pub async fn delete(
        connection: &mut Connection,
        user_id: Uuid,
        route_id: Uuid,
        id: Uuid,
    ) -> QueryResult<usize> {
        let own = route_notes::table
            .find(id)
            .filter(route_notes::user_id.eq(user_id))
            .filter(route_notes::route_id.eq(route_id));
        diesel::delete(own).execute(connection).await
    }
}
