//! From a poor walk to a good one: the real worker on a real city, of which the database was told too little.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wildside::db::Batched;
use wildside::db::city::areas::AreaState;
use wildside::db::ledger::params::RouteParams;
use wildside::db::ledger::route_requests::{Acceptance, NewRouteRequest, RouteRequest};
use wildside::db::{self, Pool};
use wildside::process::worker::Worker;
use wildside::queue::{EnrichmentJob, GenerateRouteJob, Producer};
use wildside::shared_redis;
use wildside::telemetry::metrics::Metrics;
use wildside::telemetry::observability::Observability;
use wildside::walks::route_cache::CacheKey;
use wildside_actors::Status;
use wildside_engine::Point;
use wildside_engine::walk::{Accessibility, Choice};
use wildside_ingest::load::{Load, load};
use wildside_test_support::{FakeOverpass, OverpassFault, TestDatabase, TestRedis};

use crate::config::config;

const START: Point = Point::new(24.9414, 60.1698);
const MUSEUMS: Uuid = Uuid::from_u128(0x135d_63cf_1293_424c_802a_2e8f_96fc_5ce8);
const PATIENCE: Duration = Duration::from_mins(1);

fn helsinki() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ingest/data/helsinki.osm.pbf")
}

/// A worker with Helsinki's streets and all its places but most museums.
struct City {
    database: TestDatabase,
    overpass: FakeOverpass,
    pool: Pool,
    producer: Producer,
    user: Uuid,
    stop: Option<oneshot::Sender<()>>,
    worker: JoinHandle<anyhow::Result<()>>,
    metrics: Metrics,
    _redis: TestRedis,
}

impl City {
    async fn without_museums() -> Self {
        Self::with_museums(0).await
    }

    async fn with_museums(left: usize) -> Self {
        let (database, redis) = (TestDatabase::create(), TestRedis::start());
        let overpass = FakeOverpass::of_extract(&helsinki());
        let extract = Load {
            file: helsinki(),
            name: "helsinki".to_owned(),
            source: "helsinki.osm.pbf".to_owned(),
            area: None,
            digest: "test".to_owned(),
            allow_shrink: false,
            allow_older: false,
        };
        load(&database.url(), extract, |_| ()).await.unwrap();
        database.sql(&format!(
            "DELETE FROM pois WHERE id IN ( \
                 SELECT poi_id FROM poi_interest_themes WHERE theme_id = '{MUSEUMS}' ORDER BY poi_id OFFSET {left})"
        ));
        let user = Uuid::new_v4();
        database.sql(&format!(
            "INSERT INTO users (id, username, display_name) VALUES ('{user}', 'ada', 'Ada')"
        ));
        let url = overpass.url();
        let variables = [
            ("OVERPASS_URL", url.as_str()),
            ("OVERPASS_CONTACT", "maintainer@example.org"),
        ];
        let config = config(&database.url(), &redis.url(), &variables);
        let observability = Observability::new().unwrap();
        let worker = Worker::start(&config, &observability).unwrap();
        let (stop, stopped) = oneshot::channel();
        Self {
            pool: db::pool(&database.url(), 2),
            producer: Producer::new(shared_redis::connect(&redis.url()).unwrap()),
            user,
            stop: Some(stop),
            worker: actix::spawn(worker.run(async move {
                let _ = stopped.await;
            })),
            database,
            overpass,
            metrics: observability.metrics,
            _redis: redis,
        }
    }

    /// Stops of a walk that are of the theme that was asked for.
    fn matched_stops(&self, walk: &RouteRequest) -> u32 {
        let route_id = walk.route_id.unwrap();
        let stops = self.database.sql(&format!(
            "SELECT details->'fit'->>'matched_stops' FROM routes WHERE id = '{route_id}'"
        ));
        stops.trim().parse().unwrap()
    }

