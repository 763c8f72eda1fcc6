//! A database, a Redis and a worker for one test.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures::StreamExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wildside::config::Config;
use wildside::db::Batched;
use wildside::db::city::areas::AreaState;
use wildside::db::ledger::params::RouteParams;
use wildside::db::ledger::route_requests::{Acceptance, NewRouteRequest, RouteRequest};
use wildside::db::{self, Pool};
use wildside::process::worker::Worker;
use wildside::queue::{GenerateRouteJob, Producer};
use wildside::shared_redis;
use wildside::telemetry::observability::Observability;
use wildside::walks::route_cache::CacheKey;
use wildside_actors::StatusEvent;
use wildside_actors::event::all_channels;
use wildside_actors::route_supervisor::Engine;
use wildside_engine::walk::{Accessibility, Choice, Fit, Leg, Light, Stop};
use wildside_engine::{Point, Walk};
use wildside_ingest::digest::digest;
use wildside_ingest::load::{Load, load};
use wildside_test_support::{PostgresServer, TestDatabase, TestRedis};

use crate::config::config;

/// The Senate Square of Helsinki.
pub(crate) const SENATE_SQUARE: Point = Point::new(24.9523, 60.1695);
/// Open sea, south of the city.
pub(crate) const AT_SEA: Point = Point::new(24.96, 60.05);

/// A database to play on: one of many in the shared server, or in a server of its own that may be broken.
pub(crate) enum Database {
    Shared(TestDatabase),
    Own(PostgresServer),
}

impl Database {
    const OWN: &str = "own";

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Shared(database) => database.url(),
            Self::Own(server) => server.url(Self::OWN),
        }
    }

    pub(crate) fn sql(&self, sql: &str) -> String {
        match self {
            Self::Shared(database) => database.sql(sql),
            Self::Own(server) => server.sql(Self::OWN, sql),
        }
    }

    /// Takes errors of this SQLSTATE in the log for provoked by the test.
    pub(crate) fn expect_error(&self, sqlstate: &str) {
        match self {
            Self::Shared(database) => database.expect_error(sqlstate),
            Self::Own(server) => server.expect_error(sqlstate),
        }
    }

    /// The server, if it is the test's own.
    pub(crate) fn server(&mut self) -> &mut PostgresServer {
        match self {
            Self::Shared(_) => panic!("the server belongs to all tests"),
            Self::Own(server) => server,
        }
    }
}

/// Stage of a test.
pub(crate) struct Stage {
    pub(crate) database: Database,
    pub(crate) redis: TestRedis,
    pub(crate) db: Pool,
    pub(crate) producer: Producer,
    pub(crate) observability: Observability,
    pub(crate) user: Uuid,
}

impl Stage {
    /// An empty city.
    pub(crate) fn set() -> Self {
        Self::set_on(Database::Shared(TestDatabase::create()))
    }

    /// An empty city on a `PostgreSQL` server that the test may break.
    pub(crate) fn set_on_own_server() -> Self {
        let server = PostgresServer::start();
        server.create_migrated(Database::OWN);
        // Test servers forget the last commits when they are killed; this one may not.
        server.sql("postgres", "ALTER DATABASE own SET synchronous_commit = on");
        Self::set_on(Database::Own(server))
    }

    fn set_on(database: Database) -> Self {
        let redis = TestRedis::start();
        let user = Uuid::new_v4();
        database.sql(&format!(
            "INSERT INTO users (id, username, display_name) VALUES ('{user}', 'ada', 'Ada')"
        ));
        Self {
            db: db::pool(&database.url(), 4),
            producer: Producer::new(shared_redis::connect(&redis.url()).unwrap()),
            observability: Observability::new().unwrap(),
            database,
            redis,
            user,
        }
    }

    /// An empty city whose PostGIS and other extensions have a schema of their own, which no search path names.
    pub(crate) async fn set_with_extensions_elsewhere() -> Self {
        let server = PostgresServer::start();
        let url = server.create_database(Database::OWN);
        server.sql(
            Database::OWN,
            "CREATE SCHEMA extensions;
             CREATE EXTENSION postgis SCHEMA extensions;
             CREATE EXTENSION pgcrypto SCHEMA extensions;
             CREATE EXTENSION btree_gist SCHEMA extensions;",
        );
        let migrating =
            tokio::task::spawn_blocking(move || db::migrate(&url, Duration::from_mins(1)));
        migrating.await.unwrap().unwrap();
        Self::set_on(Database::Own(server))
    }

    /// The centre of Helsinki, as OpenStreetMap has it.
    pub(crate) async fn set_in_helsinki() -> Self {
        let stage = Self::set();
        stage.load_helsinki().await;
        stage
    }

