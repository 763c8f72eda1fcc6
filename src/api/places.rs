//! Places.

use actix_web::http::header::{HeaderValue, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use wildside_engine::Point;

use crate::api::conditional::Tagged;
use crate::api::cost::Dear;
use crate::api::error::ApiError;
use crate::api::extract::{
    ClientAddress, Fields, FromFields, LanguageHeader, LanguageQuery, Named, Params, PathId,
};
use crate::api::fault::FaultCode;
use crate::api::routes::body::GeoJsonPoint;
use crate::api::state::AppState;
use crate::db::city::names::NameLanguage;
use crate::db::city::places::{BoundingBox, Place};

/// The widest box, in degrees.
const WIDEST: f64 = 2.0;

/// A place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": 24_094_959_931_i64,
    "name": "Café de Paris",
    "kind": "cafe",
    "location": {"type": "Point", "coordinates": [7.4251, 43.7389]},
    "tags": {"amenity": "cafe", "name": "Café de Paris"},
    "narrative": null,
    "popularity_score": 0.8,
    "theme_ids": ["f47ac10b-58cc-4372-a567-0e02b2c3d479"],
    "osm_type": "node",
    "osm_id": 2_409_495_993_i64,
    "link": "https://www.openstreetmap.org/node/2409495993"
}))]
pub struct PlaceView {
    id: i64,
    /// In the language asked for, where OpenStreetMap has such a name, else as the place is called on the spot.
    name: Option<String>,
    kind: String,
    location: GeoJsonPoint,
    /// As OpenStreetMap has them.
    #[schema(value_type = std::collections::HashMap<String, String>)]
    tags: Value,
    narrative: Option<String>,
    /// 0 hidden gem to 1 hotspot.
    #[schema(minimum = 0, maximum = 1)]
    popularity_score: Option<f32>,
    theme_ids: Vec<Uuid>,
    osm_type: OsmType,
    osm_id: i64,
    link: String,
}

impl From<Place> for PlaceView {
    fn from(place: Place) -> Self {
        Self {
            id: place.id,
            name: place.name,
            kind: place.kind,
            location: Point::new(place.lon, place.lat).into(),
            tags: place.osm_tags.unwrap_or_else(|| json!({})),
            narrative: place.narrative,
            popularity_score: place.popularity_score,
            theme_ids: place.theme_ids,
            osm_type: OsmType::of(place.id),
            osm_id: place.id / 10,
            link: osm_link(place.id),
        }
    }
}

/// Type of an element in OpenStreetMap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "node")]
pub enum OsmType {
    Node,
    Way,
    Relation,
}

impl OsmType {
    /// The id of a place carries its type.
    const fn of(id: i64) -> Self {
        match id % 10 {
            1 => Self::Node,
            2 => Self::Way,
            _ => Self::Relation,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Way => "way",
            Self::Relation => "relation",
        }
    }
}

/// The page of OpenStreetMap about a place.
pub fn osm_link(id: i64) -> String {
    let kind = OsmType::of(id).as_str();
    format!("https://www.openstreetmap.org/{kind}/{}", id / 10)
}

/// One place.
#[utoipa::path(tag = "places", params(("poi_id" = i64, Path), LanguageQuery, LanguageHeader), responses(
    (status = 200, description = "The place", body = PlaceView),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/pois/{poi_id}")]
pub async fn poi(
    state: Data<AppState>,
    req: HttpRequest,
    PathId(id): PathId<i64>,
    Named(names): Named,
) -> Result<HttpResponse, ApiError> {
    let place = state
        .strangers
        .ask(async |connection| Place::find(connection, id, &names).await)
        .await?
        .ok_or(ApiError::NotFound("place"))?;
    let answer = Tagged::json(&PlaceView::from(place))?;
    Ok(by_language(answer.answer(&req, "public, max-age=300")))
}

/// Says that an answer depends on the language asked for.
fn by_language(mut answer: HttpResponse) -> HttpResponse {
    let vary = HeaderValue::from_static("accept-language");
    answer.headers_mut().append(VARY, vary);
    answer
}

/// Filter of places.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BoxParams {
    /// West, south, east, north in degrees; at most 2° wide and high. West is greater than east in a box across the antimeridian.
    #[param(value_type = String, example = "7.40,43.72,7.44,43.75", pattern = r"^-?\d+(\.\d+)?(,-?\d+(\.\d+)?){3}$")]
    pub(super) bbox: BoundingBox,
    /// Only places of this theme.
    #[param(required = false)]
    pub(super) theme_id: Option<Uuid>,
    /// Places at most.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    pub(super) limit: i32,
}

impl FromFields for BoxParams {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let bbox = fields.required("bbox", bounding_box);
        let theme_id = fields.uuid("theme_id");
        let limit = fields.integer("limit", 1..=100).unwrap_or(20);
        // It is known, and read by `Named`.
        let _ = fields.string("language");
        Some(Self {
            bbox: bbox?,
            theme_id,
            limit,
        })
    }
}

fn bounding_box(fields: &mut Fields<'_>, key: &str) -> Option<BoundingBox> {
    let numbers: Result<Vec<f64>, _> = fields.string(key)?.split(',').map(str::parse).collect();
    let Some([west, south, east, north]) = numbers
        .ok()
        .and_then(|numbers| BoundingBox::try_from(numbers).ok())
    else {
        return fields.wrong_type(key, "must be west,south,east,north");
    };
    let is_longitude = |degrees: &f64| (-180.0..=180.0).contains(degrees);
    let on_earth = [west, east].iter().all(is_longitude) && south >= -90.0 && north <= 90.0;
    // One that crosses the antimeridian has its west in the east (RFC 7946, 5.2).
    let width = if west > east {
        east + 360.0 - west
    } else {
        east - west
    };
    if !on_earth || !(0.0..=WIDEST).contains(&width) || !(0.0..=WIDEST).contains(&(north - south)) {
        fields.fault(
            key,
            FaultCode::OutOfRange,
            "must be a box on the earth, at most 2° wide and high, west and south first",
        );
        return None;
    }
    Some([west, south, east, north])
}

/// The most popular places in a box.
///
/// In a box with thousands of places, these are chosen among the most popular ones of each part of it.
#[utoipa::path(tag = "places", params(BoxParams, LanguageQuery, LanguageHeader), responses(
    (status = 200, description = "The places, most popular first", body = Vec<PlaceView>),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/pois")]
pub async fn pois(
    state: Data<AppState>,
    address: ClientAddress,
    req: HttpRequest,
    Params(params): Params<BoxParams>,
    Named(names): Named,
) -> Result<HttpResponse, ApiError> {
    let look = async {
        Dear::Places.charge(&state, address)?;
        look_up(&state, &params, &names).await
    };
    let answer = state.boxes.get_or_look(&params, &names, look);
    let answer = answer.await?;
    Ok(by_language(answer.answer(&req, "public, max-age=60")))
}

async fn look_up(
    state: &AppState,
    params: &BoxParams,
    names: &NameLanguage,
) -> Result<Tagged, ApiError> {
    let (bbox, theme_id, limit) = (params.bbox, params.theme_id, params.limit.into());
    let places = state
        .strangers
        .ask(async |connection| Place::most_popular(connection, bbox, theme_id, limit, names).await)
        .await?;
    let views: Vec<PlaceView> = places.into_iter().map(PlaceView::from).collect();
    Ok(Tagged::json(&views)?)
}
