//! `routes` and `route_pois`: generated walks.

pub mod my_routes;
pub mod own_routes;
pub mod saved_routes;
pub mod shared_routes;
pub mod unseen_routes;
pub mod walker;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Double, Integer, Jsonb, Nullable, Text, Timestamptz,
    Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use postgis_diesel::types::{LineString, Point as SqlPoint};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use wildside_engine::hours::Opening;
use wildside_engine::walk::{Fit, Gap, Leg, Light, Stop};
use wildside_engine::{Point, Walk};

use super::Connection;
use super::city::names::{NameLanguage, name_sql};
use super::ewkb::line_points;
use super::prepared::Prepared;
use super::schema::routes;

const WGS84: u32 = 4326;

/// Content of `routes.details`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteDetails {
    pub legs: Vec<Leg>,
    pub stairs_metres: f64,
    pub light: Light,
    pub repeated_metres: f64,
    #[serde(default)]
    pub start: Gap,
    #[serde(default)]
    pub end: Gap,
    /// Absent in walks of before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Stops that match none of the themes.
    #[serde(default)]
    pub unmatched: Vec<Unmatched>,
    /// Openings of the stops that are entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub openings: Vec<StopOpening>,
    /// Time until which the walk answers requests that name no departure; none: it does as long as its data are current.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_until: Option<DateTime<Utc>>,
}

/// A stop that matches none of the themes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unmatched {
    /// From 1.
    pub position: i32,
    /// Reason for it, for a person.
    pub reason: String,
}

impl Unmatched {
    fn among(stops: &[Stop]) -> Vec<Self> {
        let unmatched = stops.iter().zip(1..).filter(|(stop, _)| !stop.matches);
        unmatched
            .map(|(stop, position)| Self {
                position,
                reason: stop.reason.clone().unwrap_or_default(),
            })
            .collect()
    }
}

/// Opening of a stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopOpening {
    /// From 1.
    pub position: i32,
    #[serde(flatten)]
    pub opening: Opening,
}

impl StopOpening {
    fn of(stops: &[Stop]) -> Vec<Self> {
        let of_stop =
            |(stop, position): (&Stop, i32)| stop.opening.map(|opening| Self { position, opening });
        stops.iter().zip(1..).filter_map(of_stop).collect()
    }
}

/// A walk to be stored, as a [`Completion`](super::ledger::route_requests::Completion) does.
#[derive(Debug)]
pub struct NewRoute {
    pub id: Uuid,
    pub(super) path: LineString<SqlPoint>,
    pub(super) distance_metres: f64,
    pub(super) duration_seconds: i32,
    pub(super) score: f64,
    /// [`RouteDetails`] as JSON.
    pub(super) details: String,
    /// In order.
    pub(super) stops: Vec<Stop>,
}

impl NewRoute {
    /// The walk under a new id, and the time until which it answers requests that name no departure.
    ///
    /// # Errors
    /// The walk can't be written as JSON.
    pub fn new(walk: Walk, same_until: Option<DateTime<Utc>>) -> serde_json::Result<Self> {
        let points = walk.path.iter().map(|point| SqlPoint {
            x: point.lon,
            y: point.lat,
            srid: Some(WGS84),
        });
        Ok(Self {
            id: Uuid::now_v7(),
            path: LineString {
                points: points.collect(),
                srid: Some(WGS84),
            },
            distance_metres: walk.distance_metres,
            duration_seconds: walk.duration_seconds as i32,
            score: walk.score,
            details: serde_json::to_string(&RouteDetails {
                legs: walk.legs,
                stairs_metres: walk.stairs_metres,
                light: walk.light,
                repeated_metres: walk.repeated_metres,
                start: walk.start,
                end: walk.end,
                fit: Some(walk.fit),
                unmatched: Unmatched::among(&walk.stops),
                openings: StopOpening::of(&walk.stops),
                same_until,
            })?,
            stops: walk.stops,
        })
    }
}

/// A stored walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub id: Uuid,
    pub path: Vec<Point>,
    pub generation_params: Value,
    pub distance_metres: f64,
    pub duration_seconds: i32,
    pub score: f64,
    /// [`RouteDetails`] as JSON.
    pub details: Value,
    pub created_at: DateTime<Utc>,
    /// Name that the user has given it.
    pub name: Option<String>,
    /// Mark of a walk to which the user has a link.
    pub shared: bool,
}

