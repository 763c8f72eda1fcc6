//! Shape of stored walks: how one was made and how it goes, as the description has it. Both are answered as they are
//! stored.

use chrono::{DateTime, Utc};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{GeoJsonPoint, Sources};
use crate::api::users::profile::Accessibility;

/// The user's latest request that a walk answers, with all that it left out.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "start_location": {"type": "Point", "coordinates": [7.4246, 43.7384]},
    "duration_minutes": 60,
    "interest_theme_ids": ["f47ac10b-58cc-4372-a567-0e02b2c3d479"],
    "popularity_bias": 0.5,
    "accessibility": {"avoid_stairs": true, "prefer_well_lit": false},
    "sources": {
        "interest_theme_ids": "request",
        "popularity_bias": "default",
        "accessibility": {"avoid_stairs": "preference", "prefer_well_lit": "default"}
    }
}))]
pub struct GenerationParams {
    pub start_location: GeoJsonPoint,
    /// Absent: the walk ends where it begins.
    #[schema(value_type = GeoJsonPoint, required = false)]
    pub end_location: Option<GeoJsonPoint>,
    pub duration_minutes: u32,
    /// Sorted; empty: all.
    pub interest_theme_ids: Vec<Uuid>,
    /// 0 looked for hidden gems, 1 for hotspots.
    #[schema(minimum = 0, maximum = 1)]
    pub popularity_bias: f64,
    pub accessibility: Accessibility,
    /// Absent: none.
    #[schema(value_type = Vec<i64>, required = false)]
    pub include_poi_ids: Option<Vec<i64>>,
    /// Absent: none.
    #[schema(value_type = Vec<i64>, required = false)]
    pub exclude_poi_ids: Option<Vec<i64>>,
    /// Absent: 0.
    #[schema(value_type = i32, required = false)]
    pub variant: Option<i32>,
    /// Absent: the usual pace, 1.33 metres a second.
    #[schema(value_type = f64, required = false)]
    pub pace: Option<f64>,
    /// Time at which the walk begins; absent: when it was made.
    #[schema(value_type = DateTime<Utc>, required = false)]
    pub depart_at: Option<DateTime<Utc>>,
    /// Sources of what a request may leave out; absent in requests of before this was kept.
    #[schema(value_type = Sources, required = false)]
    pub sources: Option<Sources>,
}

/// Course of a walk.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "legs": [{"path_start": 0, "distance_metres": 3120.5, "duration_seconds": 3540, "steps": []}],
    "stairs_metres": 0.0,
    "light": {"lit_metres": 3000.0, "unlit_metres": 20.5, "unknown_metres": 100.0},
    "repeated_metres": 0.0,
    "start": {"metres": 34.5, "passed_over_metres": 4.0},
    "end": {"metres": 3.5, "passed_over_metres": null}
}))]
pub struct RouteDetails {
    /// One to each stop, and one to the end.
    pub legs: Vec<Leg>,
    pub stairs_metres: f64,
    pub light: Light,
    /// Metres walked a second time, in either direction.
    pub repeated_metres: f64,
    /// From the start that was asked for to the street; absent in walks of before this was kept.
    #[schema(required = false)]
    pub start: Gap,
    /// From the end that was asked for to the street; absent in walks of before this was kept.
    #[schema(required = false)]
    pub end: Gap,
}

/// Distance from a position that was asked for to the street where the walk begins or ends.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"metres": 34.5, "passed_over_metres": 4.0}))]
pub struct Gap {
    /// Metres to that street.
    pub metres: f64,
    /// Metres to a nearer street from which no such walk is possible, on an islet or a closed estate; null: that street is the
    /// nearest.
    pub passed_over_metres: Option<f64>,
}

