//! A walk as the API shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;
use uuid::Uuid;
use wildside_engine::hours::Opening;
use wildside_engine::{Point, bounding_box};

use super::body::GeoJsonPoint;
use super::made::{self, Fit, GenerationParams, RouteDetails};
use crate::api::extract::values;
use crate::db::routes::{Route, RouteStop, StopOpening, Unmatched};

/// Credit for the data that a walk is made of.
pub const ATTRIBUTION: &str =
    "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright";

/// A walk.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01939c2e-8a40-7d11-b3c4-0242ac120002",
    "created_at": "2026-11-25T10:00:02Z",
    "path": {"type": "LineString", "coordinates": [[7.4246, 43.7384], [7.4251, 43.7389]]},
    "distance_metres": 3120.5,
    "duration_seconds": 3540,
    "score": 7.25,
    "pois": [],
    "fit": {
        "matched_stops": 0,
        "filled_stops": 0,
        "appeal_share": 0.62,
        "summary": "No place worth a stop can be reached on foot in this time, so the walk leads over good ways; 62 % of the way is on pleasant ground."
    },
    "details": {
        "legs": [{"path_start": 0, "distance_metres": 3120.5, "duration_seconds": 3540, "steps": []}],
        "stairs_metres": 0.0,
        "light": {"lit_metres": 3000.0, "unlit_metres": 20.5, "unknown_metres": 100.0},
        "repeated_metres": 0.0,
        "start": {"metres": 34.5, "passed_over_metres": 4.0},
        "end": {"metres": 3.5, "passed_over_metres": null}
    },
    "generation_params": {
        "start_location": {"type": "Point", "coordinates": [7.4246, 43.7384]},
        "duration_minutes": 60,
        "interest_theme_ids": [],
        "popularity_bias": 0.5,
        "accessibility": {"avoid_stairs": false, "prefer_well_lit": false}
    },
    "saved": false,
    "name": "By the harbour",
    "shared": false,
    "bounds": [7.4246, 43.7384, 7.4251, 43.7389],
    "attribution": "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright"
}))]
pub struct RouteView {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub path: GeoJsonLine,
    pub distance_metres: f64,
    /// Walking and visits together; never more than was asked for.
    pub duration_seconds: i32,
    pub score: f64,
    /// The stops in order; none, where there is nothing to stop at and the walk leads over good ways.
    pub pois: Vec<StopView>,
    /// Absent in walks of before this was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Fit, required = false)]
    pub fit: Option<Value>,
    #[schema(value_type = RouteDetails)]
    pub details: Value,
    #[schema(value_type = GenerationParams)]
    pub generation_params: Value,
    pub saved: bool,
    /// As the user calls it; null: it has no name.
    pub name: Option<String>,
    /// True while there is a link to it.
    pub shared: bool,
    /// West, south, east, north.
    #[schema(value_type = Vec<f64>, min_items = 4, max_items = 4)]
    pub bounds: [f64; 4],
    pub attribution: &'static str,
}

/// A line in GeoJSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LineString, example = json!({"type": "LineString", "coordinates": [[7.4246, 43.7384], [7.4251, 43.7389]]}))]
pub struct GeoJsonLine {
    #[serde(rename = "type")]
    #[schema(schema_with = kind_schema)]
    kind: &'static str,
    /// Longitude, latitude of each point.
    #[schema(value_type = Vec<Vec<f64>>, min_items = 2)]
    coordinates: Vec<[f64; 2]>,
}

fn kind_schema() -> Object {
    values::words_schema(&["LineString"])
}

impl From<&[Point]> for GeoJsonLine {
    fn from(points: &[Point]) -> Self {
        Self {
            kind: "LineString",
            coordinates: points.iter().map(|point| [point.lon, point.lat]).collect(),
        }
    }
}

