//! The actors of a server that bring events to its WebSocket sessions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::TimeDelta;
use futures::FutureExt;
use uuid::Uuid;
use wildside_actors::protocol::Limits;
use wildside_actors::redis_bridge::{BridgeConfig, ClientSource, RedisBridge};
use wildside_actors::user_hub::{
    CloseAll, ConnectedUsers, Generations, HubConfig, SnapshotLoader, UserHub,
};
use wildside_actors::ws_session::{LocationMatcher, WsSessions};
use wildside_actors::{ActorHandle, StatusEvent};

use crate::api::state::AppState;
use crate::config::RedisServer;
use crate::db::Pool;
use crate::db::city::names::NameLanguage;
use crate::db::ledger::route_requests::RouteRequest;
use crate::db::users::User;
use crate::guidance::Language;
use crate::shared_redis;
use crate::telemetry::causes;
use crate::walks::announcer;
use crate::walks::walkers::Walkers;

/// A client that connects hears of requests that ended so shortly before.
const RECENT: TimeDelta = TimeDelta::minutes(5);
/// Interval of the looks at the logins of those who are connected.
const LOGINS_EVERY: Duration = Duration::from_secs(10);
/// Users whose logins are looked at with one statement.
const LOGINS_AT_ONCE: usize = 1_000;
/// Requests of one user that a snapshot looks at: more than the usual limit lets a user make in that time.
const REQUESTS_OF_EACH: i64 = 400;

/// Hub, bridge and sessions.
#[derive(Debug, Clone)]
pub struct Push {
    pub sessions: WsSessions,
    hub: ActorHandle<UserHub>,
    _bridge: ActorHandle<RedisBridge>,
}

impl Push {
    /// Starts the actors. Must be called on an actix `System`.
    ///
    /// # Errors
    /// The Redis URL is not valid.
    pub fn start(redis: &RedisServer, state: &AppState) -> anyhow::Result<Self> {
        let redis = redis.clone();
        shared_redis::client(&redis).context("REDIS_URL")?;
        let clients = ClientSource::new(move || shared_redis::client(&redis));
        let hub = UserHub::start(
            HubConfig::default(),
            snapshot_loader(state.db.clone()),
            &state.observability.actors,
        );
        let bridge = RedisBridge::start(
            clients,
            BridgeConfig::default(),
            &state.observability.actors,
        );
        actix::spawn(end_sessions_of_old_logins(hub.clone(), state.db.clone()));
        let matcher = location_matcher(Walkers::new(state.db.clone()));
        let sessions = WsSessions::new(
            hub.clone(),
            matcher,
            Limits::DEFAULT,
            &state.observability.actors,
        );
        Ok(Self {
            sessions,
            hub,
            _bridge: bridge,
        })
    }

    /// Closes every session with 1001 and waits until they are gone, or for `patience`.
    pub async fn close(&self, patience: Duration) {
        let left = self
            .hub
            .ask(CloseAll {
                deadline: Instant::now() + patience,
            })
            .await;
        tracing::info!(left = left.unwrap_or_default(), "websocket sessions closed");
    }
}

/// A connection must not outlive its login, whichever server the user logged out at.
async fn end_sessions_of_old_logins(hub: ActorHandle<UserHub>, db: Pool) {
    loop {
        tokio::time::sleep(LOGINS_EVERY).await;
        if let Err(error) = look_at_logins(&hub, &db).await {
            tracing::warn!(
                error = causes::of(&error),
                "logins of websocket sessions not looked at"
            );
        }
    }
}

async fn look_at_logins(hub: &ActorHandle<UserHub>, db: &Pool) -> anyhow::Result<()> {
    let users = hub.ask(ConnectedUsers).await?;
    for users in users.chunks(LOGINS_AT_ONCE) {
        let known = User::generations(&mut *db.get().await?, users).await?;
        let known: HashMap<Uuid, i32> = known.into_iter().collect();
        let current = users.iter().map(|id| (*id, known.get(id).copied()));
        hub.ask(Generations(current.collect())).await?;
    }
    Ok(())
}

fn snapshot_loader(db: Pool) -> SnapshotLoader {
    Arc::new(move |user_ids, waited| {
        let db = db.clone();
        async move {
            snapshot(&db, &user_ids, waited)
                .await
                .map_err(|error| causes::of(&error))
        }
        .boxed_local()
    })
}

async fn snapshot(
    db: &Pool,
    user_ids: &[Uuid],
    waited: Duration,
) -> anyhow::Result<Vec<StatusEvent>> {
    let asked = Instant::now();
    let mut connection = db.get().await?;
    // The ledger may have been away since they connected.
    let recent = RECENT + TimeDelta::from_std(waited + asked.elapsed())?;
    let rows =
        RouteRequest::current_of_users(&mut connection, user_ids, recent, REQUESTS_OF_EACH).await?;
    Ok(rows.iter().filter_map(announcer::event).collect())
}

fn location_matcher(walkers: Walkers) -> LocationMatcher {
    Arc::new(move |login, update| {
        let walkers = walkers.clone();
        let language = Language::first_of([login.language]);
        let names = login.names.as_deref();
        let names = names.map_or_else(NameLanguage::default, NameLanguage::of_tag);
        async move {
            let progress = walkers.progress(login.user_id, update, language, &names);
            progress.await
        }
        .boxed_local()
    })
}
