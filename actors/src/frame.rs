//! The WebSocket frames: flat JSON objects with a `type`.

use bytestring::ByteString;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use wildside_engine::Point;
use wildside_engine::walk::Maneuver;

use crate::event::{Status, StatusError, StatusEvent};

/// Frame from the server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// A request of the user has reached a status.
    RouteGenerationStatus {
        /// The request.
        request_id: Uuid,
        /// The status it has reached.
        status: Status,
        /// The route, once complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        route_id: Option<Uuid>,
        /// The cause, once failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a StatusError>,
        /// Share of the work done, 0 to 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        progress: Option<f32>,
        /// Stage that is being worked on.
        #[serde(skip_serializing_if = "Option::is_none")]
        stage: Option<&'a str>,
        /// Time at which the status was reached.
        updated_at: DateTime<Utc>,
    },
    /// Progress of a walker on a route: the answer to `update_location`.
    WalkProgress(WalkProgress),
    /// A frame could not be served.
    Error(FrameError),
}

impl ServerFrame<'_> {
    /// The frame as JSON text.
    pub fn to_text(&self) -> ByteString {
        // Strings, numbers and ids always serialise.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

impl<'a> From<&'a StatusEvent> for ServerFrame<'a> {
    fn from(event: &'a StatusEvent) -> Self {
        Self::RouteGenerationStatus {
            request_id: event.request_id,
            status: event.status,
            route_id: event.route_id,
            error: event.error.as_ref(),
            progress: event.progress,
            stage: event.stage.as_deref(),
            updated_at: event.updated_at,
        }
    }
}

/// Progress of a walker on a route.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WalkProgress {
    /// The route.
    pub route_id: Uuid,
    /// True if the walker is near enough to the route to be called on it.
    pub on_route: bool,
    /// Distance to the nearest point of the route.
    pub metres_off_route: f64,
    /// Length of the route that is left.
    pub remaining_metres: f64,
    /// The next stop, unless all are behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_poi_id: Option<i64>,
    /// Distance along the route to the next stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metres_to_next: Option<f64>,
    /// Instruction to follow next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_instruction: Option<NextInstruction>,
}

/// Instruction that a walker follows next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NextInstruction {
    /// Manoeuvre to make.
    pub maneuver: NextManeuver,
    /// Sentence in the language of the connection.
    pub text: String,
    /// Distance until it is made; of the way back, that to the route.
    pub metres: f64,
    /// Name of the street that follows, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// Compass bearing that follows in degrees; of the way back, that to the route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearing: Option<u16>,
}

/// Manoeuvre of a step, or one that no step begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NextManeuver {
    /// The next stop is reached.
    Arrive,
    /// The walk ends.
    Finish,
    /// Turn round: the route has been left.
    Return,
    /// That of a step.
    #[serde(untagged)]
    Step(Maneuver),
}

/// Error of a frame that could not be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct FrameError {
    /// A stable machine code.
    pub code: &'static str,
    /// A sentence that a developer understands.
    pub message: String,
}

impl FrameError {
    /// An error from its code and message.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Frame from a client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClientFrame {
    /// Here I am on that route.
    UpdateLocation(UpdateLocation),
}

/// A walker's position on a route. Neither stored nor logged.
#[derive(Clone, Copy, PartialEq)]
pub struct UpdateLocation {
    /// The route being walked.
    pub route_id: Uuid,
    /// Position of the walker.
    pub location: Point,
}

impl std::fmt::Debug for UpdateLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpdateLocation")
            .field("route_id", &self.route_id)
            .finish_non_exhaustive()
    }
}

impl ClientFrame {
    /// Reads a frame; keys may be in `snake_case` or `camelCase`.
    ///
    /// # Errors
    /// [`FrameError`] says what is wrong: `invalid_json`, `unknown_type`, `invalid_frame` or `out_of_range`.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|_| FrameError::new("invalid_json", "the frame is not JSON"))?;
        match value.get("type").and_then(Value::as_str) {
            Some("update_location" | "updateLocation") => {
                update_location(value).map(Self::UpdateLocation)
            }
            Some(_) => Err(FrameError::new("unknown_type", "no frame has this type")),
            None => Err(FrameError::new(
                "invalid_frame",
                "the frame is no object with a type",
            )),
        }
    }
}

#[derive(Deserialize)]
struct RawUpdateLocation {
    #[serde(alias = "routeId")]
    route_id: Uuid,
    location: RawPoint,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum RawPoint {
    Point { coordinates: (f64, f64) },
}

fn update_location(value: Value) -> Result<UpdateLocation, FrameError> {
    let raw: RawUpdateLocation = serde_json::from_value(value).map_err(|_| {
        FrameError::new(
            "invalid_frame",
            "update_location needs a route_id and a GeoJSON Point as location",
        )
    })?;
    let RawPoint::Point {
        coordinates: (lon, lat),
    } = raw.location;
    if !(-180.0..=180.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) {
        return Err(FrameError::new(
            "out_of_range",
            "coordinates are longitude, latitude in degrees",
        ));
    }
    Ok(UpdateLocation {
        route_id: raw.route_id,
        location: Point { lon, lat },
    })
}
