//! Can a walk begin there at all?

use serde_json::json;
use wildside_engine::Point;

use crate::api::error::{ApiError, Fault};
use crate::db::Connection;
use crate::db::areas::{Area, AreaState, metres_to_walkable_way};
use crate::route_params::RouteParams;

/// A walker goes at most this far to the first street.
const WALKABLE_METRES: f64 = 250.0;

/// The areas whose data the walk may use.
///
/// # Errors
/// `outside_coverage` with the boxes that are loaded, or `not_ready` when nothing is.
pub async fn areas_within_reach(
    connection: &mut Connection,
    params: &RouteParams,
) -> Result<Vec<AreaState>, ApiError> {
    let areas = AreaState::within_reach(connection, params.start(), params.reach_metres()).await?;
    if areas.iter().any(|area| area.covers_start) {
        return Ok(areas);
    }
    let all = Area::all(connection).await?;
    if all.is_empty() {
        let fault = Fault::new("", "not_ready", "no street network is loaded yet");
        return Err(ApiError::Unavailable {
            message: "no street network is loaded yet",
            details: vec![fault],
            retry_after: 30,
        });
    }
    Err(outside(params.start(), &all))
}

fn outside(start: Point, areas: &[Area]) -> ApiError {
    let boxes: Vec<_> = areas
        .iter()
        .map(|area| json!({"name": area.name, "bbox": [area.west, area.south, area.east, area.north]}))
        .collect();
    let swapped = areas.iter().any(|area| {
        (area.west..=area.east).contains(&start.lat)
            && (area.south..=area.north).contains(&start.lon)
    });
    let message = if swapped {
        "is outside the areas that are loaded; are longitude and latitude swapped? GeoJSON has the longitude first"
    } else {
        "is outside the areas that are loaded"
    };
    let fault = Fault::new("start_location.coordinates", "outside_coverage", message);
    let fault = fault
        .with("covered", boxes)
        .with("swapped_coordinates_suspected", swapped);
    ApiError::Unprocessable(Box::new(fault))
}

/// Refuses a start or an end without a street nearby.
///
/// # Errors
/// `no_walkable_way_nearby` with the distance to the nearest, if it is known.
pub async fn check_walkable(
    connection: &mut Connection,
    params: &RouteParams,
) -> Result<(), ApiError> {
    let ends = [
        ("start_location", Some(params.start())),
        ("end_location", params.end()),
    ];
    for (field, position) in ends {
        let Some(position) = position else { continue };
        let metres = metres_to_walkable_way(connection, position).await?;
        if metres.is_none_or(|metres| metres > WALKABLE_METRES) {
            let fault = Fault::new(
                field,
                "no_walkable_way_nearby",
                "has no street or path for walkers within 250 m",
            )
            .with("nearest_metres", metres.map(f64::round));
            return Err(ApiError::Unprocessable(Box::new(fault)));
        }
    }
    Ok(())
}
