//! Places that a walk must visit: each must be there, and near enough.

use wildside_engine::Point;

use crate::api::error::{ApiError, Fault};
use crate::api::fault::FaultCode;
use crate::db::Pool;
use crate::db::city::pois;
use crate::db::ledger::params::RouteParams;

const FIELD: &str = "include_poi_ids";

/// Refuses places that are not there, or further away than the walk gets. What the streets say, a worker finds out.
///
/// # Errors
/// `unknown_place` or `out_of_reach` for the first of them, or the database is away.
pub(super) async fn require(db: &Pool, params: &RouteParams) -> Result<(), ApiError> {
    let ids = params.included();
    if ids.is_empty() {
        return Ok(());
    }
    let places = pois::positions(&mut *db.get().await?, ids).await?;
    let fault = |id: &i64| {
        let Some(place) = places.iter().find(|place| place.id == *id) else {
            let message = format!("there is no place {id}");
            return Some(Fault::new(FIELD, FaultCode::UnknownPlace, message));
        };
        let metres = metres_by_way_of(params, Point::new(place.lon, place.lat));
        (metres > params.reach_metres()).then(|| {
            let message = format!(
                "the place {id} is too far away for a walk of {} minutes; leave it out or take more time",
                params.duration_minutes()
            );
            Fault::new(FIELD, FaultCode::OutOfReach, message)
        })
    };
    match ids.iter().find_map(fault) {
        None => Ok(()),
        Some(first) => Err(ApiError::Unprocessable(Box::new(first))),
    }
}

/// Metres as the crow flies from the start to a place, and on to the end if that is elsewhere.
fn metres_by_way_of(params: &RouteParams, place: Point) -> f64 {
    let ends = params.ends();
    ends.map(|end| end.distance_metres(place)).sum()
}
