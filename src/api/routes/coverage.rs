//! Can a walk begin there at all?

use std::sync::Arc;

use serde_json::json;
use wildside_engine::Point;

use crate::api::error::{ApiError, Fault};
use crate::db::areas::{Area, AreaState, metres_to_walkable_way};
use crate::db::route_requests::WALKABLE_METRES;
use crate::db::{Connection, Pool};
use crate::recent::Recent;
use crate::route_params::RouteParams;

/// The loaded areas as this process saw them last. They change with loads and enrichments; requests come by the hundred.
/// Clones share it.
#[derive(Debug, Default, Clone)]
pub struct Coverage(Recent<Arc<[Area]>>);

impl Coverage {
    /// The areas whose data the walk may use.
    ///
    /// # Errors
    /// `outside_coverage` with the boxes that are loaded, or `not_ready` when nothing is.
    pub async fn within_reach(
        &self,
        db: &Pool,
        params: &RouteParams,
    ) -> Result<Vec<AreaState>, ApiError> {
        let start = params.start();
        self.0.look_ahead(|| {
            let (coverage, db) = (self.clone(), db.clone());
            // If the database is away, whoever has to look says so.
            async move { coverage.look(&db).await }
        });
        let mut areas = match self.0.get() {
            Ok(areas) => areas,
            Err(_turn) => self.look(db).await?,
        };
        if !areas.iter().any(|area| area.covers(start)) {
            // What has just been loaded counts: nobody is refused from memory.
            areas = self.look(db).await?;
            if !areas.iter().any(|area| area.covers(start)) {
                return Err(uncovered(start, &areas));
            }
        }
        let reach = params.reach_metres();
        let within = areas.iter().filter(|area| area.is_within(reach, start));
        Ok(within.map(|area| area.state).collect())
    }

    /// Boundaries are read only when something has changed.
    async fn look(&self, db: &Pool) -> Result<Arc<[Area]>, ApiError> {
        let mut connection = db.get().await?;
        let states = AreaState::all(&mut connection).await?;
        let areas = match self.0.last() {
            Some(areas) if areas.iter().map(|area| area.state).eq(states) => areas,
            _ => Area::all(&mut connection).await?.into(),
        };
        self.0.set(areas.clone());
        Ok(areas)
    }
}

fn uncovered(start: Point, areas: &[Area]) -> ApiError {
    if !areas.is_empty() {
        return outside(start, areas);
    }
    let message = "no street network is loaded yet";
    ApiError::Unavailable {
        message,
        details: vec![Fault::new("", "not_ready", message)],
        retry_after: 30,
    }
}

fn outside(start: Point, areas: &[Area]) -> ApiError {
    let boxes: Vec<_> = areas
        .iter()
        .map(|area| json!({"name": area.name, "bbox": area.bbox()}))
        .collect();
    let swapped = areas.iter().any(|area| {
        let [west, south, east, north] = area.bbox();
        (west..=east).contains(&start.lat) && (south..=north).contains(&start.lon)
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

/// Why a walk with such ends was not accepted: one of them has no street nearby, and how far the nearest is if it is
/// known.
///
/// # Errors
/// The database is away.
pub async fn no_way_nearby(
    connection: &mut Connection,
    params: &RouteParams,
) -> Result<ApiError, ApiError> {
    let start = metres_to_walkable_way(connection, params.start()).await?;
    let (field, metres) = match params.end() {
        Some(end) if start.is_some_and(|metres| metres <= WALKABLE_METRES) => {
            let metres = metres_to_walkable_way(connection, end).await?;
            ("end_location", metres)
        }
        _ => ("start_location", start),
    };
    let fault = Fault::new(
        field,
        "no_walkable_way_nearby",
        "has no street or path for walkers within 250 m",
    );
    let fault = fault.with("nearest_metres", metres.map(f64::round));
    Ok(ApiError::Unprocessable(Box::new(fault)))
}
