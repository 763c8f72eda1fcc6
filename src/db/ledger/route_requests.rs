//! `route_requests`: the ledger. Every accepted request ends `complete` or `failed`, once.
//!
//! A worker claims a request before it works on it, and gets the number of its attempt. Each later write names that
//! number and touches nothing if another worker has claimed the request since: the late writer is fenced.
//! Final states are never left.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::data_types::PgInterval;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Integer, Interval, Jsonb, Nullable, Text, Timestamptz,
    Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use postgis_diesel::sql_types::Geometry;
use serde_json::Value;
use uuid::Uuid;
use wildside_actors::Status;
use wildside_engine::Point;
use wildside_engine::walk::limits::METRES_TO_STREET;

use crate::db::prepared::Prepared;
use crate::db::routes::NewRoute;
use crate::db::schema::route_requests;
use crate::db::{Batched, Connection};

/// A status as the database has it.
#[derive(Debug, FromSqlRow)]
pub struct StoredStatus(Status);

impl FromSql<Text, Pg> for StoredStatus {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let all = [
            Status::Pending,
            Status::InProgress,
            Status::Complete,
            Status::Failed,
        ];
        let word = std::str::from_utf8(bytes.as_bytes())?;
        let status = all.into_iter().find(|status| status.as_str() == word);
        status
            .map(Self)
            .ok_or_else(|| format!("unknown status {word:?} in the ledger").into())
    }
}

impl From<StoredStatus> for Status {
    fn from(stored: StoredStatus) -> Self {
        stored.0
    }
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = route_requests, check_for_backend(Pg))]
pub struct RouteRequest {
    pub id: Uuid,
    /// User who asked; none once the account is gone.
    pub user_id: Option<Uuid>,
    /// [`crate::db::ledger::params::RouteParams`] as JSON, and where each value came from.
    pub params: Value,
    pub cache_key: String,
    #[diesel(deserialize_as = StoredStatus)]
    pub status: Status,
    /// Stage of the worker: `loading`, `computing` or `storing`.
    pub stage: Option<String>,
    /// From 0 to 1.
    pub progress: Option<f32>,
    /// Number of claims so far.
    pub attempt: i32,
    pub route_id: Option<Uuid>,
    pub error_code: Option<String>,
    /// Cause of a missing route, for a person.
    pub error_message: Option<String>,
    pub trace_id: Uuid,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A request to be accepted.
#[derive(Debug, Clone)]
pub struct NewRouteRequest {
    pub id: Uuid,
    pub user_id: Uuid,
    pub params: Value,
    pub cache_key: String,
    pub trace_id: Uuid,
}

impl NewRouteRequest {
    /// A request with an id of its own.
    pub fn new(user_id: Uuid, params: Value, cache_key: String, trace_id: Uuid) -> Self {
        Self {
            id: Uuid::now_v7(),
            user_id,
            params,
            cache_key,
            trace_id,
        }
    }

    fn accepted_at(&self, created_at: DateTime<Utc>) -> RouteRequest {
        RouteRequest {
            id: self.id,
            user_id: Some(self.user_id),
            params: self.params.clone(),
            cache_key: self.cache_key.clone(),
            status: Status::Pending,
            stage: None,
            progress: None,
            attempt: 0,
            route_id: None,
            error_code: None,
            error_message: None,
            trace_id: self.trace_id,
            created_at,
            updated_at: created_at,
        }
    }

    /// Accepts the request as `complete`, answered by a stored route; `None` if that is gone.
    pub async fn insert_answered(
        &self,
        connection: &mut Connection,
        route_id: Uuid,
    ) -> QueryResult<Option<RouteRequest>> {
        let query = diesel::sql_query(
            "INSERT INTO route_requests (id, user_id, params, cache_key, trace_id, status, route_id, repeated) \
             SELECT $1, $2, $3, $4, $5, 'complete', id, \
                    EXISTS (SELECT FROM route_requests WHERE route_id = $6 AND user_id = $2) \
             FROM routes WHERE id = $6 \
             FOR KEY SHARE \
             RETURNING *",
        )
        .bind::<SqlUuid, _>(self.id)
        .bind::<SqlUuid, _>(self.user_id)
        .bind::<Jsonb, _>(&self.params)
        .bind::<Text, _>(&self.cache_key)
        .bind::<SqlUuid, _>(self.trace_id)
        .bind::<SqlUuid, _>(route_id);
        Prepared(query).get_result(connection).await.optional()
    }
}

/// Insertion of a request as `pending`, for a worker to answer it. Comes to its row; `None` if it has an end without a way
/// for walkers near it.
#[derive(Debug)]
pub struct Acceptance {
    pub request: NewRouteRequest,
    pub ends: Vec<Point>,
}

impl Batched for Acceptance {
    type Output = Option<RouteRequest>;

