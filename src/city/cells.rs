//! Cache of the contents of the grid's cells: loaded once and shared.
//!
//! A worker needs the memory of the cities in use, whatever the size of the tables. Cells that are asked for at the same
//! time are loaded once, all that one request misses in one query, or in a few for a very long walk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use wildside_engine::network::CellId;

use crate::db::{Pool, SharedError};

/// Cells that are loaded with one statement: more than an hour's walk touches, and few enough to be read in time.
const AT_ONCE: usize = 64;

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
    /// The most to keep, by weight.
    capacity: usize,
    state: Arc<Mutex<State<T>>>,
}

#[derive(Debug)]
struct State<T> {
    slots: HashMap<CellId, Slot<T>>,
    /// Of all loaded slots.
    weight: usize,
    /// Grows with each use: the order of uses.
    clock: u64,
    /// Grows when everything is forgotten; a load that began before must not be kept.
    epoch: u64,
}

#[derive(Debug)]
enum Slot<T> {
    Loading(Load<T>),
    Loaded { cell: Arc<T>, used: u64 },
}

impl<T: Contents> CellCache<T> {
    /// An empty cache that keeps cells of a weight of at most about `capacity`.
    pub fn new(pool: Pool, capacity: usize) -> Self {
        let state = State {
            slots: HashMap::new(),
            weight: 0,
            clock: 0,
            epoch: 0,
        };
        Self {
            pool,
            capacity,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The cells, loaded if need be.
    ///
    /// # Errors
    /// The database is away or slow.
    pub async fn cells(&self, ids: &[CellId]) -> Result<Vec<Arc<T>>, SharedError> {
        let (mut cells, loads) = self.plan(ids);
        for load in loads {
            let loaded = load.await?;
            cells.extend(ids.iter().filter_map(|id| loaded.get(id).cloned()));
        }
        Ok(cells)
    }

    /// Of all cells in memory.
    pub fn weight(&self) -> usize {
        self.state().weight
    }

    /// Forgets all: what is stored has changed.
    pub fn forget_everything(&self) {
        let mut state = self.state();
        state.slots.clear();
        state.weight = 0;
        state.epoch += 1;
    }

    /// Cells that are there, and the loads to wait for; the missing cells are one new load.
    fn plan(&self, ids: &[CellId]) -> (Vec<Arc<T>>, Vec<Load<T>>) {
        let mut state = self.state();
        state.clock += 1;
        let now = state.clock;
        let (mut cells, mut loads, mut missing) = (
            Vec::with_capacity(ids.len()),
            Vec::<Load<T>>::new(),
            Vec::new(),
        );
        for id in ids {
            match state.slots.get_mut(id) {
                Some(Slot::Loaded { cell, used }) => {
                    *used = now;
                    cells.push(cell.clone());
                }
                Some(Slot::Loading(load)) if loads.iter().any(|known| known.ptr_eq(load)) => {}
                Some(Slot::Loading(load)) => loads.push(load.clone()),
                None => missing.push(*id),
            }
        }
        if !missing.is_empty() {
            let load = self.load(missing.clone(), state.epoch);
            state.slots.extend(
                missing
                    .into_iter()
                    .map(|id| (id, Slot::Loading(load.clone()))),
            );
            loads.push(load);
        }
        (cells, loads)
    }

    /// Loads cells in a task of its own, so that nobody's patience decides about the others'.
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
        let used = state.clock;
        for id in ids {
            state.slots.remove(id);
            if let Some(cell) = loaded.and_then(|cells| cells.get(id)) {
                let cell = cell.clone();
                state.weight += cell.weight();
                state.slots.insert(*id, Slot::Loaded { cell, used });
            }
        }
        state.evict_down_to(self.capacity);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for CellCache<T> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            capacity: self.capacity,
            state: self.state.clone(),
        }
    }
}

impl<T: Contents> State<T> {
    /// Drops the cells that were not used for longest.
    fn evict_down_to(&mut self, capacity: usize) {
        if self.weight <= capacity {
            return;
        }
        let mut by_use: Vec<(u64, CellId)> = self
            .slots
            .iter()
            .filter_map(|(id, slot)| slot.used().map(|used| (used, *id)))
            .collect();
        by_use.sort_unstable_by_key(|&(used, id)| (used, id));
        for (_, id) in by_use {
            if self.weight <= capacity {
                return;
            }
            if let Some(Slot::Loaded { cell, .. }) = self.slots.remove(&id) {
                self.weight -= cell.weight();
            }
        }
    }
}

impl<T> Slot<T> {
    fn used(&self) -> Option<u64> {
        match self {
            Self::Loading(_) => None,
            Self::Loaded { used, .. } => Some(*used),
        }
    }
}
