//! Runs what a mode asks for until the process is told to end.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Mode;
use crate::config::Config;
use crate::server::Application;
use crate::session::KeyRing;
use crate::telemetry;
use crate::worker::{self, Worker};

/// How often the session keys' file is looked at.
const KEYS_EVERY: Duration = Duration::from_secs(5);

/// Serves in `mode`.
///
/// # Errors
/// The configuration is wrong, or something that is needed can't be started.
pub fn run(mode: Mode) -> anyhow::Result<()> {
    let config = Config::from_env()?;
    telemetry::init(&config.telemetry)?;
    actix::System::new().block_on(async move {
        match mode {
            Mode::Server => serve(Application::build(&config)?, &config).await,
            Mode::Worker => worker::serve(&config, told_to_end()).await,
            Mode::All => serve_and_work(&config).await,
        }
    })
}

async fn serve_and_work(config: &Config) -> anyhow::Result<()> {
    let application = Application::build(config)?;
    let worker = Worker::start(config, &application.state().observability)?;
    tokio::try_join!(serve(application, config), worker.run(told_to_end()))?;
    Ok(())
}

async fn serve(application: Application, config: &Config) -> anyhow::Result<()> {
    tracing::info!(address = %application.address(), "listening");
    let watch = actix::spawn(watch_keys(application.state().session_keys.clone()));
    let state = application.state().clone();
    let handle = application.handle();
    let drain = config.http.drain;
    actix::spawn(async move {
        told_to_end().await;
        tracing::info!("ending");
        state.draining.begin();
        tokio::time::sleep(drain).await;
        handle.stop(true).await;
    });
    let outcome = application.run().await;
    watch.abort();
    tracing::info!("ended");
    outcome
}

/// Reads the session keys again on SIGHUP, and when their file has changed.
async fn watch_keys(keys: KeyRing) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        let told = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let _ = tokio::time::timeout(KEYS_EVERY, told).await;
        let ring = keys.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || ring.reload()).await {
            tracing::error!(%error, "the session keys stay as they were");
        }
    }
}

async fn told_to_end() {
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
}
