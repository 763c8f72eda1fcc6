//! A request for a walk in its one canonical form.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wildside_engine::Point;
use wildside_engine::places::ThemeId;
use wildside_engine::walk::reach::{self, OutOfReach, Reach};
use wildside_engine::walk::{Accessibility, Choice, Pace, WalkRequest};

/// Coordinates are rounded to 1e-5 degrees: about a metre.
const COORDINATE_STEPS_PER_DEGREE: f64 = 1e5;
/// The bias is rounded to hundredths; nobody tells them apart.
const BIAS_STEPS: f64 = 100.0;
/// So is the pace.
const PACE_STEPS: f64 = 100.0;
/// The departure is rounded to five minutes: hours are told in such steps, and requests that follow each other share a walk.
const DEPARTURE_STEP: TimeDelta = TimeDelta::minutes(5);

/// Canonical parameters of a request, with defaults filled in, coordinates and bias rounded, and themes sorted without duplicates.
///
/// Requests that mean the same are equal, have the same JSON, and get the same walk. It is stored in
/// `route_requests.params` and `routes.generation_params`, in the shape of the body of `POST /routes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteParams {
    #[serde(with = "geojson_point")]
    start_location: Point,
    #[serde(
        default,
        with = "optional_geojson_point",
        skip_serializing_if = "Option::is_none"
    )]
    end_location: Option<Point>,
    duration_minutes: u32,
    interest_theme_ids: Vec<Uuid>,
    popularity_bias: f64,
    accessibility: Accessibility,
    /// Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    include_poi_ids: Vec<i64>,
    /// Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exclude_poi_ids: Vec<i64>,
    #[serde(default, skip_serializing_if = "is_first")]
    variant: u8,
    /// Metres a second; none: the usual pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pace: Option<f64>,
    /// None: when the walk is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depart_at: Option<DateTime<Utc>>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes the field by reference"
)]
const fn is_first(variant: &u8) -> bool {
    *variant == 0
}

impl RouteParams {
    /// The canonical form of a request. An end at the start is a round walk like any other.
    pub fn new(
        start: Point,
        end: Option<Point>,
        duration_minutes: u32,
        mut themes: Vec<Uuid>,
        popularity_bias: f64,
        accessibility: Accessibility,
    ) -> Self {
        themes.sort_unstable();
        themes.dedup();
        let start_location = round_point(start);
        Self {
            start_location,
            end_location: end.map(round_point).filter(|end| *end != start_location),
            duration_minutes,
            interest_theme_ids: themes,
            popularity_bias: round(popularity_bias, BIAS_STEPS),
            accessibility,
            include_poi_ids: vec![],
            exclude_poi_ids: vec![],
            variant: 0,
            pace: None,
            depart_at: None,
        }
    }

