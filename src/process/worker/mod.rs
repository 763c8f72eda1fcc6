//! The worker: takes jobs from the queues and performs them until it is told to stop.

mod health;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use apalis::prelude::{Monitor, WorkerBuilder};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use wildside_actors::engine_pool::PoolConfig;
use wildside_actors::enrichment_supervisor::EnrichmentSupervisor;
use wildside_actors::pool_supervisor::Stop;
use wildside_actors::route_supervisor::{Engine, RouteSupervisor};
use wildside_engine::generate_route;

use crate::city::places::PlaceCache;
use crate::city::streets::NetworkCache;
use crate::config::{Config, RetentionConfig};
use crate::db::Batcher;
use crate::db::city::pois;
use crate::jobs::{self, Enrichment, JobContext, JobLimits, Perform};
use crate::overpass::{Manners, MannersSettings, Overpass, OverpassSettings, Servers};
use crate::queue::{BackendSource, EnrichmentJob, GenerateRouteJob, Producer, Subscription};
use crate::readiness::Readiness;
use crate::shared_redis::Redis;
use crate::telemetry::analytics::Analytics;
use crate::telemetry::observability::Observability;
use crate::walks::announcer::Announcer;
use crate::walks::route_cache::RouteCache;
use crate::{db, maintenance, queue, shared_redis};

/// The longest that the engine computes for one walk; it rarely takes a twentieth of it.
const ENGINE_BUDGET: Duration = Duration::from_secs(10);
/// Places in memory: a dozen large cities, some 120 MB.
const PLACES: usize = 1_000_000;
/// Edges of the walk network in memory: a dozen large cities, some 400 MB.
const NETWORK_EDGES: usize = 2_000_000;
/// Enrichment has connections, a thread and slots of its own, so that however much of it there is, no walk waits for it.
/// Two connections are for the chores.
const ENRICHMENT_CONNECTIONS: u32 = 4;
const ENRICHMENT_CONCURRENCY: usize = 2;
/// One request to each of a few mirrors, and the storing.
const ENRICHMENT_TIMEOUT: Duration = Duration::from_mins(3);
/// Interval of the counts of places.
const COUNT_INTERVAL: Duration = Duration::from_mins(1);

/// A worker that takes jobs already and is to be run.
#[derive(Debug)]
pub struct Worker {
    context: JobContext,
    enrichment_context: JobContext,
    readiness: Readiness,
    routes: Subscription<GenerateRouteJob>,
    /// Absent where no Overpass server is configured.
    enrichments: Option<Subscription<EnrichmentJob>>,
    retention: RetentionConfig,
    stop: watch::Sender<bool>,
    grace: Duration,
}

impl Worker {
    /// Starts a worker. Must be called on an actix `System`.
    ///
    /// # Errors
    /// `REDIS_URL` is not a Redis URL, or TLS can't be set up.
    pub fn start(config: &Config, observability: &Observability) -> anyhow::Result<Self> {
        Self::start_with_engine(config, observability, Arc::new(generate_route))
    }

    /// Starts a worker with another engine, such as an instant or a failing one.
    ///
    /// # Errors
    /// `REDIS_URL` is not a Redis URL, or TLS can't be set up.
    pub fn start_with_engine(
        config: &Config,
        observability: &Observability,
        engine: Engine,
    ) -> anyhow::Result<Self> {
        let metrics = observability.metrics.clone();
        queue::show_series(&metrics);
        let (redis, cache) = shared_redis::connect_both(&config.redis)?;
        let db = db::pool(&config.database.url, config.database.pool_size);
        let threads = PoolConfig::with_threads(config.worker.engine_threads);
        // Whatever job is in progress finds room: what bounds the walks is the number of jobs.
        let threads = PoolConfig {
            waiting: threads.waiting.max(config.worker.job_concurrency),
            ..threads
        };
        let context = JobContext {
            cache: RouteCache::new(cache, metrics.clone(), config.worker.route_cache),
            announcer: Announcer::new(redis.clone()),
            producer: Producer::new(redis.clone()),
            claims: Batcher::start(db.clone()),
            completions: Batcher::start(db.clone()),
            stages: Batcher::start(db.clone()),
            places: PlaceCache::new(db.clone(), PLACES),
            network: NetworkCache::new(db.clone(), NETWORK_EDGES),
            routes: RouteSupervisor::start_with_engine(threads, engine, &observability.actors),
            enrichment: enrichment(config, &redis, observability)?,
            analytics: Analytics::start(&config.analytics)?,
            metrics: metrics.clone(),
            limits: JobLimits {
                timeout: config.worker.job_timeout,
                max_runs: config.worker.job_attempts,
                engine_budget: ENGINE_BUDGET,
            },
            redis,
            db,
        };
        let queue = &config.redis.queue;
        let enrichments = context
            .enrichment
            .as_ref()
            .map(|_| Subscription::start(queue, ENRICHMENT_CONCURRENCY, metrics.clone()))
            .transpose()?;
        Ok(Self {
            readiness: Readiness::new(&config.database.url, context.producer.clone()),
            routes: Subscription::start(queue, config.worker.job_concurrency, metrics)?,
            enrichments,
            enrichment_context: JobContext {
                db: db::pool(&config.database.url, ENRICHMENT_CONNECTIONS),
                limits: JobLimits {
                    timeout: ENRICHMENT_TIMEOUT,
                    ..context.limits
                },
                ..context.clone()
            },
            context,
            retention: config.retention,
            stop: watch::Sender::new(false),
            grace: config.http.shutdown_timeout,
        })
    }

