//! Body of a request for a walk.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;
use uuid::Uuid;
use wildside_engine::Point;
use wildside_engine::walk::{Accessibility, Choice, Pace, limits};

use crate::api::extract::{Fields, FromFields, values};
use crate::api::fault::FaultCode;
use crate::api::users::profile::AccessibilityPatch;
use crate::db::ledger::params::RouteParams;
use crate::db::users::User;

/// Default of `popularity_bias`: neither hidden gems nor hotspots.
const NEUTRAL: f64 = 0.5;

/// Earliest departure: who opens a form and sends it a while later means now.
const EARLIEST: TimeDelta = TimeDelta::minutes(-15);

/// Latest departure: of further years nobody knows the hours and holidays.
const LATEST: TimeDelta = TimeDelta::days(366);

/// Places that a request may exclude.
const EXCLUDED: usize = 100;

/// A position in GeoJSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Point, title = "GeoJSON Point", example = json!({"type": "Point", "coordinates": [7.4246, 43.7384]}))]
pub struct GeoJsonPoint {
    #[serde(rename = "type")]
    #[schema(schema_with = kind_schema)]
    kind: &'static str,
    /// Longitude, latitude.
    #[schema(value_type = Vec<f64>, min_items = 2, max_items = 2)]
    coordinates: [f64; 2],
}

fn kind_schema() -> Object {
    values::words_schema(&["Point"])
}

impl From<Point> for GeoJsonPoint {
    fn from(point: Point) -> Self {
        Self {
            kind: "Point",
            coordinates: [point.lon, point.lat],
        }
    }
}

/// The walk that is wanted.
#[derive(Debug, ToSchema)]
#[schema(as = RouteRequest, example = json!({
    "start_location": {"type": "Point", "coordinates": [7.4246, 43.7384]},
    "duration_minutes": 60,
    "interest_theme_ids": ["f47ac10b-58cc-4372-a567-0e02b2c3d479"],
    "popularity_bias": 0.7,
    "accessibility": {"avoid_stairs": true, "prefer_well_lit": false}
}))]
pub struct RouteBody {
    /// Start of the walk.
    #[schema(value_type = GeoJsonPoint)]
    start_location: Point,
    /// End of the walk; left out: back at its start.
    #[schema(value_type = Option<GeoJsonPoint>)]
    end_location: Option<Point>,
    /// Everything, walking and visits, takes at most this long.
    duration_minutes: i32,
    /// At most 100; left out or empty: the user's own interests, or all themes if there are none.
    interest_theme_ids: Option<Vec<Uuid>>,
    /// 0 looks for hidden gems, 1 for hotspots; left out: the user's preference, or 0.5.
    popularity_bias: Option<f64>,
    /// Fields left out: the user's preference.
    #[schema(value_type = Option<AccessibilityPatch>)]
    accessibility: AccessibilityPatch,
    /// Places that must be visited, whatever their themes; one that can't be is named with the reason.
    #[schema(value_type = Option<Vec<i64>>)]
    include_poi_ids: Vec<i64>,
    /// Places that must not be visited.
    #[schema(value_type = Option<Vec<i64>>)]
    exclude_poi_ids: Vec<i64>,
    /// 0 is the best walk, each further one another for the same wish, with other stops and streets as far as there are any.
    #[schema(value_type = Option<i32>)]
    variant: u8,
    /// Walking speed on level ground in metres a second; left out: 1.33.
    pace: Option<f64>,
    /// Time at which the walk begins, at most 15 minutes ago and a year ahead: streets that are closed at any time of the walk, such
    /// as those of a park at night, are not part of it. Rounded to five minutes; left out: when the walk is made.
    depart_at: Option<DateTime<Utc>>,
}

