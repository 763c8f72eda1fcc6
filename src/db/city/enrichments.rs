//! `enrichments`: where Overpass was asked for places of a theme, and what came of it.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Float4, Integer, Nullable, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use wildside_engine::Point;
use wildside_engine::geo::Square;
use wildside_engine::places::PopularityScale;

use crate::db::Connection;
use crate::db::schema::enrichments;

/// The square in which Overpass is asked for places: small enough for one query and large enough for a walk.
pub type EnrichmentSquare = Square<12>;

/// Time for which a request is waited for before somebody else may ask: its job may have been lost with the queue.
const REQUEST_MINUTES: i32 = 20;

/// Whole answers that are older are asked for again, and half ones.
const STALE_DAYS: i32 = 30;
const STALE_HALF_DAYS: i32 = 1;

/// Outcome of an enrichment.
#[derive(Debug, Clone, PartialEq, AsChangeset)]
#[diesel(table_name = enrichments, treat_none_as_null = true)]
pub struct Outcome {
    pub status: &'static str,
    pub not_before: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
    pub elements: Option<i32>,
    pub places: Option<i32>,
    pub changes: Option<i32>,
    pub rejected: Option<i32>,
    pub bytes: Option<i64>,
    pub remark: Option<String>,
    pub error_code: Option<String>,
    pub data_timestamp: Option<DateTime<Utc>>,
}

impl Outcome {
    /// Nothing came, for the reason in `error_code`; not before `pause` has passed.
    pub fn failed(error_code: &str, pause: Duration) -> Self {
        let now = Utc::now();
        Self {
            status: "failed",
            not_before: now + pause,
            finished_at: now,
            elements: None,
            places: None,
            changes: None,
            rejected: None,
            bytes: None,
            remark: None,
            error_code: Some(error_code.to_owned()),
            data_timestamp: None,
        }
    }

    /// Notes it.
    pub async fn store(
        &self,
        connection: &mut Connection,
        square: EnrichmentSquare,
        theme_id: Uuid,
    ) -> QueryResult<usize> {
        diesel::update(enrichments::table.find((square.id(), theme_id)))
            .set(self)
            .execute(connection)
            .await
    }
}

#[derive(QueryableByName)]
struct Reserved {
    #[diesel(sql_type = SqlUuid)]
    theme_id: Uuid,
}

/// Reserves the themes of a square that nobody has asked for lately; whoever gets one asks for it.
pub async fn reserve(
    connection: &mut Connection,
    square: EnrichmentSquare,
    themes: &[Uuid],
    trace_id: Uuid,
) -> QueryResult<Vec<Uuid>> {
    let reserved: Vec<Reserved> = diesel::sql_query(
        "INSERT INTO enrichments (square, theme_id, not_before, trace_id) \
         SELECT $1, id, now() + make_interval(mins => $3), $4 FROM interest_themes WHERE id = ANY ($2) ORDER BY id \
         ON CONFLICT (square, theme_id) DO UPDATE SET \
             status = 'requested', requested_at = now(), not_before = excluded.not_before, \
             trace_id = excluded.trace_id \
         WHERE enrichments.not_before <= now() \
         RETURNING theme_id",
    )
    .bind::<Integer, _>(square.id())
    .bind::<Array<SqlUuid>, _>(themes)
    .bind::<Integer, _>(REQUEST_MINUTES)
    .bind::<SqlUuid, _>(trace_id)
    .load(connection)
    .await?;
    Ok(reserved.into_iter().map(|row| row.theme_id).collect())
}

/// Reserves it for longer, since its job runs now. `false`: somebody else has asked and answered meanwhile.
pub async fn hold(
    connection: &mut Connection,
    square: EnrichmentSquare,
    theme_id: Uuid,
) -> QueryResult<bool> {
    let held = diesel::sql_query(
        "UPDATE enrichments SET not_before = now() + make_interval(mins => $3) \
         WHERE square = $1 AND theme_id = $2 AND status = 'requested'",
    )
    .bind::<Integer, _>(square.id())
    .bind::<SqlUuid, _>(theme_id)
    .bind::<Integer, _>(REQUEST_MINUTES)
    .execute(connection)
    .await?;
    Ok(held == 1)
}

