//! Can a walk begin and end there at all?

use std::sync::Arc;

use diesel::QueryResult;
use wildside_engine::Point;
use wildside_engine::walk::limits::METRES_TO_STREET;
use wildside_engine::walk::reach::{OutOfReach, Reach};

use crate::api::error::{ApiError, Fault};
use crate::api::fault::{CoveredArea, FaultCode, FaultFacts, NearestWay};
use crate::db::city::areas::{Area, AreaState, metres_to_walkable_way};
use crate::db::ledger::params::RouteParams;
use crate::db::{Connection, Pool};
use crate::recent::Recent;

/// The loaded areas as this process saw them last. They change with loads and enrichments; requests come by the hundred.
/// Clones share it.
#[derive(Debug, Default, Clone)]
pub struct Coverage(Recent<Arc<[Area]>>);

impl Coverage {
    /// The areas whose data the walk may use.
    ///
    /// # Errors
    /// `out_of_reach` if the end is too far away, `outside_coverage` with the boxes that are loaded if start or end is in
    /// none of them, or `not_ready` when nothing is loaded.
    pub async fn within_reach(
        &self,
        db: &Pool,
        params: &RouteParams,
    ) -> Result<Vec<AreaState>, ApiError> {
        params
            .reach()
            .map_err(|cause| out_of_reach(cause, params))?;
        let mut areas = self.0.read(|| self.look(db)).await?;
        if uncovered_end(params, &areas).is_some() {
            // What has just been loaded counts: nobody is refused from memory.
            areas = self.0.refresh(|| self.look(db)).await?;
            if let Some((field, end)) = uncovered_end(params, &areas) {
                return Err(uncovered(field, end, &areas));
            }
        }
        let (start, reach) = (params.start(), params.reach_metres());
        let within = areas.iter().filter(|area| area.is_within(reach, start));
        Ok(within.map(|area| area.state).collect())
    }

    /// Boundaries are read only when something has changed.
    fn look(&self, db: &Pool) -> impl Future<Output = Result<Arc<[Area]>, ApiError>> + use<> {
        let (db, known) = (db.clone(), self.0.last());
        async move {
            let mut connection = db.get().await?;
            let states = AreaState::all(&mut connection).await?;
            Ok(match known {
                Some(areas) if areas.iter().map(|area| area.state).eq(states) => areas,
                _ => Area::all(&mut connection).await?.into(),
            })
        }
    }
}

/// An end that is too far away, with the cure.
fn out_of_reach(cause: OutOfReach, params: &RouteParams) -> ApiError {
    let fault = Fault::new("end_location", FaultCode::OutOfReach, cause.to_string());
    let fault = match cause {
        OutOfReach::Far {
            metres,
            reach_metres,
            minutes,
        } => fault.with(FaultFacts {
            distance_metres: Some(metres.round()),
            reach_metres: Some(reach_metres.floor()),
            swapped_coordinates_suspected: Some(params.end().is_some_and(|Point { lon, lat }| {
                Reach::of(
                    params.start(),
                    Some(Point::new(lat, lon)),
                    minutes,
                    params.pace(),
                )
                .is_ok()
            })),
            ..FaultFacts::default()
        }),
        OutOfReach::Impossible => fault,
    };
    ApiError::Unprocessable(Box::new(fault))
}

/// The start or the end that no area covers, and its field.
fn uncovered_end(params: &RouteParams, areas: &[Area]) -> Option<(&'static str, Point)> {
    ["start_location.coordinates", "end_location.coordinates"]
        .into_iter()
        .zip(params.ends())
        .find(|(_, end)| !areas.iter().any(|area| area.covers(*end)))
}

fn uncovered(field: &str, end: Point, areas: &[Area]) -> ApiError {
    if !areas.is_empty() {
        return outside(field, end, areas);
    }
    let message = "no street network is loaded yet";
    ApiError::Unavailable {
        message,
        details: vec![Fault::new("", FaultCode::NotReady, message)],
        retry_after: 30,
    }
}

fn outside(field: &str, end: Point, areas: &[Area]) -> ApiError {
    let covered: Vec<_> = areas.iter().map(CoveredArea::from).collect();
    let swapped = covered.iter().any(|area| {
        let [west, south, east, north] = area.bbox;
        (west..=east).contains(&end.lat) && (south..=north).contains(&end.lon)
    });
    let message = if swapped {
        "is outside the areas that are loaded; are longitude and latitude swapped? GeoJSON has the longitude first"
    } else {
        "is outside the areas that are loaded"
    };
    let fault = Fault::new(field, FaultCode::OutsideCoverage, message);
    let fault = fault.with(FaultFacts {
        covered: Some(covered),
        swapped_coordinates_suspected: Some(swapped),
        ..FaultFacts::default()
    });
    ApiError::Unprocessable(Box::new(fault))
}

/// Refusal of a walk that has an end without a street nearby, with how far the nearest is if it is known.
pub async fn no_way_nearby(connection: &mut Connection, params: &RouteParams) -> ApiError {
    let fault = far_from_streets(connection, params).await;
    fault.map_or_else(ApiError::from, |fault| {
        ApiError::Unprocessable(Box::new(fault))
    })
}

async fn far_from_streets(connection: &mut Connection, params: &RouteParams) -> QueryResult<Fault> {
    let start = metres_to_walkable_way(connection, params.start()).await?;
    let (field, metres) = match params.end() {
        Some(end) if start.is_some_and(|metres| metres <= METRES_TO_STREET) => {
            let metres = metres_to_walkable_way(connection, end).await?;
            ("end_location", metres)
        }
        _ => ("start_location", start),
    };
    let fault = Fault::new(
        field,
        FaultCode::NoWalkableWayNearby,
        format!("has no street or path for walkers within {METRES_TO_STREET} m"),
    );
    Ok(fault.with(FaultFacts {
        nearest_metres: Some(NearestWay(metres.map(f64::round))),
        ..FaultFacts::default()
    }))
}
