//! Progress of walkers along their walks. Positions are neither stored nor logged.

use std::sync::Arc;

use anyhow::Context;
use quick_cache::sync::Cache;
use uuid::Uuid;
use wildside_actors::frame::{FrameError, UpdateLocation, WalkProgress};

use super::track::Track;
use crate::db::Pool;
use crate::db::city::names::NameLanguage;
use crate::db::routes::{Route, RouteDetails, RouteStop};
use crate::guidance::Language;
use crate::telemetry::causes;

/// Walks kept in memory: each is asked for every few seconds while somebody is on it.
const WALKS: usize = 1_000;

/// The walks of users, by user, route and the language of names. Somebody with very many of them takes nobody else's place.
type Tracks = Cache<(Uuid, Uuid, NameLanguage), Arc<Track>>;

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

    /// Position of the user on one of the own walks, and what to do next.
    ///
    /// # Errors
    /// `not_found` or `unavailable`, for the client.
    pub async fn progress(
        &self,
        user_id: Uuid,
        update: UpdateLocation,
        language: Language,
        names: &NameLanguage,
    ) -> Result<WalkProgress, FrameError> {
        let route_id = update.route_id;
        let track = self
            .track(user_id, route_id, names)
            .await
            .map_err(|error| {
                tracing::warn!(error = causes::of(&error), "walk not loaded");
                FrameError::new("unavailable", "try again in a moment")
            })?;
        let track = track.ok_or_else(|| FrameError::new("not_found", "there is no such route"))?;
        Ok(track.progress(route_id, update.location, language))
    }

    async fn track(
        &self,
        user_id: Uuid,
        route_id: Uuid,
        names: &NameLanguage,
    ) -> anyhow::Result<Option<Arc<Track>>> {
        let key = (user_id, route_id, names.clone());
        if let Some(track) = self.walks.get(&key) {
            return Ok(Some(track));
        }
        let mut connection = self.db.get().await?;
        let Some(route) = Route::find_for_user(&mut connection, route_id, user_id).await? else {
            return Ok(None);
        };
        let stops = RouteStop::of_route(&mut connection, route_id, names).await?;
        let details: RouteDetails =
            serde_json::from_value(route.details).context("details of a stored route")?;
        let track = Arc::new(Track::new(&route.path, &details.legs, &stops));
        self.walks.insert(key, track.clone());
        Ok(Some(track))
    }
}