    /// Says how this worker fares.
    pub fn health(&self) -> health::Health {
        let mut pulses = vec![self.routes.pulse()];
        pulses.extend(self.enrichments.iter().map(Subscription::pulse));
        health::Health {
            readiness: self.readiness.clone(),
            pulses,
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
            tokio::spawn(count_places(self.context.clone())),
            tokio::spawn(maintenance::run_until_stopped(
                self.maintenance_tools(),
                self.stop.subscribe(),
            )),
        ];
        let mut stopped = self.stop.subscribe();
        let monitor = self.monitor().run_with_signal(async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
            Ok(())
        });
        tokio::pin!(monitor);
        let outcome = tokio::select! {
            ended = &mut monitor => Err(anyhow!("the job loop ended by itself: {ended:?}")),
            () = stop => {
                tracing::info!("stopping: no more jobs are taken");
                self.routes.stop();
                self.enrichments.iter().for_each(Subscription::stop);
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
        if let Some(enrichments) = self.enrichments {
            enrichments.close().await;
        }
        let _ = self.context.routes.ask(Stop).await;
        if let Some(enrichment) = &self.context.enrichment {
            let _ = enrichment.classifier.ask(Stop).await;
        }
        outcome
    }

    /// Chores share the connections of enrichment, to keep out of the way of walks.
    fn maintenance_tools(&self) -> maintenance::Tools {
        maintenance::Tools {
            db: self.enrichment_context.db.clone(),
            redis: self.context.redis.clone(),
            cache: self.context.cache.redis().clone(),
            producer: self.context.producer.clone(),
            retention: self.retention,
        }
    }

    /// Apalis runs the workers, and starts one anew that fell over.
    fn monitor(&self) -> Monitor {
        let monitor = with_queue(
            Monitor::new(),
            self.routes.backend_source(),
            self.context.clone(),
        );
        let monitor = match &self.enrichments {
            Some(enrichments) => with_queue(
                monitor,
                enrichments.backend_source(),
                self.enrichment_context.clone(),
            ),
            None => monitor,
        };
        monitor.should_restart(|_, error| {
            tracing::error!(%error, "a job loop fell over and is started again");
            true
        })
    }
}

fn with_queue<J: Perform>(
    monitor: Monitor,
    source: BackendSource<J>,
    context: JobContext,
) -> Monitor {
    monitor.register(move |restarts| {
        WorkerBuilder::new(format!("{}-{restarts}", J::QUEUE))
            .backend(source.backend())
            .data(context.clone())
            .build(jobs::run::<J>)
    })
}

/// Parts of enrichment, where an Overpass server is configured.
fn enrichment(
    config: &Config,
    redis: &Redis,
    observability: &Observability,
) -> anyhow::Result<Option<Enrichment>> {
    if config.overpass.urls.is_empty() {
        tracing::info!("OVERPASS_URL is not set: sparse areas stay as they are");
        return Ok(None);
    }
    let settings = OverpassSettings::new(
        config.overpass.urls.clone(),
        config.overpass.contact.clone(),
    );
    let manners = MannersSettings {
        requests_a_day: config.overpass.requests_a_day,
        bytes_a_day: config.overpass.bytes_a_day,
        ..MannersSettings::default()
    };
    Ok(Some(Enrichment {
        servers: Servers::new(
            Overpass::new(settings).context("OVERPASS_URL or OVERPASS_CONTACT")?,
            Manners::new(redis.clone(), manners),
        ),
        classifier: EnrichmentSupervisor::start(PoolConfig::with_threads(1), &observability.actors),
        min_places: config.overpass.min_places,
    }))
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
            let total = &context.metrics.pois_total;
            total.with_label_values::<&str>(&[]).set(places);
        }
    }
}

/// A process that is nothing but a worker, with its health and metrics on a port of their own.
///
/// # Errors
/// The configuration can't be used, the address is taken, or the worker ended by itself.
pub async fn serve(
    config: &Config,
    observability: Observability,
    engine: Engine,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let worker = Worker::start_with_engine(config, &observability, engine)?;
    let address = config.http.metrics_bind;
    let listener = TcpListener::bind(address)
        .with_context(|| format!("WILDSIDE_METRICS_BIND: can't listen on {address}"))?;
    let address: SocketAddr = listener.local_addr()?;
    let server = health::serve(listener, worker.health(), observability.clone())?;
    let handle = server.handle();
    let serving = actix::spawn(server);
    observability.watch_actors();
    tracing::info!(%address, "worker started");
    let outcome = worker.run(stop).await;
    handle.stop(false).await;
    let _ = serving.await;
    tracing::info!("worker ended");
    outcome
}