    pub(crate) async fn load_helsinki(&self) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("ingest/data/helsinki.osm.pbf");
        let extract = Load {
            digest: digest(&file, None).unwrap(),
            source: "helsinki.osm.pbf".into(),
            file,
            name: "helsinki".into(),
            area: None,
            allow_shrink: false,
            allow_older: false,
        };
        load(&self.database.url(), extract, |_| {}).await.unwrap();
    }

    pub(crate) fn config(&self, more: &[(&str, &str)]) -> Config {
        config(&self.database.url(), &self.redis.url(), more)
    }

    /// Writes a request into the ledger, and no more.
    pub(crate) async fn accept(&self, params: &RouteParams) -> RouteRequest {
        let mut connection = self.db.get().await.unwrap();
        let areas = AreaState::all(&mut connection).await.unwrap();
        let key = CacheKey::new(params, &areas);
        let json = serde_json::to_value(params).unwrap();
        let request =
            NewRouteRequest::new(self.user, json, key.as_str().to_owned(), Uuid::new_v4());
        let wanted = [Acceptance {
            request,
            ends: Vec::new(),
        }];
        let accepted = Acceptance::run_all(&mut connection, &wanted).await.unwrap();
        accepted.into_iter().next().flatten().unwrap()
    }

    /// Accepts a request and queues its job.
    pub(crate) async fn submit(&self, params: &RouteParams) -> RouteRequest {
        let request = self.accept(params).await;
        let areas = AreaState::all(&mut self.db.get().await.unwrap()).await;
        let job = GenerateRouteJob {
            request_id: request.id,
            trace_id: request.trace_id,
            cache_key: request.cache_key.clone(),
            areas: areas.unwrap(),
        };
        self.producer.push(&job).await.unwrap();
        request
    }

    pub(crate) async fn find(&self, id: Uuid) -> RouteRequest {
        self.try_find(id).await.unwrap()
    }

    /// `None` while the database is away.
    async fn try_find(&self, id: Uuid) -> Option<RouteRequest> {
        let mut connection = self.db.get().await.ok()?;
        let found = RouteRequest::find_for_user(&mut connection, id, self.user).await;
        found.ok()?
    }

    /// The request once it has ended.
    pub(crate) async fn ended(&self, id: Uuid, patience: Duration) -> RouteRequest {
        let deadline = Instant::now() + patience;
        loop {
            let request = self.try_find(id).await;
            if let Some(request) = request.as_ref().filter(|request| request.status.is_final()) {
                return request.clone();
            }
            assert!(
                Instant::now() < deadline,
                "after {patience:?} still {request:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Listens to all events from now on.
    pub(crate) async fn listen(&self) -> Listener {
        let client = redis::Client::open(self.redis.url()).unwrap();
        let mut subscription = client.get_async_pubsub().await.unwrap();
        for channel in all_channels() {
            subscription.subscribe(channel).await.unwrap();
        }
        Listener(subscription)
    }
}

pub(crate) struct Listener(redis::aio::PubSub);

impl Listener {
    /// The events of one request until its final one.
    pub(crate) async fn until_final(&mut self, id: Uuid) -> Vec<StatusEvent> {
        let mut events = Vec::new();
        let mut messages = self.0.on_message();
        loop {
            let next = tokio::time::timeout(Duration::from_secs(30), messages.next()).await;
            let message = next.expect("no more events").unwrap();
            let event: StatusEvent = serde_json::from_slice(message.get_payload_bytes()).unwrap();
            if event.request_id == id {
                events.push(event);
                if events.last().is_some_and(|event| event.status.is_final()) {
                    return events;
                }
            }
        }
    }
}

/// A worker that runs on the test's own `System`.
pub(crate) struct RunningWorker {
    stop: oneshot::Sender<()>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl RunningWorker {
    pub(crate) fn start(stage: &Stage, config: &Config) -> Self {
        Self::run(Worker::start(config, &stage.observability).unwrap())
    }

    pub(crate) fn start_with_engine(stage: &Stage, config: &Config, engine: Engine) -> Self {
        Self::run(Worker::start_with_engine(config, &stage.observability, engine).unwrap())
    }

    fn run(worker: Worker) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Self { stop, task }
    }

    /// Tells it to stop and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

/// A Wednesday afternoon in winter, at which museums and parks are open whenever the test runs.
pub(crate) const IN_THE_AFTERNOON: DateTime<Utc> =
    DateTime::from_timestamp(1_796_212_800, 0).expect("it is a time");

/// A round walk of an hour, in the afternoon.
pub(crate) fn an_hour_from(start: Point) -> RouteParams {
    let params = RouteParams::new(start, None, 60, Vec::new(), 0.5, Accessibility::default());
    params.choosing(Choice {
        departure: Some(IN_THE_AFTERNOON),
        ..Choice::default()
    })
}

/// An engine that is counted, and answers at once with a walk round the block, or does what `behave` does before.
pub(crate) fn engine(
    count: &Arc<AtomicUsize>,
    behave: impl Fn(usize) + Send + Sync + 'static,
) -> Engine {
    let count = count.clone();
    Arc::new(move |request, _, _, _| {
        behave(count.fetch_add(1, Ordering::SeqCst) + 1);
        let corner = Point::new(request.start.lon + 0.001, request.start.lat);
        Ok(Walk {
            path: vec![request.start, corner, request.start],
            distance_metres: 111.0,
            duration_seconds: 84,
            score: 0.0,
            stops: Vec::<Stop>::new(),
            legs: vec![Leg {
                path_start: 0,
                distance_metres: 111.0,
                duration_seconds: 84,
                steps: Vec::new(),
            }],
            stairs_metres: 0.0,
            light: Light::default(),
            repeated_metres: 0.0,
            start: wildside_engine::walk::Gap::default(),
            end: wildside_engine::walk::Gap::default(),
            fit: Fit::default(),
            same_for: None,
        })
    })
}