    /// The canonical form of the same request with a choice of places, and of the walk among those that are good.
    #[must_use]
    pub fn choosing(self, choice: Choice) -> Self {
        let canonical = |mut ids: Vec<i64>| {
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        Self {
            include_poi_ids: canonical(choice.include),
            exclude_poi_ids: canonical(choice.exclude),
            variant: choice.variant,
            pace: Some(round(choice.pace.0, PACE_STEPS))
                .filter(|pace| Pace(*pace) != Pace(usual_pace())),
            depart_at: choice
                .departure
                .map(|at| at.duration_round(DEPARTURE_STEP).unwrap_or(at)),
            ..self
        }
    }

    /// Walking speed.
    pub fn pace(&self) -> Pace {
        self.pace.map_or_else(Pace::default, Pace)
    }

    /// Time at which the walk begins; `None`: when it is made.
    pub fn departure(&self) -> Option<DateTime<Utc>> {
        self.depart_at
    }

    /// Places that must be visited, sorted.
    pub fn included(&self) -> &[i64] {
        &self.include_poi_ids
    }

    /// Start of the walk.
    pub fn start(&self) -> Point {
        self.start_location
    }

    /// End of the walk, if not at its start.
    pub fn end(&self) -> Option<Point> {
        self.end_location
    }

    /// Start and, if it is another place, end.
    pub fn ends(&self) -> impl Iterator<Item = Point> {
        std::iter::once(self.start_location).chain(self.end_location)
    }

    /// Length of the walk.
    pub fn duration_minutes(&self) -> u32 {
        self.duration_minutes
    }

    /// Themes, sorted; empty: all.
    pub fn themes(&self) -> &[Uuid] {
        &self.interest_theme_ids
    }

    /// 0 for hidden gems, 1 for hotspots.
    pub fn popularity_bias(&self) -> f64 {
        self.popularity_bias
    }

    /// Metres as the crow flies from the start, within which all stops are: half the time out and half back, or all
    /// of it with an end elsewhere.
    pub fn reach_metres(&self) -> f64 {
        reach::metres_from_start(self.end_location, self.duration_minutes * 60, self.pace())
    }

    /// The circle with everything that the walk may visit.
    ///
    /// # Errors
    /// There is no such walk.
    pub fn reach(&self) -> Result<Reach, OutOfReach> {
        Reach::of(
            self.start_location,
            self.end_location,
            self.duration_minutes,
            self.pace(),
        )
    }

    /// SHA-256 of the canonical JSON.
    pub fn digest(&self) -> [u8; 32] {
        let mut json = Vec::with_capacity(256);
        // Plain data with string keys: writing it to memory can't fail.
        let _ = serde_json::to_writer(&mut json, self);
        Sha256::digest(&json).into()
    }

    /// Request to the engine. The seed follows from the wish, so the same request gives the same walk, whenever it begins, and each
    /// variant knows those before it.
    pub fn to_walk_request(&self) -> WalkRequest {
        let wish = Self {
            variant: 0,
            depart_at: None,
            ..self.clone()
        };
        let digest = wish.digest();
        let mut seed = [0; 8];
        seed.copy_from_slice(&digest[..8]);
        WalkRequest {
            start: self.start_location,
            end: self.end_location,
            budget_seconds: self.duration_minutes * 60,
            themes: self
                .interest_theme_ids
                .iter()
                .copied()
                .map(ThemeId)
                .collect(),
            popularity_bias: self.popularity_bias,
            accessibility: self.accessibility,
            choice: Choice {
                include: self.include_poi_ids.clone(),
                exclude: self.exclude_poi_ids.clone(),
                variant: self.variant,
                pace: self.pace(),
                departure: self.depart_at,
            },
            seed: u64::from_le_bytes(seed),
        }
    }
}

/// The pace of who says nothing about it, rounded.
fn usual_pace() -> f64 {
    round(Pace::default().0, PACE_STEPS)
}

fn round_point(point: Point) -> Point {
    Point::new(
        round(point.lon, COORDINATE_STEPS_PER_DEGREE),
        round(point.lat, COORDINATE_STEPS_PER_DEGREE),
    )
}

fn round(value: f64, steps: f64) -> f64 {
    // Adding zero turns -0.0 into 0.0: they are equal, but their JSON is not.
    (value * steps).round() / steps + 0.0
}

/// A point as a `GeoJSON` geometry.
mod geojson_point {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use wildside_engine::Point;

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "type", rename = "Point")]
    pub(super) struct GeoJsonPoint {
        coordinates: [f64; 2],
    }

    impl From<Point> for GeoJsonPoint {
        fn from(point: Point) -> Self {
            Self {
                coordinates: [point.lon, point.lat],
            }
        }
    }

    impl From<GeoJsonPoint> for Point {
        fn from(
            GeoJsonPoint {
                coordinates: [lon, lat],
            }: GeoJsonPoint,
        ) -> Self {
            Point::new(lon, lat)
        }
    }

    pub(super) fn serialize<S: Serializer>(
        point: &Point,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        GeoJsonPoint::from(*point).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Point, D::Error> {
        GeoJsonPoint::deserialize(deserializer).map(Point::from)
    }
}

mod optional_geojson_point {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use wildside_engine::Point;

    use super::geojson_point::GeoJsonPoint;

