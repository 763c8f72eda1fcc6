//! State that the endpoints of a server share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::cookie::Key;
use anyhow::Context;

use crate::accounts::attempts::Attempts;
use crate::accounts::password::PasswordHashing;
use crate::accounts::quota::Quotas;
use crate::api::box_memory::BoxMemory;
use crate::api::routes::coverage::Coverage;
use crate::api::session::KeyRing;
use crate::api::strangers::Strangers;
use crate::api::themes::ThemeMemory;
use crate::api::tiles;
use crate::config::{Config, HttpConfig, LimitsConfig, SessionConfig};
use crate::db::ledger::route_requests::Acceptance;
use crate::db::{Batcher, Pool};
use crate::queue::{Inspector, Producer};
use crate::readiness::Readiness;
use crate::shared_redis::Redis;
use crate::telemetry::analytics::Analytics;
use crate::telemetry::observability::Observability;
use crate::walks::admission::Admission;
use crate::walks::announcer::Announcer;
use crate::walks::route_cache::RouteCache;
use crate::walks::tile_tokens::TileTokens;
use crate::{db, queue, shared_redis};

/// Handles to everything an endpoint may need. Clones share them.
#[derive(Clone)]
pub struct AppState {
    pub db: Pool,
    pub acceptances: Batcher<Acceptance>,
    pub redis: Redis,
    pub cache: RouteCache,
    pub queue: Producer,
    pub admission: Admission,
    pub readiness: Readiness,
    pub observability: Observability,
    pub announcer: Announcer,
    pub passwords: PasswordHashing,
    pub session_keys: KeyRing,
    /// The session middleware's own key: the first of the ring when the process began.
    pub session_middleware_key: Key,
    pub session: SessionConfig,
    pub tile_tokens: TileTokens,
    /// Where this server makes tiles itself.
    pub tiles: Option<Strangers>,
    pub inspector: Inspector,
    pub http: HttpConfig,
    pub limits: LimitsConfig,
    pub quotas: Arc<Quotas>,
    pub attempts: Arc<Attempts>,
    pub strangers: Strangers,
    pub themes: Arc<ThemeMemory>,
    pub boxes: Arc<BoxMemory>,
    pub coverage: Coverage,
    pub analytics: Analytics,
    pub draining: Draining,
}

impl AppState {
    /// Connects nothing yet: `PostgreSQL` and Redis are reached when first used.
    ///
    /// # Errors
    /// The session keys or tile token keys can't be used, or the Redis URL is not valid.
    pub fn new(config: &Config, observability: Observability) -> anyhow::Result<Self> {
        let metrics = observability.metrics.clone();
        queue::show_series(&metrics);
        let (redis, cache) = shared_redis::connect_both(&config.redis)?;
        let queue = Producer::new(redis.clone());
        // A connection of its own: a look at a ledger that is locked or slow takes none from the requests.
        let ledger = db::pool(&config.database.url, 1);
        let session_keys = KeyRing::load(&config.session)?;
        let db = db::pool(&config.database.url, config.database.pool_size);
        Ok(Self {
            acceptances: Batcher::start(db.clone()),
            db,
            readiness: Readiness::new(&config.database.url, queue.clone()),
            admission: Admission::new(ledger, queue.clone(), &config.limits),
            cache: RouteCache::new(cache, metrics, config.worker.route_cache),
            queue,
            announcer: Announcer::new(redis.clone()),
            attempts: Arc::new(Attempts::new(&config.limits, &redis)),
            redis,
            observability,
            passwords: PasswordHashing::new(config.limits.password_hashes)?,
            session_middleware_key: session_keys.first(),
            session_keys,
            session: config.session.clone(),
            tile_tokens: TileTokens::load(&config.tiles).context("TILE_TOKEN_KEY_FILE")?,
            tiles: tiles::reader(config.tiles.serving, &config.database.url),
            inspector: Inspector::new(&config.redis.queue)?,
            http: config.http.clone(),
            limits: config.limits,
            quotas: Arc::new(Quotas::new(&config.limits)),
            strangers: Strangers::new(&config.database.url),
            themes: Arc::default(),
            boxes: Arc::default(),
            coverage: Coverage::default(),
            analytics: Analytics::start(&config.analytics)?,
            draining: Draining::default(),
        })
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").finish_non_exhaustive()
    }
}

/// Mark of a process that is about to end.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on the server is not ready for new clients.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Test for a drain that has begun.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
