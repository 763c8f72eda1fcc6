//! The places in memory, and the choice among them of those that a walk may visit.
//!
//! A request names the generations of the areas that it was accepted with; places that are older are forgotten first.
//! Whatever else changes them is noticed within a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use tokio::sync::Mutex;
use wildside_engine::network::CellId;
use wildside_engine::places::ThemeId;
use wildside_engine::walk::reach::Reach;
use wildside_engine::{Poi, Point, bounding_box};

use crate::city::cells::{CellCache, Contents};
use crate::db::city::areas::AreaState;
use crate::db::city::pois;
use crate::db::ledger::params::RouteParams;
use crate::db::{Pool, SharedError};

/// As many places as the engine may have to look at. Where there are more, each theme sends its best.
const MAX_CANDIDATES: usize = 1000;
/// A choice among more takes a millisecond and longer, and is made away from the runtime's threads.
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
    let centre = Point::new(low.lon.midpoint(high.lon), low.lat.midpoint(high.lat));
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

    /// The places that a walk with this reach may visit, by id: of the themes asked for, still there in the data of
    /// `areas` or newer. Without any areas, in the data that there are now.
    ///
    /// # Errors
    /// The database is away or slow.
    pub async fn candidates(
        &self,
        params: &RouteParams,
        reach: Reach,
        areas: &[AreaState],
    ) -> Result<Vec<Poi>, SharedError> {
        self.forget_if_older_than(areas).await?;
        let cells = self.cells.cells(&reach.cells(0.0)).await?;
        if cells.iter().map(|cell| cell.weight()).sum::<usize>() <= CHOSEN_AT_ONCE {
            return Ok(choose(&cells, params, MAX_CANDIDATES));
        }
        let params = params.clone();
        tokio::task::spawn_blocking(move || choose(&cells, &params, MAX_CANDIDATES))
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

/// A place within reach.
#[derive(Debug, Clone, Copy)]
struct Near<'a> {
    poi: &'a Poi,
    /// From the start.
    metres: f64,
}

/// The places within reach; no more than `most`.
///
/// Each theme ranks its places by weight, by how well their popularity suits the bias, and by nearness; the places
/// are taken rank by rank, so that a theme with many does not push out one with few.
fn choose(cells: &[Arc<Places>], params: &RouteParams, most: usize) -> Vec<Poi> {
    let all = cells.iter().flat_map(|cell| &cell.0);
    let mut chosen: Vec<Near> = all.filter_map(|poi| within_reach(poi, params)).collect();
    if chosen.len() > most {
        chosen = best(&chosen, params, most);
    }
    chosen.sort_unstable_by_key(|near| near.poi.id);
    chosen
        .into_iter()
        .map(|near| Poi {
            themes: themes_asked_for(near.poi, params).collect(),
            ..near.poi.clone()
        })
        .collect()
}

/// A walk with an end of its own stays within an ellipse around both.
fn within_reach<'a>(poi: &'a Poi, params: &RouteParams) -> Option<Near<'a>> {
    themes_asked_for(poi, params).next()?;
    let metres = params.start().distance_metres(poi.location);
    let to_end = params
        .end()
        .map_or(0.0, |end| end.distance_metres(poi.location));
    (metres + to_end <= params.reach_metres()).then_some(Near { poi, metres })
}

/// The themes of the place that count, with their weights.
fn themes_asked_for<'a>(
    poi: &'a Poi,
    params: &'a RouteParams,
) -> impl Iterator<Item = (ThemeId, f32)> + 'a {
    let asked = params.themes();
    let counts = move |theme: &ThemeId| asked.is_empty() || asked.binary_search(&theme.0).is_ok();
    poi.themes
        .iter()
        .copied()
        .filter(move |(theme, _)| counts(theme))
}

