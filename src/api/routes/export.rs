//! A walk for other apps: GPX 1.1 and GeoJSON.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, TryIntoHeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::geojson::RouteFeatures;
use super::gpx::gpx;
use super::show::{load, name_language};
use crate::api::conditional::{OWN, Tagged};
use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, LanguageHeader, LanguageQuery, Named, Spoken, parse_id};
use crate::api::state::AppState;
use crate::db::routes::Route;
use crate::guidance::Language;

/// A walk as GPX 1.1: stops as waypoints, the path as a track.
///
/// Names of stops begin with their number, so that apps that sort keep the order. For apps that navigate from stop to
/// stop there is also a route of the stops; a second route has each instruction as the `desc` of a point.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path), LanguageQuery, LanguageHeader), responses(
    (status = 200, description = "A GPX document", content_type = "application/gpx+xml",
        body = inline(GpxDocument),
        headers(("Content-Disposition" = String, description = "Names the file"),
            ("Content-Language" = String, description = "Language of the instructions"))),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/routes/{route_id}.gpx")]
pub async fn route_gpx(
    state: Data<AppState>,
    user: CurrentUser,
    req: HttpRequest,
    path: Path<String>,
    Spoken(language): Spoken,
    Named(names): Named,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&path)?;
    let (route, stops) = load(&mut *state.db.get().await?, id, user.id, &names).await?;
    let document = Tagged::new("application/gpx+xml", gpx(&route, &stops, language));
    Ok(file(&document, &req, (&route, "gpx"), language))
}

/// A walk as a GeoJSON `FeatureCollection`: the path, then the stops, then the instructions.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path), LanguageQuery, LanguageHeader), responses(
    (status = 200, description = "A FeatureCollection", body = RouteFeatures, content_type = "application/geo+json",
        headers(("Content-Disposition" = String, description = "Names the file"),
            ("Content-Language" = String, description = "Language of the instructions"))),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/routes/{route_id}.geojson")]
pub async fn route_geojson(
    state: Data<AppState>,
    user: CurrentUser,
    req: HttpRequest,
    path: Path<String>,
    Spoken(language): Spoken,
    Named(names): Named,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&path)?;
    let (route, stops) = load(&mut *state.db.get().await?, id, user.id, &names).await?;
    let collection = serde_json::to_vec(&RouteFeatures::new(&route, stops, language))
        .map_err(|error| ApiError::Internal(error.into()))?;
    let document = Tagged::new("application/geo+json", collection);
    Ok(file(&document, &req, (&route, "geojson"), language))
}

/// A GPX document, as the description has it: bytes, since hardly any generated client knows its media type.
#[derive(Debug)]
pub struct GpxDocument;

impl PartialSchema for GpxDocument {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .into()
    }
}

impl ToSchema for GpxDocument {}

/// Title of a walk: its name, else `Walk of 58 min, 4.2 km, 2026-11-30`.
pub fn title(route: &Route) -> String {
    route.name.clone().unwrap_or_else(|| description(route))
}

fn description(route: &Route) -> String {
    format!(
        "Walk of {} min, {:.1} km, {}",
        minutes(route.duration_seconds),
        route.distance_metres / 1000.0,
        route.created_at.format("%F")
    )
}

/// Whole minutes, rounded up.
pub const fn minutes(seconds: i32) -> u32 {
    seconds.unsigned_abs().div_ceil(60)
}

/// An answer to be saved under the name of the walk.
fn file(
    document: &Tagged,
    req: &HttpRequest,
    (route, extension): (&Route, &str),
    language: Language,
) -> HttpResponse {
    let name = description(route).replace(", ", "-").replace(' ', "-");
    let name = format!("{}.{extension}", name.to_lowercase());
    let mut response = document.answer(req, OWN);
    name_language(&mut response, language);
    if let Ok(attachment) = ContentDisposition::attachment(name).try_into_value() {
        response
            .headers_mut()
            .insert(CONTENT_DISPOSITION, attachment);
    }
    response
}
