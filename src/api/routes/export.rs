//! A walk for other apps: GPX 1.1 and GeoJSON.

use std::fmt::Write;

use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, TryIntoHeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use serde_json::{Value, json};

use super::show::load;
use super::view::{ATTRIBUTION, StopView};
use crate::api::conditional::{OWN, Tagged};
use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, parse_id};
use crate::db::routes::{Route, RouteStop};
use crate::state::AppState;

/// A walk as GPX 1.1: stops as waypoints, the path as a track.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 200, description = "A GPX document", body = String, content_type = "application/gpx+xml"),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/routes/{route_id}.gpx")]
pub async fn route_gpx(
    state: Data<AppState>,
    user: CurrentUser,
    req: HttpRequest,
    path: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&path)?;
    let (route, stops) = load(&mut *state.db.get().await?, id, user.id).await?;
    let document = Tagged::new("application/gpx+xml", gpx(&route, &stops));
    Ok(file(&document, &req, format!("wildside-{id}.gpx")))
}

/// A walk as a GeoJSON `FeatureCollection`: the path, then the stops.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 200, description = "A FeatureCollection", body = Object, content_type = "application/geo+json"),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/routes/{route_id}.geojson")]
pub async fn route_geojson(
    state: Data<AppState>,
    user: CurrentUser,
    req: HttpRequest,
    path: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&path)?;
    let (route, stops) = load(&mut *state.db.get().await?, id, user.id).await?;
    let collection = geojson(&route, stops).to_string();
    let document = Tagged::new("application/geo+json", collection);
    Ok(file(&document, &req, format!("wildside-{id}.geojson")))
}

/// An answer to be saved under a name.
fn file(document: &Tagged, req: &HttpRequest, name: String) -> HttpResponse {
    let mut response = document.answer(req, OWN);
    if let Ok(attachment) = ContentDisposition::attachment(name).try_into_value() {
        response
            .headers_mut()
            .insert(CONTENT_DISPOSITION, attachment);
    }
    response
}

fn gpx(route: &Route, stops: &[RouteStop]) -> String {
    let mut xml = String::with_capacity(256 + 64 * route.path.len());
    // Writing to a string can't fail.
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"Wildside\" xmlns=\"http://www.topografix.com/GPX/1/1\">\
         <metadata><name>Wildside walk</name><copyright author=\"OpenStreetMap contributors\">\
         <license>https://www.openstreetmap.org/copyright</license></copyright><time>{}</time></metadata>",
        route
            .created_at
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    );
    for stop in stops {
        let _ = write!(xml, "<wpt lat=\"{}\" lon=\"{}\">", stop.lat, stop.lon);
        for (tag, text) in [("name", &stop.name), ("desc", &stop.narrative)] {
            if let Some(text) = text {
                let _ = write!(xml, "<{tag}>{}</{tag}>", escape(text));
            }
        }
        xml.push_str("</wpt>");
    }
    xml.push_str("<trk><name>Wildside walk</name><trkseg>");
    for point in &route.path {
        let _ = write!(xml, "<trkpt lat=\"{}\" lon=\"{}\"/>", point.lat, point.lon);
    }
    xml.push_str("</trkseg></trk></gpx>\n");
    xml
}

/// Text for XML 1.0, which has no place for most control characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

fn geojson(route: &Route, stops: Vec<RouteStop>) -> Value {
    let path = json!({
        "type": "Feature",
        "id": route.id,
        "geometry": super::view::GeoJsonLine::from(route.path.as_slice()),
        "properties": {
            "kind": "path",
            "distance_metres": route.distance_metres,
            "duration_seconds": route.duration_seconds,
        },
    });
    let stops = stops.into_iter().map(StopView::from).map(|stop| {
        json!({
            "type": "Feature",
            "id": stop.id,
            "geometry": stop.location,
            "properties": {
                "kind": "stop",
                "position": stop.position,
                "name": stop.name,
                "narrative": stop.narrative,
                "popularity_score": stop.popularity_score,
                "theme_ids": stop.theme_ids,
                "arrive_after_seconds": stop.arrive_after_seconds,
                "visit_seconds": stop.visit_seconds,
            },
        })
    });
    let features: Vec<Value> = std::iter::once(path).chain(stops).collect();
    json!({"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features})
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn names_can_break_nothing() {
        assert_eq!(
            escape("Café <Zoë> & \u{0}\u{7}展望台\u{ffff}"),
            "Café &lt;Zoë&gt; &amp; 展望台"
        );
    }
}