#[derive(Debug, QueryableByName)]
pub(in crate::db) struct RouteRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Binary)]
    line: Vec<u8>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    generation_params: Option<Value>,
    #[diesel(sql_type = Double)]
    distance_metres: f64,
    #[diesel(sql_type = Integer)]
    duration_seconds: i32,
    #[diesel(sql_type = Double)]
    score: f64,
    #[diesel(sql_type = Jsonb)]
    details: Value,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Bool)]
    shared: bool,
}

impl Route {
    /// The walk, if one of the user's requests ended in it, with the parameters of the latest of these.
    pub async fn find_for_user(
        connection: &mut Connection,
        id: Uuid,
        user_id: Uuid,
    ) -> QueryResult<Option<Self>> {
        let row: Option<RouteRow> = Prepared(diesel::sql_query(
            "SELECT id, path::bytea AS line, params AS generation_params, distance_metres, duration_seconds, score, \
                    details, routes.created_at, \
                    (SELECT name FROM route_names WHERE user_id = $2 AND route_id = $1) AS name, \
                    EXISTS (SELECT FROM shared_routes WHERE user_id = $2 AND route_id = $1) AS shared \
             FROM routes, LATERAL ( \
                 SELECT params FROM route_requests WHERE route_id = $1 AND user_id = $2 \
                 ORDER BY route_requests.created_at DESC LIMIT 1) AS mine \
             WHERE id = $1",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(user_id))
        .get_result(connection)
        .await
        .optional()?;
        Ok(row.map(Self::from))
    }

    /// Test that one of the user's requests ended in the walk.
    pub async fn belongs_to(
        connection: &mut Connection,
        id: Uuid,
        user_id: Uuid,
    ) -> QueryResult<bool> {
        let requests = super::schema::route_requests::table
            .filter(super::schema::route_requests::route_id.eq(id))
            .filter(super::schema::route_requests::user_id.eq(user_id));
        diesel::select(diesel::dsl::exists(requests))
            .get_result(connection)
            .await
    }

    /// Test for a walk that is still there.
    pub async fn exists(connection: &mut Connection, id: Uuid) -> QueryResult<bool> {
        diesel::select(diesel::dsl::exists(routes::table.find(id)))
            .get_result(connection)
            .await
    }
}

impl From<RouteRow> for Route {
    fn from(row: RouteRow) -> Self {
        Self {
            id: row.id,
            path: line_points(&row.line).unwrap_or_default(),
            generation_params: row.generation_params.unwrap_or_default(),
            distance_metres: row.distance_metres,
            duration_seconds: row.duration_seconds,
            score: row.score,
            details: row.details,
            created_at: row.created_at,
            name: row.name,
            shared: row.shared,
        }
    }
}

/// A stop of a stored walk, with what is known of the place.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct RouteStop {
    #[diesel(sql_type = BigInt)]
    pub poi_id: i64,
    #[diesel(sql_type = Integer)]
    pub position: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    #[diesel(sql_type = Double)]
    pub lon: f64,
    #[diesel(sql_type = Double)]
    pub lat: f64,
    #[diesel(sql_type = Nullable<Text>)]
    pub narrative: Option<String>,
    #[diesel(sql_type = Nullable<diesel::sql_types::Float4>)]
    pub popularity_score: Option<f32>,
    #[diesel(sql_type = Array<SqlUuid>)]
    pub theme_ids: Vec<Uuid>,
    #[diesel(sql_type = Integer)]
    pub arrive_after_seconds: i32,
    #[diesel(sql_type = Integer)]
    pub visit_seconds: i32,
}

impl RouteStop {
    /// The stops of a walk in order.
    pub async fn of_route(
        connection: &mut Connection,
        route_id: Uuid,
        language: &NameLanguage,
    ) -> QueryResult<Vec<Self>> {
        let name = name_sql("$2");
        Prepared(diesel::sql_query(format!(
            "SELECT poi_id, position, {name} AS name, ST_X(location::geometry) AS lon, ST_Y(location::geometry) AS lat, \
                    narrative, popularity_score, arrive_after_seconds, visit_seconds, \
                    ARRAY(SELECT theme_id FROM poi_interest_themes WHERE poi_id = pois.id ORDER BY theme_id) \
                        AS theme_ids \
             FROM route_pois JOIN pois ON pois.id = poi_id \
             WHERE route_id = $1 ORDER BY position",
        ))
        .bind::<SqlUuid, _>(route_id)
        .bind::<Array<Text>, _>(language.keys()))
        .load(connection)
        .await
    }
}