    /// Asks for a walk as the API does, and waits for its end.
    async fn walk(&self) -> RouteRequest {
        let params = RouteParams::new(
            START,
            None,
            60,
            vec![MUSEUMS],
            0.5,
            Accessibility::default(),
        );
        // A Wednesday afternoon, at which museums are open.
        let params = params.choosing(Choice {
            departure: Some("2026-12-02T12:00:00Z".parse().unwrap()),
            ..Choice::default()
        });
        let mut connection = self.pool.get().await.unwrap();
        let areas = AreaState::all(&mut connection).await.unwrap();
        let key = CacheKey::new(&params, &areas).as_str().to_owned();
        let trace_id = Uuid::new_v4();
        let request = NewRouteRequest::new(
            self.user,
            serde_json::to_value(&params).unwrap(),
            key,
            trace_id,
        );
        let wanted = [Acceptance {
            request,
            ends: Vec::new(),
        }];
        let accepted = Acceptance::run_all(&mut connection, &wanted).await.unwrap();
        let request = accepted.into_iter().next().flatten().unwrap();
        self.producer
            .push(&GenerateRouteJob {
                request_id: request.id,
                trace_id,
                cache_key: request.cache_key,
                areas,
            })
            .await
            .unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = RouteRequest::find_for_user(&mut connection, request.id, self.user)
                .await
                .unwrap()
                .unwrap();
            if now.status.is_final() {
                return now;
            }
            assert!(Instant::now() < deadline, "still {:?}", now.status);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no enrichment is under way, and answers how many ended in which status.
    async fn enrichments(&self) -> HashMap<String, usize> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rows = self.database.sql("SELECT status FROM enrichments");
            let mut ended: HashMap<String, usize> = HashMap::new();
            for status in rows.lines().filter(|line| !line.is_empty()) {
                *ended.entry(status.to_owned()).or_default() += 1;
            }
            if !ended.is_empty() && !ended.contains_key("requested") {
                return ended;
            }
            assert!(
                Instant::now() < deadline,
                "enrichment never ends: {ended:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn stops(&self, route: Uuid) -> usize {
        self.database
            .sql(&format!(
                "SELECT count(*) FROM route_pois WHERE route_id = '{route}'"
            ))
            .trim()
            .parse()
            .unwrap()
    }

    fn museums(&self) -> usize {
        let sql = format!("SELECT count(*) FROM poi_interest_themes WHERE theme_id = '{MUSEUMS}'");
        self.database.sql(&sql).trim().parse().unwrap()
    }

    async fn stop(mut self) {
        self.stop.take();
        self.worker.await.unwrap().unwrap();
    }
}

#[actix::test]
async fn a_poor_walk_has_its_theme_filled_and_the_next_one_is_good() {
    let city = City::with_museums(2).await;
    let poor = city.walk().await;
    let stops_before = city.stops(poor.route_id.expect("the best walk there is"));
    assert!(stops_before <= 2, "{stops_before} stops at 2 museums");

    let ended = city.enrichments().await;
    assert!(ended.keys().all(|status| status == "complete"), "{ended:?}");
    assert!(city.museums() >= 10, "{} museums", city.museums());

    let good = city.walk().await;
    assert_eq!(good.status, Status::Complete, "{:?}", good.error_message);
    let stops = city.stops(good.route_id.unwrap());
    println!(
        "an hour of museums: {stops_before} stops among 2 places, then {stops} among {}",
        city.museums()
    );
    assert!(stops > stops_before, "{stops_before}, then {stops}");
    assert_ne!(
        good.cache_key, poor.cache_key,
        "the cached answers of the area are of yesterday"
    );

    let asked = city.overpass.requests().len();
    assert_eq!(asked, ended.values().sum::<usize>(), "each square once");
    assert!(city.overpass.most_at_once() <= 2);
    city.walk().await;
    city.stop().await;
}

#[actix::test]
async fn what_is_known_already_is_not_written_again() {
    let city = City::without_museums().await;
    city.walk().await;
    city.enrichments().await;
    let state =
        "SELECT generation, (SELECT max(updated_at) FROM pois WHERE area_id IS NULL) FROM areas";
    let before = city.database.sql(state);

    let square = city
        .database
        .sql("UPDATE enrichments SET status = 'requested' RETURNING square");
    for square in square.lines().filter_map(|line| line.trim().parse().ok()) {
        let job = EnrichmentJob {
            id: Uuid::new_v4(),
            trace_id: Uuid::new_v4(),
            theme_id: MUSEUMS,
            square,
        };
        city.producer.push(&job).await.unwrap();
    }
    city.enrichments().await;
    assert_eq!(city.database.sql(state), before);
    assert_eq!(
        city.database
            .sql("SELECT sum(changes) FROM enrichments")
            .trim(),
        "0"
    );
    city.stop().await;
}

#[actix::test]
async fn where_nothing_matched_places_match_afterwards() {
    let city = City::without_museums().await;
    let filled = city.walk().await;
    assert_eq!(filled.status, Status::Complete);
    assert_eq!(city.matched_stops(&filled), 0);
    city.enrichments().await;
    let walk = city.walk().await;
    assert_eq!(walk.status, Status::Complete);
    assert!(city.matched_stops(&walk) > 0);
    city.stop().await;
}

#[actix::test]
async fn half_an_answer_is_used_and_asked_for_again_soon() {
    let city = City::without_museums().await;
    city.overpass.set(OverpassFault::Remark);
    city.walk().await;
    let ended = city.enrichments().await;
    assert!(ended.keys().all(|status| status == "partial"), "{ended:?}");
    let soon = city
        .database
        .sql("SELECT bool_and(not_before < now() + interval '1 hour') FROM enrichments");
    assert_eq!(soon.trim(), "t");
    city.stop().await;
}

#[actix::test]
async fn a_server_that_refuses_changes_nothing_and_is_not_asked_again() {
    let city = City::without_museums().await;
    city.overpass.set(OverpassFault::BadQuery);
    let walk = city.walk().await;
    assert_eq!(
        (walk.status, city.matched_stops(&walk)),
        (Status::Complete, 0),
        "delivered before anything is asked"
    );
    let ended = city.enrichments().await;
    assert!(ended.keys().all(|status| status == "failed"), "{ended:?}");
    assert_eq!(city.overpass.requests().len(), ended["failed"]);
    assert_eq!(city.museums(), 0);
    let cause = city
        .database
        .sql("SELECT DISTINCT error_code FROM enrichments");
    assert_eq!(cause.trim(), "bad_query");
    let (jobs, failed) = (&city.metrics.jobs_total, ended["failed"] as u64);
    let counted = |status| jobs.with_label_values(&["Enrichment", status]).get();
    assert_eq!((counted("failure"), counted("success")), (failed, 0));
    city.stop().await;
}