/// The way from one stop to the next.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "path_start": 0,
    "distance_metres": 120.5,
    "duration_seconds": 90,
    "steps": [{
        "maneuver": "left", "instruction": "Turn left onto Rue Grimaldi.", "street": "Rue Grimaldi", "way": "residential", "distance_metres": 120.5, "duration_seconds": 90,
        "bearing_before": 88, "bearing_after": 2, "path_start": 0
    }]
}))]
pub struct Leg {
    /// Index of its first point in the path of the walk; the last is the first of the next leg.
    pub path_start: u32,
    pub distance_metres: f64,
    /// Walking time.
    pub duration_seconds: u32,
    /// None where both stops are visited from the same corner.
    pub steps: Vec<Step>,
}

/// A turn, and the street that is followed after it.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "maneuver": "left", "instruction": "Turn left onto Rue Grimaldi.", "street": "Rue Grimaldi", "way": "residential", "distance_metres": 120.5, "duration_seconds": 90,
    "bearing_before": 88, "bearing_after": 2, "path_start": 0
}))]
pub struct Step {
    pub maneuver: Maneuver,
    /// Sentence in the language asked for.
    pub instruction: String,
    /// Null: it has no name.
    pub street: Option<String>,
    /// Absent in walks of before this was kept, as are the seconds and bearings.
    #[schema(value_type = Way, required = false)]
    pub way: Option<Way>,
    pub distance_metres: f64,
    /// Walking time.
    #[schema(value_type = u32, required = false)]
    pub duration_seconds: Option<u32>,
    /// Degrees clockwise from north on which its beginning is reached; null where the walk begins.
    #[schema(maximum = 359)]
    pub bearing_before: Option<u16>,
    /// Degrees clockwise from north on which it begins; null where it leads nowhere.
    #[schema(maximum = 359)]
    pub bearing_after: Option<u16>,
    /// Index of its first point in the path of the walk.
    pub path_start: u32,
}

/// Manoeuvre at the beginning of a step: a turn is slight from 25°, plain from 45° and sharp from 120°. The first step of
/// each leg sets out; straight on is told where another street begins.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case", example = "slight_left")]
pub enum Maneuver {
    Depart,
    Continue,
    SlightLeft,
    Left,
    SharpLeft,
    SlightRight,
    Right,
    SharpRight,
    UTurn,
}

/// Kind of way that most of a step follows.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case", example = "footway")]
pub enum Way {
    Footway,
    Pedestrian,
    Path,
    Track,
    Cycleway,
    Steps,
    LivingStreet,
    Residential,
    Service,
    Tertiary,
    Secondary,
    Primary,
    Other,
}

/// Fit of a walk to the wish that it answers.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "matched_stops": 4,
    "filled_stops": 1,
    "appeal_share": 0.62,
    "summary": "4 stops of your themes, 1 more near your taste; 62 % of the way is on pleasant ground."
}))]
pub struct Fit {
    /// Stops that belong to the chosen themes; without a choice, all.
    pub matched_stops: u32,
    /// Other stops, which fill the time that those leave over.
    pub filled_stops: u32,
    /// Share of the walking time on ground that is a pleasure to walk on.
    #[schema(minimum = 0, maximum = 1)]
    pub appeal_share: f64,
    /// Both in a sentence for a person.
    pub summary: String,
}

/// Opening of a place at the time of the visit.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"state": "open", "until": "2026-12-01T18:00:00+02:00"}))]
pub struct Opening {
    /// State at the arrival. What is closed then is a stop only where the request includes it.
    pub state: OpeningState,
    /// Time at which the state ends; absent: nobody knows, or it lasts for a month.
    #[schema(value_type = DateTime<Utc>, required = false)]
    pub until: Option<DateTime<Utc>>,
}

/// State of a place.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case", example = "open")]
pub enum OpeningState {
    Open,
    Closed,
    Unknown,
}

/// Metres of the path by light at night.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"lit_metres": 3000.0, "unlit_metres": 20.5, "unknown_metres": 100.0}))]
pub struct Light {
    pub lit_metres: f64,
    pub unlit_metres: f64,
    pub unknown_metres: f64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use serde_json::{Value, json};
    use utoipa::PartialSchema;
    use wildside_engine::Point;
    use wildside_engine::network::WayClass;
    use wildside_engine::walk;

