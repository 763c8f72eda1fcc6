//! Cache of places by cell, from which the shortlists of requests are chosen.
//!
//! A request names the generations of the areas that it was accepted with; places that are older are forgotten first.
//! All else that changes them is noticed within a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use wildside_engine::network::CellId;
use wildside_engine::walk::reach::Reach;
use wildside_engine::walk::shortlist;
use wildside_engine::{Poi, Point, bounding_box};

use crate::city::cells::{CellCache, Contents};
use crate::db::city::areas::AreaState;
use crate::db::city::pois;
use crate::db::ledger::params::RouteParams;
use crate::db::{Pool, SharedError};

/// A choice among more takes a millisecond and longer, and is made away from the runtime's threads, as is one by the hour.
const CHOSEN_AT_ONCE: usize = 5_000;
/// Longest life of the knowledge of the generations.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The places of a cell.
#[derive(Debug, Default)]
struct Places(Vec<Poi>);

impl Contents for Places {
    /// The places; an empty cell takes some room too.
    fn weight(&self) -> usize {
        self.0.len().max(1)
    }

    async fn load(pool: &Pool, ids: &[CellId]) -> Result<HashMap<CellId, Arc<Self>>, SharedError> {
        let (centre, metres) = circle_around(ids);
        let found = pois::near(&mut *pool.get().await?, centre, metres).await?;
        let mut cells: HashMap<CellId, Self> =
            ids.iter().map(|id| (*id, Self::default())).collect();
        for poi in found {
            if let Some(cell) = cells.get_mut(&CellId::of(poi.location)) {
                cell.0.push(poi);
            }
        }
        let shared = cells.into_iter().map(|(id, cell)| (id, Arc::new(cell)));
        Ok(shared.collect())
    }
}

/// Centre and metres of a circle that holds the cells.
fn circle_around(ids: &[CellId]) -> (Point, f64) {
    let corners = ids.iter().flat_map(|id| <[Point; 2]>::from(id.corners()));
    let (low, high) = bounding_box(corners, 0.0);
    let centre = low.towards(high, 0.5);
    let to_corner = |lat| centre.distance_metres(Point::new(high.lon, lat));
    (centre, to_corner(low.lat).max(to_corner(high.lat)) + 1.0)
}

/// A bounded cache of places; clones share it.
#[derive(Debug, Clone)]
pub struct PlaceCache {
    pool: Pool,
    cells: CellCache<Places>,
    /// Held while the generations are looked up: nobody takes a place that is about to be found outdated.
    known: Arc<Mutex<Known>>,
}

/// The generations that the places in memory have at least.
#[derive(Debug, Default)]
struct Known {
    areas: Vec<AreaState>,
    checked: Option<Instant>,
}

impl PlaceCache {
    /// An empty cache that keeps at most about `capacity` places (some 120 bytes each).
    pub fn new(pool: Pool, capacity: usize) -> Self {
        Self {
            cells: CellCache::new(pool.clone(), capacity),
            pool,
            known: Arc::default(),
        }
    }

    /// Shortlist of a request with this departure and reach, from places that are still there in the data of `areas` or newer. Without any
    /// areas, in the data that there are now.
    ///
    /// # Errors
    /// The database is away or slow.
    pub async fn candidates(
        &self,
        params: &RouteParams,
        departure: DateTime<Utc>,
        reach: Reach,
        areas: &[AreaState],
    ) -> Result<Vec<Poi>, SharedError> {
        self.forget_if_older_than(areas).await?;
        let cells = self.cells.cells(&reach.place_cells()).await?;
        let mut request = params.to_walk_request();
        request.choice.departure = Some(departure);
        let count: usize = cells.iter().map(|cell| cell.0.len()).sum();
        let has_hours = |cell: &Arc<Places>| cell.0.iter().any(|poi| poi.hours.is_some());
        let has_hours = cells.iter().any(has_hours);
        let choose = move || shortlist::choose(cells.iter().flat_map(|cell| &cell.0), &request);
        if count <= CHOSEN_AT_ONCE && !has_hours {
            return Ok(choose());
        }
        tokio::task::spawn_blocking(choose)
            .await
            .map_err(|_| SharedError::BrokenOff)
    }

    async fn forget_if_older_than(&self, wanted: &[AreaState]) -> Result<(), SharedError> {
        let mut known = self.known.lock().await;
        let is_known = !wanted.is_empty() && wanted.iter().all(|area| known.has(*area));
        if known.is_fresh() && is_known {
            return Ok(());
        }
        let areas = AreaState::all(&mut *self.pool.get().await?).await?;
        known.checked = Some(Instant::now());
        if known.areas != areas {
            known.areas = areas;
            self.cells.forget_everything();
        }
        Ok(())
    }
}

impl Known {
    fn is_fresh(&self) -> bool {
        self.checked
            .is_some_and(|checked| checked.elapsed() < CHECK_INTERVAL)
    }

    fn has(&self, wanted: AreaState) -> bool {
        let same = |area: &&AreaState| area.id == wanted.id;
        let area = self.areas.iter().find(same);
        area.is_some_and(|area| area.generation >= wanted.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_holds_its_cells() {
        for (west, east) in [(24.9, 25.0), (179.95, -179.95)] {
            let ids = CellId::covering(Point::new(west, 60.1), Point::new(east, 60.2));
            let (centre, metres) = circle_around(&ids);
            assert!(metres < 12_000.0, "{metres}");
            for (south_west, north_east) in ids.iter().map(|id| id.corners()) {
                assert!(centre.distance_metres(south_west) <= metres);
                assert!(centre.distance_metres(north_east) <= metres);
            }
        }
    }
}