    async fn run_all(
        connection: &mut Connection,
        wanted: &[Self],
    ) -> QueryResult<Vec<Self::Output>> {
        #[derive(QueryableByName)]
        struct Accepted {
            #[diesel(sql_type = SqlUuid)]
            id: Uuid,
            #[diesel(sql_type = Timestamptz)]
            created_at: DateTime<Utc>,
        }
        let ends = || {
            wanted
                .iter()
                .flat_map(|Self { request, ends }| ends.iter().map(|end| (request.id, *end)))
        };
        let requests = || wanted.iter().map(|wanted| &wanted.request);
        let query = diesel::sql_query(include_str!("accept_requests.sql"))
            .bind::<Array<SqlUuid>, _>(column(requests(), |request| request.id))
            .bind::<Array<SqlUuid>, _>(column(requests(), |request| request.user_id))
            .bind::<Array<Jsonb>, _>(column(requests(), |request| &request.params))
            .bind::<Array<Text>, _>(column(requests(), |request| &request.cache_key))
            .bind::<Array<SqlUuid>, _>(column(requests(), |request| request.trace_id))
            .bind::<Array<SqlUuid>, _>(column(ends(), |(request_id, _)| request_id))
            .bind::<Array<Double>, _>(column(ends(), |(_, end)| end.lon))
            .bind::<Array<Double>, _>(column(ends(), |(_, end)| end.lat))
            .bind::<Double, _>(METRES_TO_STREET);
        let accepted: Vec<Accepted> = Prepared(query).load(connection).await?;
        let row = |request: &NewRouteRequest| {
            let row = accepted.iter().find(|row| row.id == request.id)?;
            Some(request.accepted_at(row.created_at))
        };
        Ok(requests().map(row).collect())
    }
}

/// A column of a batch.
pub(super) fn column<R, T>(rows: impl Iterator<Item = R>, value: impl Fn(R) -> T) -> Vec<T> {
    rows.map(value).collect()
}

impl RouteRequest {
    /// The request.
    pub async fn find(connection: &mut Connection, id: Uuid) -> QueryResult<Option<Self>> {
        route_requests::table
            .find(id)
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// The request, if it is this user's.
    pub async fn find_for_user(
        connection: &mut Connection,
        id: Uuid,
        user_id: Uuid,
    ) -> QueryResult<Option<Self>> {
        route_requests::table
            .find(id)
            .filter(route_requests::user_id.eq(user_id))
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// Requests that clients who connect want to hear of: their users' unfinished requests, and those that ended no longer than
    /// `recent` ago by the clock of the database, newest first. Only the newest `of_each` user are looked at, so that
    /// nobody's many requests hide another's.
    pub async fn current_of_users(
        connection: &mut Connection,
        user_ids: &[Uuid],
        recent: TimeDelta,
        of_each: i64,
    ) -> QueryResult<Vec<Self>> {
        diesel::sql_query(include_str!("current_requests.sql"))
            .bind::<Array<SqlUuid>, _>(user_ids)
            .bind::<Interval, _>(interval(recent))
            .bind::<BigInt, _>(of_each)
            .load(connection)
            .await
    }

    /// Takes the request for the caller and fences whoever had it; `None` if it is finished or gone.
    pub async fn claim(connection: &mut Connection, id: Uuid) -> QueryResult<Option<Self>> {
        let claim = diesel::update(route_requests::table.find(id).filter(not_ended()))
            .set((
                route_requests::status.eq(Status::InProgress.as_str()),
                route_requests::attempt.eq(route_requests::attempt + 1),
                route_requests::stage.eq("loading"),
                route_requests::progress.eq(0.0_f32),
                route_requests::updated_at.eq(diesel::dsl::now),
            ))
            .returning(Self::as_returning());
        Prepared(claim).get_result(connection).await.optional()
    }

    /// Ends the request with a stored route; `None` if the caller was fenced.
    pub async fn complete(
        &self,
        connection: &mut Connection,
        route_id: Uuid,
    ) -> QueryResult<Option<Self>> {
        let ending = diesel::update(self.still_claimed())
            .set((
                route_requests::status.eq(Status::Complete.as_str()),
                route_requests::route_id.eq(route_id),
                route_requests::stage.eq(None::<String>),
                route_requests::progress.eq(1.0_f32),
                route_requests::updated_at.eq(diesel::dsl::now),
            ))
            .returning(Self::as_returning());
        Prepared(ending).get_result(connection).await.optional()
    }

    /// Ends the request without a route; `None` if the caller was fenced.
    pub async fn fail(
        &self,
        connection: &mut Connection,
        code: &str,
        message: &str,
    ) -> QueryResult<Option<Self>> {
        let ending = diesel::update(self.still_claimed())
            .set((
                route_requests::status.eq(Status::Failed.as_str()),
                route_requests::error_code.eq(code),
                route_requests::error_message.eq(message),
                route_requests::stage.eq(None::<String>),
                route_requests::updated_at.eq(diesel::dsl::now),
            ))
            .returning(Self::as_returning());
        Prepared(ending).get_result(connection).await.optional()
    }

    /// Count of the requests that have not ended.
    pub async fn count_unfinished(connection: &mut Connection) -> QueryResult<i64> {
        route_requests::table
            .filter(unfinished())
            .count()
            .get_result(connection)
            .await
    }

    /// Test for an unfinished request of that age that has never been claimed, by the clock of the database.
    pub async fn is_any_untried(connection: &mut Connection, age: TimeDelta) -> QueryResult<bool> {
        let now = diesel::dsl::now.into_sql::<Timestamptz>();
        let untried = route_requests::table
            .filter(unfinished())
            .filter(route_requests::attempt.eq(0))
            .filter(route_requests::created_at.lt(now - interval(age)));
        diesel::select(diesel::dsl::exists(untried))
            .get_result(connection)
            .await
    }

    #[diesel::dsl::auto_type(no_type_alias)]
    fn still_claimed(&self) -> _ {
        let id: Uuid = self.id;
        let attempt: i32 = self.attempt;
        route_requests::table
            .filter(route_requests::id.eq(id))
            .filter(route_requests::attempt.eq(attempt))
            .filter(not_ended())
    }
}

/// Claim of a worker to a request. Comes to the request, taken for the caller; `None` if it is finished or gone, or if
/// somebody has it locked just now, which [`RouteRequest::claim`] waits for.
#[derive(Debug)]
pub struct Claim(pub Uuid);

impl Batched for Claim {
    type Output = Option<RouteRequest>;

    async fn run_all(
        connection: &mut Connection,
        claims: &[Self],
    ) -> QueryResult<Vec<Self::Output>> {
        let ids: Vec<Uuid> = claims.iter().map(|claim| claim.0).collect();
        let query = diesel::sql_query(include_str!("claim_requests.sql"));
        let query = Prepared(query.bind::<Array<SqlUuid>, _>(&ids));
        let mut claimed: Vec<RouteRequest> = query.load(connection).await?;
        let of = |id: &Uuid| {
            let found = claimed.iter().position(|request| request.id == *id);
            found.map(|index| claimed.swap_remove(index))
        };
        Ok(ids.iter().map(of).collect())
    }
}

/// Storing of a walk that was computed for a request. Comes to the requests that it has ended, all unfinished ones like it
/// among them; none if the caller was fenced, and then nothing is stored.
#[derive(Debug)]
pub struct Completion {
    pub request_id: Uuid,
    /// The claim of the worker that computed it.
    pub attempt: i32,
    pub route: NewRoute,
}

impl Batched for Completion {
    type Output = Vec<CompletedRequest>;

    async fn run_all(
        connection: &mut Connection,
        completions: &[Self],
    ) -> QueryResult<Vec<Self::Output>> {
        let stops = || {
            let routes = completions.iter().map(|completion| &completion.route);
            routes.flat_map(|route| {
                let stops = route.stops.iter().zip(1..);
                stops.map(|(stop, position)| (route.id, stop, position))
            })
        };
        let walks = || completions.iter();
        let query = diesel::sql_query(include_str!("complete_requests.sql"))
            .bind::<Array<SqlUuid>, _>(column(walks(), |walk| walk.request_id))
            .bind::<Array<Integer>, _>(column(walks(), |walk| walk.attempt))
            .bind::<Array<SqlUuid>, _>(column(walks(), |walk| walk.route.id))
            .bind::<Array<Geometry>, _>(column(walks(), |walk| &walk.route.path))
            .bind::<Array<Double>, _>(column(walks(), |walk| walk.route.distance_metres))
            .bind::<Array<Integer>, _>(column(walks(), |walk| walk.route.duration_seconds))
            .bind::<Array<Double>, _>(column(walks(), |walk| walk.route.score))
            .bind::<Array<Text>, _>(column(walks(), |walk| &walk.route.details))
            .bind::<Array<SqlUuid>, _>(column(stops(), |(route_id, ..)| route_id))
            .bind::<Array<BigInt>, _>(column(stops(), |(_, stop, _)| stop.poi_id))
            .bind::<Array<Integer>, _>(column(stops(), |(_, stop, _)| {
                stop.arrive_after_seconds as i32
            }))
            .bind::<Array<Integer>, _>(column(stops(), |(_, stop, _)| stop.visit_seconds as i32))
            .bind::<Array<Integer>, _>(column(stops(), |(.., position)| position));
        let ended: Vec<CompletedRequest> = Prepared(query).load(connection).await?;
        let of = |completion: &Completion| {
            let route_id = completion.route.id;
            ended
                .iter()
                .filter(|request| request.route_id == route_id)
                .cloned()
                .collect()
        };
        Ok(completions.iter().map(of).collect())
    }
}

/// Request that a new walk has ended, as it is announced.
#[derive(Debug, Clone, QueryableByName)]
pub struct CompletedRequest {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub user_id: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    pub route_id: Uuid,
    /// 0 if no worker had claimed it: it is like the one that was.
    #[diesel(sql_type = Integer)]
    pub attempt: i32,
    #[diesel(sql_type = SqlUuid)]
    pub trace_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// Unfinished request as the sweep sees it; there may be very many.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = route_requests, check_for_backend(Pg))]
pub struct StalledRequest {
    pub id: Uuid,
    pub trace_id: Uuid,
    pub cache_key: String,
    pub created_at: DateTime<Utc>,
}

impl StalledRequest {
    /// Up to `limit` unfinished requests that nothing has happened to for a while, by the clock of the database, in the
    /// order in which they were made, after the row `(created_at, id)` that the last batch ended with.
    pub async fn list(
        connection: &mut Connection,
        idle: TimeDelta,
        after: (DateTime<Utc>, Uuid),
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let (after_time, after_id) = after;
        let now = diesel::dsl::now.into_sql::<Timestamptz>();
        route_requests::table
            .filter(unfinished())
            .filter(route_requests::updated_at.lt(now - interval(idle)))
            // The first of the two is where the index begins.
            .filter(route_requests::created_at.ge(after_time))
            .filter(
                route_requests::created_at
                    .gt(after_time)
                    .or(route_requests::id.gt(after_id)),
            )
            .order((route_requests::created_at, route_requests::id))
            .limit(limit)
            .select(Self::as_select())
            .load(connection)
            .await
    }
}

/// Served by the index of requests without an answer. A request whose route is gone has none any more, and yet ended.
fn unfinished() -> SqlLiteral<Bool> {
    sql(
        "(route_requests.route_id IS NULL AND route_requests.error_code IS NULL \
         AND route_requests.status IN ('pending', 'in_progress'))",
    )
}

/// Condition for a request that has not ended, in words that keep the planner away from that index.
#[diesel::dsl::auto_type]
fn not_ended() -> _ {
    route_requests::status
        .ne("complete")
        .and(route_requests::status.ne("failed"))
}

fn interval(length: TimeDelta) -> PgInterval {
    PgInterval::from_microseconds(length.num_microseconds().unwrap_or(i64::MAX))
}