fn best<'a>(places: &[Near<'a>], params: &RouteParams, most: usize) -> Vec<Near<'a>> {
    let taste = 2.0 * params.popularity_bias() - 1.0;
    let reach = params.reach_metres();
    let mut of_theme: FxHashMap<ThemeId, Vec<(f64, usize)>> = FxHashMap::default();
    for (index, Near { poi, metres }) in places.iter().enumerate() {
        let suits = 1.0 + taste * (2.0 * f64::from(poi.popularity) - 1.0);
        for (theme, weight) in themes_asked_for(poi, params) {
            let score = f64::from(weight) * suits / (1.0 + metres / reach);
            of_theme.entry(theme).or_default().push((score, index));
        }
    }
    let mut best_rank = vec![usize::MAX; places.len()];
    for ranked in of_theme.values_mut() {
        let id = |index: usize| places[index].poi.id;
        ranked.sort_unstable_by(|one, other| {
            other.0.total_cmp(&one.0).then(id(one.1).cmp(&id(other.1)))
        });
        for (rank, (_, index)) in ranked.iter().enumerate() {
            best_rank[*index] = best_rank[*index].min(rank);
        }
    }
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_unstable_by_key(|&index| (best_rank[index], places[index].poi.id));
    order
        .into_iter()
        .take(most)
        .map(|index| places[index])
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use wildside_engine::places::KindId;
    use wildside_engine::walk::Accessibility;

    use super::*;

    const START: Point = Point::new(7.42, 43.73);

    fn theme(number: u128) -> ThemeId {
        ThemeId(Uuid::from_u128(number))
    }

    /// A place so many metres north of the start.
    fn poi(id: i64, metres: f64, themes: &[(u128, f32)]) -> Poi {
        Poi {
            id,
            location: Point::new(START.lon, START.lat + metres / 111_195.0),
            kind: KindId(0),
            themes: themes
                .iter()
                .map(|&(number, weight)| (theme(number), weight))
                .collect(),
            popularity: 0.5,
        }
    }

    fn chosen(pois: Vec<Poi>, themes: Vec<Uuid>, end: Option<Point>, most: usize) -> Vec<Poi> {
        let params = RouteParams::new(START, end, 60, themes, 0.5, Accessibility::default());
        choose(&[Arc::new(Places(pois))], &params, most)
    }

    fn ids(pois: &[Poi]) -> Vec<i64> {
        pois.iter().map(|poi| poi.id).collect()
    }

    #[test]
    fn places_are_taken_rank_by_rank_whatever_their_theme() {
        let pois = || {
            vec![
                poi(4, 300.0, &[(1, 0.8)]),
                poi(5, 100.0, &[(1, 0.8)]),
                poi(7, 200.0, &[(1, 0.8), (2, 0.1)]),
                poi(9, 400.0, &[(2, 0.8)]),
            ]
        };
        let best = |most| ids(&chosen(pois(), Vec::new(), None, most));
        assert_eq!(best(4), [4, 5, 7, 9]);
        assert_eq!(best(3), [5, 7, 9]);
        assert_eq!(best(2), [5, 9]);
    }

    #[test]
    fn only_themes_asked_for_count() {
        let pois = vec![
            poi(1, 100.0, &[(1, 0.8)]),
            poi(2, 100.0, &[(1, 0.8), (2, 0.3)]),
        ];
        let chosen = chosen(pois, vec![theme(2).0], None, 9);
        assert_eq!(ids(&chosen), [2]);
        assert_eq!(chosen[0].themes, [(theme(2), 0.3)]);
    }

    #[test]
    fn what_is_out_of_reach_is_left_out() {
        // An hour out and back reaches 2,160 m; with an end elsewhere, both ways together reach twice as far.
        let pois = || {
            vec![
                poi(1, 2_100.0, &[(1, 1.0)]),
                poi(2, 2_200.0, &[(1, 1.0)]),
                poi(3, 4_400.0, &[(1, 1.0)]),
            ]
        };
        assert_eq!(ids(&chosen(pois(), Vec::new(), None, 9)), [1]);
        let end = pois()[1].location;
        assert_eq!(ids(&chosen(pois(), Vec::new(), Some(end), 9)), [1, 2]);
    }

    #[test]
    fn a_circle_holds_its_cells() {
        let ids = CellId::covering(Point::new(24.9, 60.1), Point::new(25.0, 60.2));
        let (centre, metres) = circle_around(&ids);
        for (south_west, north_east) in ids.iter().map(|id| id.corners()) {
            assert!(centre.distance_metres(south_west) <= metres);
            assert!(centre.distance_metres(north_east) <= metres);
        }
    }
}
