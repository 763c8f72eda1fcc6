//! The worker: takes jobs from the queues and performs them until it is told to stop.

mod health;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use apalis_core::monitor::Monitor;
use apalis_core::worker::builder::WorkerBuilder;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use wildside_actors::engine_pool::PoolConfig;
use wildside_actors::route_supervisor::{Engine, RouteSupervisor, StopRoutes};
use wildside_engine::generate_route;

use crate::cache::RouteCache;
use crate::config::Config;
use crate::db::pois;
use crate::jobs::{self, JobContext, JobLimits};
use crate::network_cache::NetworkCache;
use crate::observability::Observability;
use crate::queue::{GenerateRouteJob, Producer, Subscription};
use crate::status::Announcer;
use crate::{db, shared_redis};

/// The longest that the engine computes for one walk; it rarely takes a twentieth of it.
const ENGINE_BUDGET: Duration = Duration::from_secs(10);
/// Edges of the walk network in memory: a dozen large cities, some 400 MB.
const NETWORK_EDGES: usize = 2_000_000;
/// How often the places are counted.
const COUNT_INTERVAL: Duration = Duration::from_mins(1);

/// A worker that takes jobs already and is to be run.
#[derive(Debug)]
pub struct Worker {
    context: JobContext,
    routes: Subscription<GenerateRouteJob>,
    stop: watch::Sender<bool>,
    grace: Duration,
}

impl Worker {
    /// Starts a worker. Must be called on an actix `System`.
    ///
    /// # Errors
    /// `REDIS_URL` is not a Redis URL.
    pub fn start(config: &Config, observability: &Observability) -> anyhow::Result<Self> {
        Self::start_with_engine(config, observability, Arc::new(generate_route))
    }

    /// Starts a worker with another engine, such as an instant or a failing one.
    ///
    /// # Errors
    /// `REDIS_URL` is not a Redis URL.
    pub fn start_with_engine(
        config: &Config,
        observability: &Observability,
        engine: Engine,
    ) -> anyhow::Result<Self> {
        let metrics = observability.metrics.clone();
        let redis = shared_redis::connect(&config.redis.url).context("REDIS_URL")?;
        let db = db::pool(&config.database.url, config.database.pool_size);
        let threads = PoolConfig::with_threads(config.worker.engine_threads);
        let context = JobContext {
            cache: RouteCache::new(redis.clone(), metrics.clone()),
            announcer: Announcer::new(redis.clone()),
            producer: Producer::new(redis.clone()),
            network: NetworkCache::new(db.clone(), NETWORK_EDGES),
            routes: RouteSupervisor::start_with_engine(threads, engine, &observability.actors),
            metrics: metrics.clone(),
            limits: JobLimits {
                timeout: config.worker.job_timeout,
                max_runs: config.worker.job_attempts,
                engine_budget: ENGINE_BUDGET,
            },
            redis,
            db,
        };
        let concurrency = config.worker.job_concurrency;
        Ok(Self {
            routes: Subscription::start(&config.redis.url, concurrency, metrics)?,
            context,
            stop: watch::Sender::new(false),
            grace: config.http.shutdown_timeout,
        })
    }

    /// Says how this worker fares.
    pub fn health(&self) -> health::Health {
        health::Health {
            db: self.context.db.clone(),
            redis: self.context.redis.clone(),
            pulse: self.routes.pulse(),
            stopping: self.stop.subscribe(),
        }
    }

    /// Performs jobs until `stop` resolves; then fetches no more, lets the running ones finish within the grace time, and
    /// gives back the rest.
    ///
    /// # Errors
    /// The loop that performs jobs ended by itself.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
        let chores = [
            tokio::spawn(jobs::sweep_until_stopped(
                self.context.clone(),
                self.stop.subscribe(),
            )),
            tokio::spawn(count_places(self.context.clone())),
        ];
        let mut stopped = self.stop.subscribe();
        let monitor = monitor(self.routes.backend_source(), self.context.clone()).run_with_signal(
            async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
                Ok(())
            },
        );
        tokio::pin!(monitor);
        let outcome = tokio::select! {
            ended = &mut monitor => Err(anyhow!("the job loop ended by itself: {ended:?}")),
            () = stop => {
                tracing::info!("stopping: no more jobs are taken");
                self.routes.stop();
                self.stop.send_replace(true);
                if timeout(self.grace, monitor).await.is_err() {
                    tracing::warn!("some jobs did not finish in time");
                }
                Ok(())
            }
        };
        for chore in chores {
            chore.abort();
        }
        self.routes.close().await;
        let _ = self.context.routes.ask(StopRoutes).await;
        outcome
    }
}

/// Apalis runs the workers, and starts one anew that fell over.
fn monitor(source: crate::queue::BackendSource<GenerateRouteJob>, context: JobContext) -> Monitor {
    Monitor::new()
        .register(move |restarts| {
            WorkerBuilder::new(format!("route_generation-{restarts}"))
                .backend(source.backend())
                .data(context.clone())
                .build(jobs::run::<GenerateRouteJob>)
        })
        .should_restart(|_, error| {
            tracing::error!(%error, "a job loop fell over and is started again");
            true
        })
}

async fn count_places(context: JobContext) {
    let mut rounds = interval(COUNT_INTERVAL);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let Ok(mut connection) = context.db.get().await else {
            continue;
        };
        if let Ok(places) = pois::count(&mut connection).await {
            context.metrics.pois_total.set(places);
        }
    }
}

/// A process that is nothing but a worker, with its health and metrics on a port of their own.
///
/// # Errors
/// The configuration can't be used, the address is taken, or the worker ended by itself.
pub async fn serve(config: &Config, stop: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
    let observability = Observability::new()?;
    let worker = Worker::start(config, &observability)?;
    let address = config.http.metrics_bind;
    let listener = TcpListener::bind(address)
        .with_context(|| format!("WILDSIDE_METRICS_BIND: can't listen on {address}"))?;
    let address: SocketAddr = listener.local_addr()?;
    let server = health::serve(listener, worker.health(), observability.registry)?;
    let handle = server.handle();
    let serving = actix::spawn(server);
    tracing::info!(%address, "worker started");
    let outcome = worker.run(stop).await;
    handle.stop(false).await;
    let _ = serving.await;
    tracing::info!("worker ended");
    outcome
}
