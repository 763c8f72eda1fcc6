//! A walk as a `GeoJSON` `FeatureCollection`.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;
use uuid::Uuid;

use super::body::GeoJsonPoint;
use super::directions::{Direction, directions};
use super::made::{Maneuver, Way};
use super::view::{ATTRIBUTION, Fitting, GeoJsonLine, StopView};
use crate::api::extract::values;
use crate::db::routes::{Route, RouteStop};
use crate::guidance::Language;

/// A walk: its path, then its stops in order, then what is told along it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "FeatureCollection",
    "attribution": "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright",
    "features": [{
        "type": "Feature",
        "id": "24094959931",
        "geometry": {"type": "Point", "coordinates": [7.4251, 43.7389]},
        "properties": {"kind": "stop", "position": 1, "name": "Café de Paris"}
    }]
}))]
pub struct RouteFeatures {
    #[serde(rename = "type")]
    #[schema(schema_with = collection_schema)]
    kind: &'static str,
    attribution: &'static str,
    features: Vec<RouteFeature>,
}

/// The path of a walk, one of its stops or an instruction.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "Feature",
    "id": "24094959931",
    "geometry": {"type": "Point", "coordinates": [7.4251, 43.7389]},
    "properties": {"kind": "stop", "position": 1, "name": "Café de Paris"}
}))]
pub struct RouteFeature {
    #[serde(rename = "type")]
    #[schema(schema_with = feature_schema)]
    kind: &'static str,
    /// That of the walk or of the place; `instruction/` and its number.
    id: String,
    geometry: Geometry,
    #[schema(value_type = FeatureProperties)]
    properties: Value,
}

fn collection_schema() -> Object {
    values::words_schema(&["FeatureCollection"])
}

fn feature_schema() -> Object {
    values::words_schema(&["Feature"])
}

/// A line for the path, a point for a stop or an instruction.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(example = json!({"type": "Point", "coordinates": [7.4251, 43.7389]}))]
pub enum Geometry {
    Line(GeoJsonLine),
    Point(GeoJsonPoint),
}

/// Properties of it. Of the path that is `distance_metres` and `duration_seconds`, of an instruction these and what follows
/// `instruction`, of a stop all else.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"kind": "stop", "position": 1, "name": "Café de Paris"}))]
pub struct FeatureProperties {
    #[schema(schema_with = kind_schema)]
    pub kind: &'static str,
    #[schema(value_type = f64, required = false)]
    pub distance_metres: Option<f64>,
    #[schema(value_type = i32, required = false)]
    pub duration_seconds: Option<i32>,
    /// From 1.
    #[schema(value_type = i32, required = false)]
    pub position: Option<i32>,
    pub name: Option<String>,
    pub narrative: Option<String>,
    /// 0 hidden gem to 1 hotspot.
    pub popularity_score: Option<f32>,
    #[schema(value_type = Vec<Uuid>, required = false)]
    pub theme_ids: Option<Vec<Uuid>>,
    #[schema(value_type = i32, required = false)]
    pub arrive_after_seconds: Option<i32>,
    #[schema(value_type = i32, required = false)]
    pub visit_seconds: Option<i32>,
    /// The sentence.
    #[schema(value_type = String, required = false)]
    pub instruction: Option<String>,
    /// Absent where the walker arrives at a stop or at the end.
    #[schema(value_type = Maneuver, required = false)]
    pub maneuver: Option<Maneuver>,
    /// Street that is followed, if it has a name.
    pub street: Option<String>,
    #[schema(value_type = Way, required = false)]
    pub way: Option<Way>,
    /// True if it belongs to one of the themes that were asked for, or none was.
    #[schema(value_type = bool, required = false)]
    pub matches: Option<bool>,
    /// Reason for a stop that does not match, for a person.
    pub reason: Option<String>,
}

fn kind_schema() -> Object {
    values::words_schema(&["path", "stop", "instruction"])
}

impl RouteFeatures {
    /// The walk with its stops.
    pub fn new(route: &Route, stops: Vec<RouteStop>, language: Language) -> Self {
        let told = directions(route, &stops, language);
        let fitting = Fitting::taken_from(&mut route.details.clone());
        let stops = stops.into_iter();
        let stops = stops.map(|stop| RouteFeature::stop(StopView::new(stop, &fitting)));
        Self {
            kind: "FeatureCollection",
            attribution: ATTRIBUTION,
            features: std::iter::once(RouteFeature::path(route))
                .chain(stops)
                .chain(told.into_iter().zip(1..).map(RouteFeature::instruction))
                .collect(),
        }
    }
}

impl RouteFeature {
    fn path(route: &Route) -> Self {
        Self {
            kind: "Feature",
            id: route.id.to_string(),
            geometry: Geometry::Line(route.path.as_slice().into()),
            properties: json!({
                "kind": "path",
                "name": route.name,
                "distance_metres": route.distance_metres,
                "duration_seconds": route.duration_seconds,
            }),
        }
    }

    fn instruction((told, number): (Direction, u32)) -> Self {
        let mut properties =
            json!({"kind": "instruction", "position": number, "instruction": told.text});
        if let Some(step) = told.step {
            properties["maneuver"] = json!(step.maneuver);
            properties["street"] = json!(step.street);
            properties["way"] = json!(step.way);
            properties["distance_metres"] = json!(step.distance_metres);
            properties["duration_seconds"] = json!(step.duration_seconds);
        }
        Self {
            kind: "Feature",
            id: format!("instruction/{number}"),
            geometry: Geometry::Point(told.location.into()),
            properties,
        }
    }

    fn stop(stop: StopView) -> Self {
        Self {
            kind: "Feature",
            id: stop.id.to_string(),
            geometry: Geometry::Point(stop.location),
            properties: json!({
                "kind": "stop",
                "position": stop.position,
                "name": stop.name,
                "narrative": stop.narrative,
                "popularity_score": stop.popularity_score,
                "theme_ids": stop.theme_ids,
                "arrive_after_seconds": stop.arrive_after_seconds,
                "visit_seconds": stop.visit_seconds,
                "matches": stop.matches,
                "reason": stop.reason,
            }),
        }
    }
}
