//! What is asked for.

use utoipa::ToSchema;
use utoipa::openapi::schema::Object;
use uuid::Uuid;
use wildside_engine::Point;
use wildside_engine::walk::Accessibility;

use crate::api::extract::{Fields, FromFields, values};
use crate::api::users::profile;
use crate::db::users::User;
use crate::route_params::RouteParams;

/// Default of `popularity_bias`: neither hidden gems nor hotspots.
const NEUTRAL: f64 = 0.5;

/// A position in GeoJSON.
#[derive(Debug, serde::Serialize, ToSchema)]
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
    /// Where the walk begins.
    #[schema(value_type = GeoJsonPoint)]
    start_location: Point,
    /// Where it ends; left out: back at its start.
    #[schema(value_type = Option<GeoJsonPoint>)]
    end_location: Option<Point>,
    /// Everything, walking and visits, takes at most this long.
    #[schema(minimum = 15, maximum = 180)]
    duration_minutes: i32,
    /// At most 20; left out or empty: the user's own interests, or all themes if there are none.
    #[schema(max_items = 20)]
    interest_theme_ids: Option<Vec<Uuid>>,
    /// 0 looks for hidden gems, 1 for hotspots; left out: the user's preference, or 0.5.
    #[schema(minimum = 0, maximum = 1)]
    popularity_bias: Option<f64>,
    /// Left out: neither.
    #[schema(value_type = Option<profile::AccessibilityPatch>)]
    accessibility: Option<Accessibility>,
}

impl FromFields for RouteBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let start_location = fields.required("start_location", values::point);
        let end_location = values::point(fields, "end_location");
        let duration_minutes = fields.required("duration_minutes", |fields, key| {
            fields.integer(key, 15..=180)
        });
        let interest_theme_ids = fields.uuids("interest_theme_ids", 0..=20);
        let popularity_bias = fields.number("popularity_bias", 0.0..=1.0);
        let accessibility = values::accessibility(fields, "accessibility");
        Some(Self {
            start_location: start_location?,
            end_location,
            duration_minutes: duration_minutes?,
            interest_theme_ids,
            popularity_bias,
            accessibility,
        })
    }
}

impl RouteBody {
    /// Themes that the request itself names.
    pub fn themes(&self) -> &[Uuid] {
        self.interest_theme_ids.as_deref().unwrap_or_default()
    }

    /// The request in its canonical form; what it leaves out, the user's preferences say.
    pub fn into_params(self, user: &User) -> RouteParams {
        let themes = match self.interest_theme_ids {
            Some(themes) if !themes.is_empty() => themes,
            _ => user.interest_theme_ids.clone(),
        };
        let preference = || user.popularity_bias.map_or(NEUTRAL, f64::from);
        RouteParams::new(
            self.start_location,
            self.end_location,
            self.duration_minutes.unsigned_abs(),
            themes,
            self.popularity_bias.unwrap_or_else(preference),
            self.accessibility.unwrap_or_default(),
        )
    }
}
