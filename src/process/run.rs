//! Runs what a mode asks for until the process is told to end.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use wildside_actors::route_supervisor::Engine;
use wildside_engine::generate_route;

use crate::api::state::AppState;
use crate::config::{Config, Mode};
use crate::db;
use crate::presence::{Presence, ProcessRole};
use crate::process::server::Application;
use crate::process::worker::{self, Worker};
use crate::shared_redis::{self, eviction};
use crate::telemetry;
use crate::telemetry::observability::Observability;

/// Interval of the looks at the file of the session keys.
const KEYS_EVERY: Duration = Duration::from_secs(5);

/// Serves in `mode` until SIGTERM or SIGINT.
///
/// # Errors
/// The configuration is wrong, or something that is needed can't be started.
pub fn run(mode: Mode) -> anyhow::Result<()> {
    run_with_engine(mode, Arc::new(generate_route))
}

/// Serves with another engine, such as a slow or a failing one.
///
/// # Errors
/// As [`run`].
pub fn run_with_engine(mode: Mode, engine: Engine) -> anyhow::Result<()> {
    let config = Config::from_env()?;
    telemetry::init(&config.telemetry)?;
    actix::System::new().block_on(async move {
        let stop = told_to_end();
        // From here on a hangup ends no process, whether or not it has keys to read again.
        let hangups = signal(SignalKind::hangup())?;
        tokio::select! {
            there = wait_for_servers(&config) => there?,
            () = stopped(stop.clone()) => return Ok(()),
        }
        let observability = Observability::new()?;
        let redis = shared_redis::connect(&config.redis.queue).context("REDIS_URL")?;
        let presence = Presence::new(role(mode), redis, observability.clone());
        let work = async {
            match mode {
                Mode::Server => {
                    let application = Application::build(&config, observability)?;
                    serve(application, hangups, stop).await
                }
                Mode::Worker => {
                    actix::spawn(note(hangups));
                    worker::serve(&config, observability, engine, stopped(stop)).await
                }
                Mode::All => serve_and_work(&config, observability, engine, hangups, stop).await,
            }
        };
        Box::pin(presence.during(work)).await
    })
}

const fn role(mode: Mode) -> ProcessRole {
    match mode {
        Mode::Server => ProcessRole::Server,
        Mode::Worker => ProcessRole::Worker,
        Mode::All => ProcessRole::ServerAndWorker,
    }
}

/// Waits for the database; a Redis that will not do is refused.
async fn wait_for_servers(config: &Config) -> anyhow::Result<()> {
    tokio::try_join!(
        db::wait_until_there(&config.database.url),
        eviction::refuse(&config.redis.queue)
    )?;
    Ok(())
}

async fn serve(
    application: Application,
    hangups: Signal,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    tracing::info!(address = %application.address(), "listening");
    if let Some(address) = application.admin_address() {
        tracing::info!(%address, "listening for maintainers");
    }
    let keys = actix::spawn(watch_keys(application.state().clone(), hangups));
    let outcome = application.run(stopped(stop)).await;
    keys.abort();
    tracing::info!("ended");
    outcome
}

/// Both in one process. When one of them breaks, the process ends.
async fn serve_and_work(
    config: &Config,
    observability: Observability,
    engine: Engine,
    hangups: Signal,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let application = Application::build(config, observability.clone())?;
    let worker = Worker::start_with_engine(config, &observability, engine)?;
    tokio::try_join!(
        serve(application, hangups, stop.clone()),
        worker.run(stopped(stop))
    )?;
    Ok(())
}

/// Reads the keys of sessions and tile tokens again on SIGHUP, and when their files have changed.
async fn watch_keys(state: AppState, mut hangups: Signal) {
    loop {
        if let Err(error) = state.tile_tokens.publish(&state.db).await {
            tracing::error!(
                error = format!("{error:#}"),
                "the tile token keys stay as they were"
            );
        }
        let _ = tokio::time::timeout(KEYS_EVERY, hangups.recv()).await;
        let ring = state.session_keys.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || ring.reload()).await {
            tracing::error!(%error, "the session keys stay as they were");
        }
    }
}

/// Says that a worker has no keys.
async fn note(mut hangups: Signal) {
    while hangups.recv().await.is_some() {
        tracing::info!("told to read its keys again: a worker has none");
    }
}

/// Becomes true on the first SIGTERM or SIGINT.
fn told_to_end() -> watch::Receiver<bool> {
    let told = watch::Sender::new(false);
    let receiver = told.subscribe();
    actix::spawn(async move {
        let wait = |kind| async move {
            match signal(kind) {
                Ok(mut signal) => signal.recv().await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = wait(SignalKind::terminate()) => {}
            _ = wait(SignalKind::interrupt()) => {}
        }
        told.send_replace(true);
    });
    receiver
}

/// Resolves when `stop` has become true.
async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
