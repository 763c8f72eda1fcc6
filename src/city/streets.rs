//! The streets in memory, decoded once. When a load changes them, everything is forgotten within a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use wildside_engine::network::{Cell, CellId};

use crate::city::cells::{CellCache, Contents};
use crate::db::city::walk_network::{self, NetworkVersion, StoredEdge};
use crate::db::{Pool, SharedError};

/// Longest life of the knowledge of the stored version.
const VERSION_CHECK_INTERVAL: Duration = Duration::from_secs(1);

impl Contents for Cell {
    /// The edges; an empty cell takes some room too.
    fn weight(&self) -> usize {
        self.edges().len().max(1)
    }

    /// The edges are decoded away from the runtime's threads.
    async fn load(pool: &Pool, ids: &[CellId]) -> Result<HashMap<CellId, Arc<Self>>, SharedError> {
        let edges = {
            let mut connection = pool.get().await?;
            StoredEdge::of_cells(&mut connection, ids).await?
        };
        let ids = ids.to_vec();
        let decoded =
            tokio::task::spawn_blocking(move || StoredEdge::into_cells(edges, &ids)).await;
        decoded.map_err(|_| SharedError::BrokenOff)
    }
}

/// A bounded cache of streets; clones share it.
#[derive(Debug, Clone)]
pub struct NetworkCache {
    pool: Pool,
    cells: CellCache<Cell>,
    /// Held while the version is looked up: nobody takes a cell of a version that is about to be found outdated.
    known: Arc<Mutex<Known>>,
}

/// Knowledge of the stored streets.
#[derive(Debug, Default)]
struct Known {
    version: NetworkVersion,
    checked: Option<Instant>,
}

impl NetworkCache {
    /// An empty cache that keeps at most about `capacity` edges (some 200 bytes each).
    pub fn new(pool: Pool, capacity: usize) -> Self {
        Self {
            cells: CellCache::new(pool.clone(), capacity),
            pool,
            known: Arc::default(),
        }
    }

    /// The cells, loaded if need be.
    ///
    /// # Errors
    /// The database is away or slow.
    pub async fn cells(&self, ids: &[CellId]) -> Result<Vec<Arc<Cell>>, SharedError> {
        self.forget_if_changed().await?;
        self.cells.cells(ids).await
    }

    /// Edges in memory.
    pub fn edges(&self) -> usize {
        self.cells.weight()
    }

    async fn forget_if_changed(&self) -> Result<(), SharedError> {
        let mut known = self.known.lock().await;
        let is_fresh = |checked: Instant| checked.elapsed() < VERSION_CHECK_INTERVAL;
        if known.checked.is_some_and(is_fresh) {
            return Ok(());
        }
        let version = walk_network::version(&mut *self.pool.get().await?).await?;
        known.checked = Some(Instant::now());
        if known.version != version {
            known.version = version;
            self.cells.forget_everything();
        }
        Ok(())
    }
}
