//! The streets in memory: cells of the walk network, decoded once and shared.
//!
//! A worker needs the memory of the cities in use, whatever the size of the table. Cells that are asked for at the
//! same time are loaded once, all that one request misses in one query, and decoded away from the runtime's threads.
//! When a load changes the streets, everything is forgotten within a second.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use wildside_engine::network::{Cell, CellId};

use crate::db::walk_network::{self, NetworkVersion, StoredEdge};
use crate::db::{self, Pool};

/// How old the knowledge of the stored version may be.
const VERSION_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Why no streets could be had. Shared by all who waited for the same load.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NetworkError {
    /// No connection to the database.
    #[error("no database connection: {0}")]
    Pool(Arc<db::PoolError>),
    /// The query failed.
    #[error("can't load streets: {0}")]
    Query(Arc<diesel::result::Error>),
    /// The decoding was broken off: the process ends.
    #[error("loading streets was broken off")]
    Cancelled,
}

type Cells = Arc<HashMap<CellId, Arc<Cell>>>;
type Load = Shared<BoxFuture<'static, Result<Cells, NetworkError>>>;

/// A bounded cache of cells; clones share it.
#[derive(Debug, Clone)]
pub struct NetworkCache {
    pool: Pool,
    /// Most edges to keep.
    capacity: usize,
    state: Arc<Mutex<State>>,
    /// Held while the version is looked up: nobody takes a cell of a version that is about to be found outdated.
    known: Arc<tokio::sync::Mutex<Known>>,
}

#[derive(Debug, Default)]
struct State {
    slots: HashMap<CellId, Slot>,
    /// Edges in all loaded slots.
    edges: usize,
    /// Grows with each use: the order of uses.
    clock: u64,
    /// Grows when everything is forgotten; a load that began before must not be kept.
    epoch: u64,
}

/// What is known of the stored streets.
#[derive(Debug, Default)]
struct Known {
    version: NetworkVersion,
    checked: Option<Instant>,
}

#[derive(Debug)]
enum Slot {
    Loading(Load),
    Loaded { cell: Arc<Cell>, used: u64 },
}

impl NetworkCache {
    /// An empty cache that keeps at most about `capacity` edges (some 200 bytes each).
    pub fn new(pool: Pool, capacity: usize) -> Self {
        Self {
            pool,
            capacity,
            state: Arc::default(),
            known: Arc::default(),
        }
    }

    /// The cells, loaded if need be.
    ///
    /// # Errors
    /// The database is away or slow.
    pub async fn cells(&self, ids: &[CellId]) -> Result<Vec<Arc<Cell>>, NetworkError> {
        self.forget_if_changed().await?;
        let (mut cells, loads) = self.plan(ids);
        for load in loads {
            let loaded = load.await?;
            cells.extend(ids.iter().filter_map(|id| loaded.get(id).cloned()));
        }
        Ok(cells)
    }

    /// Edges in memory.
    pub fn edges(&self) -> usize {
        self.state().edges
    }

    /// What is there, and the loads to wait for; the missing cells are one new load.
    fn plan(&self, ids: &[CellId]) -> (Vec<Arc<Cell>>, Vec<Load>) {
        let mut state = self.state();
        state.clock += 1;
        let now = state.clock;
        let (mut cells, mut loads, mut missing) = (
            Vec::with_capacity(ids.len()),
            Vec::<Load>::new(),
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
    fn load(&self, ids: Vec<CellId>, epoch: u64) -> Load {
        let cache = self.clone();
        let task = tokio::spawn(async move {
            let loaded = cache.fetch(&ids).await;
            cache.keep(&ids, loaded.as_ref().ok(), epoch);
            loaded
        });
        async { task.await.unwrap_or(Err(NetworkError::Cancelled)) }
            .boxed()
            .shared()
    }

    async fn fetch(&self, ids: &[CellId]) -> Result<Cells, NetworkError> {
        let edges = {
            let mut connection = self.pool.get().await.map_err(pool_error)?;
            StoredEdge::of_cells(&mut connection, ids)
                .await
                .map_err(query_error)?
        };
        let ids = ids.to_vec();
        let decoded =
            tokio::task::spawn_blocking(move || StoredEdge::into_cells(edges, &ids)).await;
        decoded.map(Arc::new).map_err(|_| NetworkError::Cancelled)
    }

    /// Keeps what was loaded, unless the streets have changed since; a failed load leaves no trace.
    fn keep(&self, ids: &[CellId], loaded: Option<&Cells>, epoch: u64) {
        let mut state = self.state();
        if state.epoch != epoch {
            return;
        }
        let used = state.clock;
        for id in ids {
            state.slots.remove(id);
            if let Some(cell) = loaded.and_then(|cells| cells.get(id)) {
                state.edges += weight(cell);
                state.slots.insert(
                    *id,
                    Slot::Loaded {
                        cell: cell.clone(),
                        used,
                    },
                );
            }
        }
        state.evict_down_to(self.capacity);
    }

    async fn forget_if_changed(&self) -> Result<(), NetworkError> {
        let mut known = self.known.lock().await;
        let is_fresh = |checked: Instant| checked.elapsed() < VERSION_CHECK_INTERVAL;
        if known.checked.is_some_and(is_fresh) {
            return Ok(());
        }
        let version = {
            let mut connection = self.pool.get().await.map_err(pool_error)?;
            walk_network::version(&mut connection)
                .await
                .map_err(query_error)?
        };
        known.checked = Some(Instant::now());
        if known.version != version {
            known.version = version;
            self.state().forget_everything();
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_everything(&mut self) {
        self.slots.clear();
        self.edges = 0;
        self.epoch += 1;
    }

    /// Drops the cells that were not used for longest.
    fn evict_down_to(&mut self, capacity: usize) {
        if self.edges <= capacity {
            return;
        }
        let mut by_use: Vec<(u64, CellId)> = self
            .slots
            .iter()
            .filter_map(|(id, slot)| slot.used().map(|used| (used, *id)))
            .collect();
        by_use.sort_unstable_by_key(|&(used, id)| (used, id));
        for (_, id) in by_use {
            if self.edges <= capacity {
                return;
            }
            if let Some(Slot::Loaded { cell, .. }) = self.slots.remove(&id) {
                self.edges -= weight(&cell);
            }
        }
    }
}

impl Slot {
    fn used(&self) -> Option<u64> {
        match self {
            Self::Loading(_) => None,
            Self::Loaded { used, .. } => Some(*used),
        }
    }
}

/// An empty cell takes some room too.
fn weight(cell: &Cell) -> usize {
    cell.edges().len().max(1)
}

fn pool_error(error: db::PoolError) -> NetworkError {
    NetworkError::Pool(Arc::new(error))
}

fn query_error(error: diesel::result::Error) -> NetworkError {
    NetworkError::Query(Arc::new(error))
}