/// Reserves anew what failed, for a job that is tried again. `true` if it is reserved now, also if it was before; `false` if
/// somebody else has asked and was answered meanwhile.
pub async fn reopen(connection: &mut Connection, square: i32, theme_id: Uuid) -> QueryResult<bool> {
    let reserved = diesel::sql_query(
        "UPDATE enrichments SET status = 'requested', error_code = NULL, \
             requested_at = CASE status WHEN 'failed' THEN now() ELSE requested_at END, \
             not_before = now() + make_interval(mins => $3) \
         WHERE square = $1 AND theme_id = $2 AND status IN ('failed', 'requested')",
    )
    .bind::<Integer, _>(square)
    .bind::<SqlUuid, _>(theme_id)
    .bind::<Integer, _>(REQUEST_MINUTES)
    .execute(connection)
    .await?;
    Ok(reserved == 1)
}

/// Reservations that are to be asked for again.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Stale {
    #[diesel(sql_type = Integer)]
    pub square: i32,
    #[diesel(sql_type = SqlUuid)]
    pub theme_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub trace_id: Uuid,
}

/// Reserves the oldest of what is stale, as [`reserve`] does, so that nobody asks at the same time.
pub async fn reserve_stale(connection: &mut Connection, most: i64) -> QueryResult<Vec<Stale>> {
    diesel::sql_query(
        "UPDATE enrichments SET status = 'requested', requested_at = now(), \
             not_before = now() + make_interval(mins => $4), trace_id = gen_random_uuid() \
         WHERE (square, theme_id) IN ( \
             SELECT square, theme_id FROM enrichments \
             WHERE finished_at < now() - make_interval( \
                 days => CASE status WHEN 'complete' THEN $1 WHEN 'partial' THEN $2 END) \
             ORDER BY finished_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
         RETURNING square, theme_id, trace_id",
    )
    .bind::<Integer, _>(STALE_DAYS)
    .bind::<Integer, _>(STALE_HALF_DAYS)
    .bind::<BigInt, _>(most)
    .bind::<Integer, _>(REQUEST_MINUTES)
    .load(connection)
    .await
}

/// Ends the requests whose jobs were lost, and answers how many.
pub async fn end_lost(connection: &mut Connection) -> QueryResult<usize> {
    diesel::sql_query(
        "UPDATE enrichments SET status = 'failed', error_code = 'lost', finished_at = now() \
         WHERE status = 'requested' AND not_before <= now()",
    )
    .execute(connection)
    .await
}

#[derive(QueryableByName)]
struct Quantiles {
    #[diesel(sql_type = Nullable<Array<Float4>>)]
    popularity_quantiles: Option<Vec<f32>>,
}

/// The popularity scale of the area that covers `point`, else that of the reference cities.
pub async fn popularity_scale(
    connection: &mut Connection,
    point: Point,
) -> QueryResult<PopularityScale> {
    let quantiles: Option<Quantiles> = diesel::sql_query(
        "SELECT popularity_quantiles FROM areas \
         ORDER BY boundary <-> ST_SetSRID(ST_MakePoint($1, $2), 4326), id LIMIT 1",
    )
    .bind::<Double, _>(point.lon)
    .bind::<Double, _>(point.lat)
    .get_result(connection)
    .await
    .optional()?;
    let quantiles = quantiles.and_then(|row| row.popularity_quantiles);
    Ok(quantiles
        .and_then(|quantiles| PopularityScale::from_quantiles(&quantiles))
        .unwrap_or_default())
}

/// Tells the route cache that the places in the box have changed.
pub async fn raise_generation(
    connection: &mut Connection,
    corners: (Point, Point),
) -> QueryResult<usize> {
    diesel::sql_query(
        "UPDATE areas SET generation = generation + 1 WHERE boundary && ST_MakeEnvelope($1, $2, $3, $4, 4326)",
    )
    .bind::<Double, _>(corners.0.lon)
    .bind::<Double, _>(corners.0.lat)
    .bind::<Double, _>(corners.1.lon)
    .bind::<Double, _>(corners.1.lat)
    .execute(connection)
    .await
}