/// A stop of a walk.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": 24_094_959_931_i64,
    "position": 1,
    "name": "Café de Paris",
    "location": {"type": "Point", "coordinates": [7.4251, 43.7389]},
    "narrative": null,
    "popularity_score": 0.8,
    "theme_ids": ["f47ac10b-58cc-4372-a567-0e02b2c3d479"],
    "arrive_after_seconds": 120,
    "visit_seconds": 300,
    "matches": true
}))]
pub struct StopView {
    pub id: i64,
    /// From 1.
    pub position: i32,
    pub name: Option<String>,
    pub location: GeoJsonPoint,
    pub narrative: Option<String>,
    /// 0 hidden gem to 1 hotspot.
    pub popularity_score: Option<f32>,
    pub theme_ids: Vec<Uuid>,
    pub arrive_after_seconds: i32,
    pub visit_seconds: i32,
    /// True if it belongs to one of the themes that were asked for, or none was.
    pub matches: bool,
    /// Reason for a stop that does not match, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub reason: Option<String>,
    /// Opening at the arrival of a place that is entered; absent: it is seen from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = made::Opening, required = false)]
    pub opening: Option<Opening>,
}

impl StopView {
    /// The stop with what is kept of it.
    pub fn new(stop: RouteStop, fitting: &Fitting) -> Self {
        let is_this = |position: i32| position == stop.position;
        let mut unmatched = fitting.unmatched.iter();
        let unmatched = unmatched.find(|one| is_this(one.position));
        let mut openings = fitting.openings.iter();
        let opening = openings.find(|one| is_this(one.position));
        Self {
            matches: unmatched.is_none(),
            reason: unmatched.map(|one| one.reason.clone()),
            opening: opening.map(|one| one.opening),
            id: stop.poi_id,
            position: stop.position,
            name: stop.name,
            location: Point::new(stop.lon, stop.lat).into(),
            narrative: stop.narrative,
            popularity_score: stop.popularity_score,
            theme_ids: stop.theme_ids,
            arrive_after_seconds: stop.arrive_after_seconds,
            visit_seconds: stop.visit_seconds,
        }
    }
}

/// Fit of a stored walk, which is kept with its details.
#[derive(Debug, Default)]
pub struct Fitting {
    pub fit: Option<Value>,
    pub unmatched: Vec<Unmatched>,
    pub openings: Vec<StopOpening>,
}

impl Fitting {
    /// Takes the fit out of stored details.
    pub fn taken_from(details: &mut Value) -> Self {
        let mut take = |key| details.as_object_mut()?.remove(key);
        take("same_until");
        Self {
            fit: take("fit"),
            unmatched: take("unmatched")
                .and_then(|unmatched| serde_json::from_value(unmatched).ok())
                .unwrap_or_default(),
            openings: take("openings")
                .and_then(|openings| serde_json::from_value(openings).ok())
                .unwrap_or_default(),
        }
    }
}

impl RouteView {
    /// The walk with its stops, as one user sees it.
    pub fn new(mut route: Route, stops: Vec<RouteStop>, saved: bool) -> Self {
        let fitting = Fitting::taken_from(&mut route.details);
        let stops = stops.into_iter();
        Self {
            id: route.id,
            created_at: route.created_at,
            bounds: bounds(&route.path),
            path: route.path.as_slice().into(),
            distance_metres: route.distance_metres,
            duration_seconds: route.duration_seconds,
            score: route.score,
            pois: stops.map(|stop| StopView::new(stop, &fitting)).collect(),
            fit: fitting.fit,
            details: route.details,
            generation_params: route.generation_params,
            saved,
            name: route.name,
            shared: route.shared,
            attribution: ATTRIBUTION,
        }
    }
}

/// West, south, east, north. Where the path crosses the antimeridian its west is greater than its east (RFC 7946, 5.2).
pub fn bounds(path: &[Point]) -> [f64; 4] {
    let planar = planar_bounds(path);
    if planar[2] - planar[0] <= 180.0 {
        return planar;
    }
    let (low, high) = bounding_box(path.iter().copied(), 0.0);
    [low.lon, low.lat, high.lon, high.lat]
}

fn planar_bounds(path: &[Point]) -> [f64; 4] {
    let none = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    path.iter().fold(none, |[west, south, east, north], point| {
        [
            west.min(point.lon),
            south.min(point.lat),
            east.max(point.lon),
            north.max(point.lat),
        ]
    })
}