impl FromFields for RouteBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let start_location = fields.required("start_location", values::point);
        let end_location = values::point(fields, "end_location");
        let duration_minutes = fields.required("duration_minutes", |fields, key| {
            fields.integer(key, limits::MINUTES)
        });
        let interest_theme_ids = fields.uuids("interest_theme_ids", values::THEMES);
        let popularity_bias = fields.number("popularity_bias", 0.0..=1.0);
        let accessibility = values::accessibility(fields, "accessibility");
        let include_poi_ids = fields.big_integers("include_poi_ids", limits::INCLUDED);
        let exclude_poi_ids = fields.big_integers("exclude_poi_ids", EXCLUDED);
        let (include_poi_ids, exclude_poi_ids) = (
            include_poi_ids.unwrap_or_default(),
            exclude_poi_ids.unwrap_or_default(),
        );
        refuse_contradiction(fields, &include_poi_ids, &exclude_poi_ids);
        let variant = fields.integer("variant", 0..=i32::from(limits::VARIANT));
        let pace = fields.number("pace", limits::PACE);
        let depart_at = values::time(fields, "depart_at", EARLIEST, LATEST);
        Some(Self {
            start_location: start_location?,
            end_location,
            duration_minutes: duration_minutes?,
            interest_theme_ids,
            popularity_bias,
            accessibility,
            include_poi_ids,
            exclude_poi_ids,
            variant: variant.unwrap_or_default() as u8,
            pace,
            depart_at,
        })
    }
}

/// Notes each place that must be visited and must not.
fn refuse_contradiction(fields: &mut Fields<'_>, included: &[i64], excluded: &[i64]) {
    for (index, id) in included.iter().enumerate() {
        if excluded.contains(id) {
            fields.fault(
                format_args!("include_poi_ids[{index}]"),
                FaultCode::Duplicate,
                "is in exclude_poi_ids as well; leave it out of one of them",
            );
        }
    }
}

impl RouteBody {
    /// Themes that the request itself names.
    pub fn themes(&self) -> &[Uuid] {
        self.interest_theme_ids.as_deref().unwrap_or_default()
    }

    /// The request in its canonical form, and where each of its values comes from: what the request leaves out, the
    /// user's preferences say.
    pub fn into_params(self, user: &User) -> (RouteParams, Sources) {
        let given = self.interest_theme_ids.filter(|themes| !themes.is_empty());
        let preferred = Some(user.interest_theme_ids.clone()).filter(|themes| !themes.is_empty());
        let (themes, themes_from) = choose(given, preferred);
        let (bias, bias_from) = choose(self.popularity_bias, user.popularity_bias.map(f64::from));
        let wanted = |wanted: bool| wanted.then_some(true);
        let (avoid_stairs, stairs_from) =
            choose(self.accessibility.avoid_stairs, wanted(user.avoid_stairs));
        let (prefer_well_lit, lit_from) = choose(
            self.accessibility.prefer_well_lit,
            wanted(user.prefer_well_lit),
        );
        let accessibility = Accessibility {
            avoid_stairs: avoid_stairs.unwrap_or_default(),
            prefer_well_lit: prefer_well_lit.unwrap_or_default(),
        };
        let params = RouteParams::new(
            self.start_location,
            self.end_location,
            self.duration_minutes.unsigned_abs(),
            themes.unwrap_or_default(),
            bias.unwrap_or(NEUTRAL),
            accessibility,
        )
        .choosing(Choice {
            include: self.include_poi_ids,
            exclude: self.exclude_poi_ids,
            variant: self.variant,
            pace: self.pace.map_or_else(Pace::default, Pace),
            departure: self.depart_at,
        });
        let sources = Sources {
            interest_theme_ids: themes_from,
            popularity_bias: bias_from,
            accessibility: AccessibilitySources {
                avoid_stairs: stairs_from,
                prefer_well_lit: lit_from,
            },
        };
        (params, sources)
    }
}

/// Source of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "preference")]
pub enum Source {
    /// The request.
    Request,
    /// The preferences of the user, for the request left it out.
    Preference,
    /// Neither.
    Default,
}

/// Sources of the values that a request may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "interest_theme_ids": "request",
    "popularity_bias": "default",
    "accessibility": {"avoid_stairs": "preference", "prefer_well_lit": "default"}
}))]
pub struct Sources {
    pub interest_theme_ids: Source,
    pub popularity_bias: Source,
    pub accessibility: AccessibilitySources,
}

/// The same of each part of `accessibility`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"avoid_stairs": "preference", "prefer_well_lit": "default"}))]
pub struct AccessibilitySources {
    pub avoid_stairs: Source,
    pub prefer_well_lit: Source,
}

/// Value that was given, or else is preferred.
fn choose<T>(given: Option<T>, preferred: Option<T>) -> (Option<T>, Source) {
    match (given, preferred) {
        (Some(given), _) => (Some(given), Source::Request),
        (None, Some(preferred)) => (Some(preferred), Source::Preference),
        (None, None) => (None, Source::Default),
    }
}