    #[expect(
        clippy::ref_option,
        reason = "serde's `with` passes the field by reference"
    )]
    pub(super) fn serialize<S: Serializer>(
        point: &Option<Point>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        point.map(GeoJsonPoint::from).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Point>, D::Error> {
        Ok(Option::<GeoJsonPoint>::deserialize(deserializer)?.map(Point::from))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn theme(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn walk_from(start: Point, themes: Vec<Uuid>) -> RouteParams {
        RouteParams::new(start, None, 60, themes, 0.5, Accessibility::default())
    }

    #[test]
    fn positions_within_half_a_metre_are_the_same_request() {
        let here = walk_from(Point::new(24.941_232, 60.170_191), vec![]);
        let nearby = walk_from(Point::new(24.941_228, 60.170_194), vec![]);
        let elsewhere = walk_from(Point::new(24.941_25, 60.170_19), vec![]);
        assert_eq!(here.digest(), nearby.digest());
        assert_ne!(here.digest(), elsewhere.digest());
    }

    #[test]
    fn json_has_the_shape_of_the_public_body() {
        let params = walk_from(
            Point::new(-3.1883, 55.9533),
            vec![theme(2), theme(1), theme(2)],
        );
        let json = serde_json::to_value(&params).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "start_location": {"type": "Point", "coordinates": [-3.1883, 55.9533]},
                "duration_minutes": 60,
                "interest_theme_ids": [theme(1), theme(2)],
                "popularity_bias": 0.5,
                "accessibility": {"avoid_stairs": false, "prefer_well_lit": false}
            })
        );
        assert_eq!(serde_json::from_value::<RouteParams>(json).unwrap(), params);
    }

    #[test]
    fn a_choice_is_part_of_the_request_and_a_variant_of_the_same_wish() {
        let plain = walk_from(Point::new(7.42, 43.73), vec![]);
        let choosing = |include: &[i64], exclude: &[i64], variant| {
            plain.clone().choosing(Choice {
                include: include.to_vec(),
                exclude: exclude.to_vec(),
                variant,
                ..Choice::default()
            })
        };
        let departing = |at: &str| {
            plain.clone().choosing(Choice {
                departure: Some(at.parse().unwrap()),
                ..Choice::default()
            })
        };
        assert_eq!(
            departing("2026-12-06T20:32:10Z"),
            departing("2026-12-06T22:28:00+02:00")
        );
        assert_eq!(choosing(&[], &[], 0).digest(), plain.digest());
        assert_eq!(choosing(&[2, 1, 2], &[], 0), choosing(&[1, 2], &[], 0));
        let all = [
            plain.clone(),
            choosing(&[1], &[], 0),
            choosing(&[], &[1], 0),
            choosing(&[], &[], 1),
            plain.clone().choosing(Choice {
                pace: Pace(1.0),
                ..Choice::default()
            }),
            departing("2026-12-06T20:30:00Z"),
        ];
        let mut digests = all.each_ref().map(RouteParams::digest).to_vec();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), all.len());
        let seed = |params: &RouteParams| params.to_walk_request().seed;
        assert_eq!(seed(&choosing(&[], &[], 3)), seed(&plain));
        assert_eq!(seed(&departing("2026-12-06T20:30:00Z")), seed(&plain));
        let json = serde_json::to_value(choosing(&[5], &[6], 2)).unwrap();
        assert_eq!(json["include_poi_ids"], serde_json::json!([5]));
        let back: RouteParams = serde_json::from_value(json).unwrap();
        assert_eq!(back, choosing(&[5], &[6], 2));
    }

    #[test]
    fn an_end_at_the_start_is_a_round_walk() {
        let start = Point::new(7.42, 43.73);
        let there_and_back = RouteParams::new(
            start,
            Some(start),
            60,
            vec![],
            0.5,
            Accessibility::default(),
        );
        assert_eq!(there_and_back, walk_from(start, vec![]));
    }

    proptest! {
        #[test]
        fn order_and_repetition_of_themes_do_not_matter(ids in prop::collection::vec(0_u128..8, 0..12)) {
            let here = Point::new(7.42, 43.73);
            let themes: Vec<Uuid> = ids.iter().copied().map(theme).collect();
            let mut reversed: Vec<Uuid> = themes.iter().rev().copied().collect();
            reversed.extend_from_slice(&themes);
            prop_assert_eq!(walk_from(here, themes).digest(), walk_from(here, reversed).digest());
        }

        #[test]
        fn canonical_form_survives_storage(lon in -180.0..180.0, lat in -90.0..90.0, bias in 0.0..1.0) {
            let params = RouteParams::new(Point::new(lon, lat), None, 90, vec![], bias, Accessibility::default());
            let stored: RouteParams = serde_json::from_str(&serde_json::to_string(&params).unwrap()).unwrap();
            prop_assert_eq!(stored.digest(), params.digest());
            let again = RouteParams::new(stored.start(), None, 90, vec![], stored.popularity_bias, stored.accessibility);
            prop_assert_eq!(again, params);
        }
    }
}
