//! Cache of the contents of the grid's cells: loaded once and shared.
//!
//! A worker needs the memory of the cities in use, whatever the size of the tables. Cells that are asked for at the same
//! time are loaded once, all that one request misses in one query, or in a few for a very long walk.
//!
//! `quick_cache` keeps and evicts them. The loads are our own: its placeholders stand for one key each, and where a load
//! fails, all who wait for one of them would try again, one after the other, instead of sharing the failure.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use wildside_engine::network::CellId;

use crate::db::{Pool, SharedError};

/// Cells that are loaded with one statement: more than an hour's walk touches, and few enough to be read in time.
const AT_ONCE: usize = 64;
/// Weight of a cell in a city, about.
const USUAL_WEIGHT: usize = 500;

/// Contents of a cell.
pub trait Contents: Send + Sync + Sized + 'static {
    /// Weight against the cache's capacity; never nothing.
    fn weight(&self) -> usize;

    /// Loads cells: each that was asked for, be it empty.
    fn load(
        pool: &Pool,
        cells: &[CellId],
    ) -> impl Future<Output = Result<HashMap<CellId, Arc<Self>>, SharedError>> + Send;
}

type Loaded<T> = Arc<HashMap<CellId, Arc<T>>>;
type Load<T> = Shared<BoxFuture<'static, Result<Loaded<T>, SharedError>>>;

/// A bounded cache of cells; clones share it.
#[derive(Debug)]
pub struct CellCache<T> {
    pool: Pool,
    state: Arc<Mutex<State<T>>>,
}

struct State<T> {
    loaded: Cache<CellId, Arc<T>, ByContents>,
    loading: HashMap<CellId, Load<T>>,
    /// Grows when everything is forgotten; a load that began before must not be kept.
    epoch: u64,
}

#[derive(Debug, Clone)]
struct ByContents;

impl<T: Contents> Weighter<CellId, Arc<T>> for ByContents {
    fn weight(&self, _: &CellId, cell: &Arc<T>) -> u64 {
        cell.weight() as u64
    }
}

impl<T: Contents> CellCache<T> {
    /// An empty cache that keeps cells of a weight of at most about `capacity`.
    pub fn new(pool: Pool, capacity: usize) -> Self {
        let usual = capacity.div_ceil(USUAL_WEIGHT);
        let state = State {
            loaded: Cache::with_weighter(usual, capacity as u64, ByContents),
            loading: HashMap::new(),
            epoch: 0,
        };
        Self {
            pool,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The cells in the order asked, loaded if need be: what is in memory already decides nothing about a walk.
    ///
    /// # Errors
    /// The database is away or slow.
    pub async fn cells(&self, ids: &[CellId]) -> Result<Vec<Arc<T>>, SharedError> {
        let (mut cells, loads) = self.plan(ids);
        for load in loads {
            let loaded = load.await?;
            for (cell, id) in cells.iter_mut().zip(ids) {
                if cell.is_none() {
                    *cell = loaded.get(id).cloned();
                }
            }
        }
        Ok(cells.into_iter().flatten().collect())
    }

    /// Weight of all cells in memory.
    pub fn weight(&self) -> usize {
        self.state().loaded.weight() as usize
    }

    /// Forgets all cells, after a change of what is stored.
    pub fn forget_everything(&self) {
        let mut state = self.state();
        state.loaded.clear();
        state.loading.clear();
        state.epoch += 1;
    }

    /// Cells that are there, by the place of their ids, and the loads to wait for; the missing cells are one new load.
    fn plan(&self, ids: &[CellId]) -> (Vec<Option<Arc<T>>>, Vec<Load<T>>) {
        let mut state = self.state();
        let mut cells = Vec::with_capacity(ids.len());
        let (mut loads, mut missing) = (Vec::<Load<T>>::new(), Vec::new());
        for id in ids {
            let cell = state.loaded.get(id).cloned();
            let is_there = cell.is_some();
            cells.push(cell);
            if is_there {
                continue;
            }
            if let Some(load) = state.loading.get(id) {
                if !loads.iter().any(|known| known.ptr_eq(load)) {
                    loads.push(load.clone());
                }
            } else {
                missing.push(*id);
            }
        }
        if !missing.is_empty() {
            let load = self.load(missing.clone(), state.epoch);
            let loading = missing.into_iter().map(|id| (id, load.clone()));
            state.loading.extend(loading);
            loads.push(load);
        }
        (cells, loads)
    }

    /// Loads cells in a task of its own: a caller's timeout must not cancel a load that others share.
    fn load(&self, ids: Vec<CellId>, epoch: u64) -> Load<T> {
        let cache = self.clone();
        let task = tokio::spawn(async move {
            let loaded = cache.load_all(&ids).await.map(Arc::new);
            cache.keep(&ids, loaded.as_ref().ok(), epoch);
            loaded
        });
        async { task.await.unwrap_or(Err(SharedError::BrokenOff)) }
            .boxed()
            .shared()
    }

    async fn load_all(&self, ids: &[CellId]) -> Result<HashMap<CellId, Arc<T>>, SharedError> {
        let mut loaded = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(AT_ONCE) {
            loaded.extend(T::load(&self.pool, ids).await?);
        }
        Ok(loaded)
    }

    /// Keeps what was loaded, unless it has changed since; a failed load leaves no trace.
    fn keep(&self, ids: &[CellId], loaded: Option<&Loaded<T>>, epoch: u64) {
        let mut state = self.state();
        if state.epoch != epoch {
            return;
        }
        for id in ids {
            state.loading.remove(id);
            if let Some(cell) = loaded.and_then(|cells| cells.get(id)) {
                state.loaded.insert(*id, cell.clone());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for CellCache<T> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            state: self.state.clone(),
        }
    }
}

impl<T> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("loading", &self.loading.len())
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}