    use super::*;
    use crate::api::routes::body::{AccessibilitySources, Source};
    use crate::api::routes::directions::tell;
    use crate::api::routes::view::Fitting;
    use crate::db::ledger::params::RouteParams;
    use crate::db::routes;
    use crate::guidance::Language;

    fn keys(object: &Value) -> BTreeSet<&String> {
        object.as_object().unwrap().keys().collect()
    }

    fn assert_described<T: PartialSchema>(stored: &Value) {
        let schema = serde_json::to_value(T::schema()).unwrap();
        assert_eq!(keys(stored), keys(&schema["properties"]), "{stored}");
    }

    #[test]
    fn what_is_stored_of_a_walk_is_described() {
        let step = walk::Step {
            maneuver: walk::Maneuver::Depart,
            street: None,
            way: WayClass::Footway,
            distance_metres: 1.0,
            duration_seconds: 1,
            bearing_before: None,
            bearing_after: Some(0),
            path_start: 0,
        };
        let leg = walk::Leg {
            path_start: 0,
            distance_metres: 1.0,
            duration_seconds: 1,
            steps: vec![step],
        };
        let details = routes::RouteDetails {
            legs: vec![leg],
            stairs_metres: 0.0,
            light: walk::Light::default(),
            repeated_metres: 0.0,
            start: walk::Gap::default(),
            end: walk::Gap::default(),
            fit: Some(walk::Fit::default()),
            unmatched: vec![],
            openings: vec![],
            same_until: None,
        };
        let mut details = serde_json::to_value(details).unwrap();
        tell(&mut details, Language::English);
        let fitting = Fitting::taken_from(&mut details);
        assert_described::<Fit>(&fitting.fit.unwrap());
        assert_described::<RouteDetails>(&details);
        assert_described::<Light>(&details["light"]);
        assert_described::<Gap>(&details["start"]);
        let leg = &details["legs"][0];
        assert_described::<Leg>(leg);
        assert_described::<Step>(&leg["steps"][0]);
        let words = [
            walk::Maneuver::Depart,
            walk::Maneuver::Continue,
            walk::Maneuver::SlightLeft,
            walk::Maneuver::Left,
            walk::Maneuver::SharpLeft,
            walk::Maneuver::SlightRight,
            walk::Maneuver::Right,
            walk::Maneuver::SharpRight,
            walk::Maneuver::UTurn,
        ];
        let schema = serde_json::to_value(Maneuver::schema()).unwrap();
        assert_eq!(schema["enum"], json!(words));
        let schema = serde_json::to_value(Way::schema()).unwrap();
        assert_eq!(schema["enum"], json!(WayClass::ALL));
        assert_eq!(schema["enum"], json!(WayClass::ALL.map(WayClass::as_str)));
    }

    #[test]
    fn steps_of_before_their_kind_was_kept_are_read() {
        let stored =
            json!({"maneuver": "depart", "street": null, "distance_metres": 1.0, "path_start": 0});
        let step: walk::Step = serde_json::from_value(stored).unwrap();
        assert_eq!((step.way, step.bearing_after), (WayClass::Other, None));
    }

    #[test]
    fn what_is_stored_of_a_request_is_described() {
        let params = RouteParams::new(
            Point::new(7.42, 43.73),
            Some(Point::new(7.43, 43.73)),
            60,
            vec![],
            0.5,
            walk::Accessibility::default(),
        );
        let params = params.choosing(walk::Choice {
            include: vec![1],
            exclude: vec![2],
            variant: 3,
            pace: walk::Pace(1.0),
            departure: Some(DateTime::UNIX_EPOCH),
        });
        let accessibility = AccessibilitySources {
            avoid_stairs: Source::Preference,
            prefer_well_lit: Source::Default,
        };
        let sources = Sources {
            interest_theme_ids: Source::Request,
            popularity_bias: Source::Default,
            accessibility,
        };
        let mut stored = serde_json::to_value(params).unwrap();
        stored["sources"] = serde_json::to_value(sources).unwrap();
        assert_described::<GenerationParams>(&stored);
        assert_described::<Sources>(&stored["sources"]);
    }
}
