//! Progress of walkers along their walks. Positions are neither stored nor logged.

use std::sync::Arc;

use anyhow::Context;
use quick_cache::sync::Cache;
use uuid::Uuid;
use wildside_actors::frame::{FrameError, UpdateLocation, WalkProgress};
use wildside_engine::Point;
use wildside_engine::geo::Plane;

use crate::db::Pool;
use crate::db::routes::{Route, RouteDetails, RouteStop};
use crate::telemetry::causes;

/// A walker further from the path than this has left it.
const ON_ROUTE_METRES: f64 = 40.0;
/// Walks kept in memory: each is asked for every few seconds while somebody is on it.
const WALKS: usize = 1_000;

/// The walks of users, by user and route. Somebody with very many of them takes nobody else's place.
type Tracks = Cache<(Uuid, Uuid), Arc<Track>>;

/// Finds walkers on their walks. Clones share the memory.
#[derive(Debug, Clone)]
pub struct Walkers {
    db: Pool,
    walks: Arc<Tracks>,
}

impl Walkers {
    /// Loads walks from `db` as they are asked for.
    pub fn new(db: Pool) -> Self {
        Self {
            db,
            walks: Arc::new(Cache::new(WALKS)),
        }
    }

    /// Position of the user on one of the own walks.
    ///
    /// # Errors
    /// `not_found` or `unavailable`, for the client.
    pub async fn progress(
        &self,
        user_id: Uuid,
        update: UpdateLocation,
    ) -> Result<WalkProgress, FrameError> {
        let route_id = update.route_id;
        let track = self.track(user_id, route_id).await.map_err(|error| {
            tracing::warn!(error = causes::of(&error), "walk not loaded");
            FrameError::new("unavailable", "try again in a moment")
        })?;
        let track = track.ok_or_else(|| FrameError::new("not_found", "there is no such route"))?;
        Ok(track.locate(update.location).progress(route_id))
    }

    async fn track(&self, user_id: Uuid, route_id: Uuid) -> anyhow::Result<Option<Arc<Track>>> {
        let key = (user_id, route_id);
        if let Some(track) = self.walks.get(&key) {
            return Ok(Some(track));
        }
        let mut connection = self.db.get().await?;
        let Some(route) = Route::find_for_user(&mut connection, route_id, user_id).await? else {
            return Ok(None);
        };
        let stops = RouteStop::of_route(&mut connection, route_id).await?;
        let details: RouteDetails =
            serde_json::from_value(route.details).context("details of a stored route")?;
        let starts: Vec<usize> = details
            .legs
            .iter()
            .skip(1)
            .map(|leg| leg.path_start)
            .collect();
        let stops: Vec<_> = stops.iter().map(|stop| stop.poi_id).zip(starts).collect();
        let track = Arc::new(Track::new(&route.path, &stops));
        self.walks.insert(key, track.clone());
        Ok(Some(track))
    }
}

/// A path with the length up to each of its points, and its stops by that length.
#[derive(Debug)]
struct Track {
    points: Vec<Point>,
    metres: Vec<f64>,
    /// Place and metres from the start, in order.
    stops: Vec<(i64, f64)>,
}

/// A place on a track.
#[derive(Debug, PartialEq)]
struct Located {
    metres_off: f64,
    remaining: f64,
    next: Option<(i64, f64)>,
}

impl Track {
    /// `stops` are places with the index of the path's point at which each is visited.
    fn new(points: &[Point], stops: &[(i64, usize)]) -> Self {
        let mut metres = Vec::with_capacity(points.len());
        let mut sum = 0.0;
        for (index, point) in points.iter().enumerate() {
            sum += index
                .checked_sub(1)
                .map_or(0.0, |before| points[before].distance_metres(*point));
            metres.push(sum);
        }
        let at = |index: &usize| metres.get(*index).copied().unwrap_or(sum);
        let stops = stops
            .iter()
            .map(|(poi_id, index)| (*poi_id, at(index)))
            .collect();
        Self {
            points: points.to_vec(),
            metres,
            stops,
        }
    }

    /// The nearest place of the path. Where the path comes by twice, the earlier one: nothing ahead is skipped.
    fn locate(&self, here: Point) -> Located {
        let plane = Plane::around(here);
        let mut best = (f64::INFINITY, 0.0);
        for (index, pair) in self.points.windows(2).enumerate() {
            let (off, share) = plane.nearest_on(pair[0], pair[1]);
            if off + 1.0 < best.0 {
                let along =
                    self.metres[index] + share * (self.metres[index + 1] - self.metres[index]);
                best = (off, along);
            }
        }
        let (metres_off, along) = best;
        let total = self.metres.last().copied().unwrap_or_default();
        let ahead = self.stops.iter().find(|(_, at)| *at > along);
        Located {
            metres_off,
            remaining: total - along,
            next: ahead.map(|(poi_id, at)| (*poi_id, at - along)),
        }
    }
}

impl Located {
    fn progress(self, route_id: Uuid) -> WalkProgress {
        let decimetres = |metres: f64| (metres * 10.0).round() / 10.0;
        WalkProgress {
            route_id,
            on_route: self.metres_off <= ON_ROUTE_METRES,
            metres_off_route: decimetres(self.metres_off),
            remaining_metres: decimetres(self.remaining),
            next_poi_id: self.next.map(|(poi_id, _)| poi_id),
            metres_to_next: self.next.map(|(_, metres)| decimetres(metres)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0.001° of latitude are 111 m: north, and back the same way.
    fn there_and_back() -> Track {
        let points = [
            (0.0, 0.0),
            (0.0, 0.001),
            (0.0, 0.002),
            (0.0, 0.001),
            (0.0, 0.0),
        ];
        Track::new(
            &points.map(|(lon, lat)| Point::new(lon, lat)),
            &[(7, 1), (8, 2)],
        )
    }

    #[test]
    fn the_next_stop_and_what_remains_follow_the_path() {
        let progress = there_and_back()
            .locate(Point::new(0.0001, 0.0015))
            .progress(Uuid::nil());
        assert!(progress.on_route);
        assert!(
            (progress.metres_off_route - 11.1).abs() < 0.2,
            "{progress:?}"
        );
        assert_eq!(progress.next_poi_id, Some(8));
        assert!(
            (progress.metres_to_next.unwrap() - 55.6).abs() < 0.5,
            "{progress:?}"
        );
        assert!(
            (progress.remaining_metres - 278.0).abs() < 1.0,
            "{progress:?}"
        );
    }

    #[test]
    fn far_away_is_off_the_route() {
        let progress = there_and_back()
            .locate(Point::new(0.01, 0.0))
            .progress(Uuid::nil());
        assert!(!progress.on_route);
        assert_eq!(progress.next_poi_id, Some(7));
    }
}
