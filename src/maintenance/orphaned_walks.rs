//! Walks that stay in the cache because somebody saved them end with whoever saved them, and with the data they are of.

use std::collections::HashSet;

use uuid::Uuid;

use super::{ChoreError, Tools};
use crate::db::city::areas::AreaState;
use crate::db::routes::saved_routes;
use crate::walks::route_cache::{CacheKey, PinnedWalk, RouteCache};

/// Looks through the whole cache, and lets the pinned walks expire that nobody keeps any more: their savers' accounts or
/// they themselves are gone, or the data has changed, so that nobody asks for them by that key again. Answers how many.
pub(super) async fn let_orphaned_walks_expire(tools: &Tools) -> Result<usize, ChoreError> {
    let mut redis = tools.cache.clone();
    let areas = AreaState::all(&mut *tools.db.get().await?).await?;
    let (mut cursor, mut orphans) = (0, 0);
    loop {
        let (next, pinned) = RouteCache::pinned(&mut redis, cursor).await?;
        let orphaned = orphaned(tools, pinned, &areas).await?;
        RouteCache::let_expire(&mut redis, &orphaned).await?;
        orphans += orphaned.len();
        if next == 0 {
            return Ok(orphans);
        }
        cursor = next;
    }
}

/// Those of the walks that nobody keeps. What is newer than the `areas` is of data that were loaded since these were read.
async fn orphaned(
    tools: &Tools,
    pinned: Vec<PinnedWalk>,
    areas: &[AreaState],
) -> Result<Vec<CacheKey>, ChoreError> {
    if pinned.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = tools.db.get().await?;
    let routes: Vec<Uuid> = pinned.iter().filter_map(|walk| walk.route_id).collect();
    let saved = saved_routes::saved_of(&mut connection, &routes).await?;
    let saved: HashSet<Uuid> = saved.into_iter().collect();
    let is_kept = |walk: &PinnedWalk| {
        let is_saved = walk.route_id.is_some_and(|id| saved.contains(&id));
        is_saved && walk.key.is_current(areas)
    };
    let orphaned = pinned.into_iter().filter(|walk| !is_kept(walk));
    Ok(orphaned.map(|walk| walk.key).collect())
}
