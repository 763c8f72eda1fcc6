//! Engines that are slow, hang, panic or lie, and more work than there are threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use futures::future::join_all;
use prometheus::{Registry, TextEncoder};
use tracing::Span;
use wildside_actors::engine_pool::{PoolConfig, PoolFailure};
use wildside_actors::enrichment_supervisor::{
    ClassifyElements, EnrichmentFailure, EnrichmentSupervisor, MAX_ELEMENTS, OsmElement, OsmType,
};
use wildside_actors::pool_supervisor::Stop;
use wildside_actors::route_supervisor::{Engine, GenerateRoute, RouteFailure, RouteSupervisor};
use wildside_actors::{ActorHandle, ActorMetrics, ActorRegistry, ActorReport};
use wildside_engine::network::Network;
use wildside_engine::walk::{Accessibility, Choice, Fit, Leg, Light};
use wildside_engine::{NoWalk, Poi, Point, Walk, WalkRequest};

use crate::support::until;

const FAR: Duration = Duration::from_secs(30);

fn walk() -> Walk {
    let leg = Leg {
        path_start: 0,
        distance_metres: 1000.0,
        duration_seconds: 800,
        steps: Vec::new(),
    };
    Walk {
        path: vec![Point::new(-3.19, 55.95), Point::new(-3.18, 55.96)],
        distance_metres: 1000.0,
        duration_seconds: 800,
        score: 3.0,
        stops: Vec::new(),
        legs: vec![leg],
        stairs_metres: 0.0,
        light: Light::default(),
        repeated_metres: 0.0,
        start: wildside_engine::walk::Gap::default(),
        end: wildside_engine::walk::Gap::default(),
        fit: Fit::default(),
        same_for: None,
    }
}

fn asked(deadline: Duration) -> GenerateRoute {
    GenerateRoute {
        request: WalkRequest {
            start: Point::new(-3.19, 55.95),
            end: None,
            budget_seconds: 900,
            themes: Vec::new(),
            popularity_bias: 0.5,
            accessibility: Accessibility::default(),
            choice: Choice::default(),
            seed: 1,
        },
        pois: Arc::from([]),
        network: Network::default(),
        deadline: Instant::now() + deadline,
        span: Span::none(),
    }
}

/// The supervisor on trial.
struct Trial {
    supervisor: ActorHandle<RouteSupervisor>,
    registry: Arc<ActorRegistry>,
    metrics: Registry,
}

impl Trial {
    fn start(
        config: PoolConfig,
        engine: impl Fn(&WalkRequest, Instant) -> Result<Walk, NoWalk> + Send + Sync + 'static,
    ) -> Self {
        let engine: Engine = Arc::new(
            move |request: &WalkRequest, _: &[Poi], _: &Network, deadline| {
                engine(request, deadline)
            },
        );
        let metrics = Registry::new();
        let registry = ActorRegistry::new(ActorMetrics::register(&metrics).unwrap());
        let supervisor = RouteSupervisor::start_with_engine(config, engine, &registry);
        Self {
            supervisor,
            registry,
            metrics,
        }
    }

    async fn ask(&self, deadline: Duration) -> Result<Walk, RouteFailure> {
        self.supervisor
            .ask(asked(deadline))
            .await
            .expect("the supervisor lives")
    }

    async fn report(&self) -> ActorReport {
        self.registry.observe_all().await.remove(0)
    }

    fn counted(&self, outcome: &str) -> u64 {
        let text = TextEncoder::new()
            .encode_to_string(&self.metrics.gather())
            .unwrap();
        let series = format!(
            "actor_messages_total{{actor=\"route_supervisor\",message=\"GenerateRoute\",outcome=\"{outcome}\"}} "
        );
        let count = text.lines().find_map(|line| line.strip_prefix(&series));
        count.map_or(0, |count| count.parse().unwrap())
    }
}

fn pool(threads: usize, waiting: usize) -> PoolConfig {
    PoolConfig {
        threads,
        waiting,
        grace: Duration::from_millis(100),
        max_abandoned: 3,
    }
}

#[actix_web::test]
async fn a_walk_and_the_lack_of_one_come_through() {
    let trial = Trial::start(pool(1, 1), |request, _| {
        if request.seed == 1 {
            Ok(walk())
        } else {
            Err(NoWalk::NothingToSee)
        }
    });
    assert_eq!(trial.ask(FAR).await, Ok(walk()));
    let mut message = asked(FAR);
    message.request.seed = 2;
    let answer = trial.supervisor.ask(message).await.unwrap();
    assert_eq!(answer, Err(RouteFailure::NoWalk(NoWalk::NothingToSee)));
    assert_eq!((trial.counted("ok"), trial.counted("no_walk")), (1, 1));
    let report = trial.report().await;
    assert_eq!((report.handled, report.failed), (2, 0));
}

#[actix_web::test]
async fn a_panic_ends_one_request_and_no_thread() {
    let trial = Trial::start(pool(2, 20), |request, _| {
        assert_ne!(request.seed, 7, "a bug in the engine");
        Ok(walk())
    });
    for _ in 0..6 {
        let mut message = asked(FAR);
        message.request.seed = 7;
        assert_eq!(
            trial.supervisor.ask(message).await.unwrap(),
            Err(RouteFailure::Pool(PoolFailure::Panicked))
        );
    }
    let walks = join_all((0..8).map(|_| trial.ask(FAR))).await;
    assert!(walks.iter().all(Result::is_ok));
    assert_eq!(
        (trial.counted("engine_panicked"), trial.counted("ok")),
        (6, 8)
    );
    let report = trial.report().await;
    assert_eq!((report.failed, report.restarts), (6, 0));
    assert_eq!(
        report.last_error.unwrap().error,
        "GenerateRoute: engine_panicked"
    );
}

#[actix_web::test]
async fn an_engine_that_hangs_loses_its_slot_and_nobody_else_waits_for_it() {
    let release = Arc::new(AtomicBool::new(false));
    let released = release.clone();
    let trial = Trial::start(pool(1, 4), move |request, _| {
        while request.seed == 7 && !released.load(SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(walk())
    });
    let mut hanging = asked(Duration::from_millis(200));
    hanging.request.seed = 7;
    let began = Instant::now();
    assert_eq!(
        trial.supervisor.ask(hanging).await.unwrap(),
        Err(RouteFailure::Pool(PoolFailure::DeadlineExceeded))
    );
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(trial.ask(FAR).await, Ok(walk()));

    let report = trial.report().await;
    assert_eq!((report.state, report.restarts), ("running", 1));
    assert_eq!(report.details["abandoned"], 1);
    assert_eq!(trial.counted("deadline_exceeded"), 1);
    release.store(true, SeqCst);
    until("the abandoned thread", async || {
        trial.report().await.details["abandoned"] == 0
    })
    .await;
}

#[actix_web::test]
async fn when_too_many_threads_hang_no_more_are_risked() {
    let release = Arc::new(AtomicBool::new(false));
    let released = release.clone();
    let trial = Trial::start(pool(1, 4), move |_, _| {
        while !released.load(SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(walk())
    });
    for _ in 0..3 {
        assert_eq!(
            trial.ask(Duration::from_millis(20)).await,
            Err(RouteFailure::Pool(PoolFailure::DeadlineExceeded))
        );
    }
    assert_eq!(
        trial.ask(FAR).await,
        Err(RouteFailure::Pool(PoolFailure::Stopped))
    );
    assert_eq!(trial.report().await.state, "exhausted");
    release.store(true, SeqCst);
    until("the pool", async || trial.report().await.state == "running").await;
    assert_eq!(trial.ask(FAR).await, Ok(walk()));
}

#[actix_web::test]
async fn what_is_computed_and_what_waits_is_bounded() {
    let release = Arc::new(AtomicBool::new(false));
    let (released, running, most) = (
        release.clone(),
        AtomicUsize::new(0),
        Arc::new(AtomicUsize::new(0)),
    );
    let highest = most.clone();
    let trial = Trial::start(pool(2, 3), move |_, _| {
        highest.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
        while !released.load(SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        running.fetch_sub(1, SeqCst);
        Ok(walk())
    });
    let answers = join_all((0..10).map(|_| trial.ask(FAR)));
    let full = until("the pool", async || {
        let details = trial.report().await.details;
        (details["computing"].as_u64(), details["waiting"].as_u64()) == (Some(2), Some(3))
    });
    let open = async {
        full.await;
        assert_eq!(
            trial.ask(FAR).await,
            Err(RouteFailure::Pool(PoolFailure::Busy))
        );
        release.store(true, SeqCst);
    };
    let (answers, ()) = futures::join!(answers, open);
    let ok = answers.iter().filter(|answer| answer.is_ok()).count();
    let busy = answers
        .iter()
        .filter(|answer| **answer == Err(RouteFailure::Pool(PoolFailure::Busy)))
        .count();
    assert_eq!((ok, busy, most.load(SeqCst)), (5, 5, 2));
    assert_eq!(trial.counted("busy"), 6);
}

#[actix_web::test]
async fn waiting_for_a_thread_ends_at_the_deadline() {
    let trial = Trial::start(pool(1, 4), |_, deadline| {
        thread::sleep(
            deadline
                .saturating_duration_since(Instant::now())
                .min(Duration::from_millis(500)),
        );
        Ok(walk())
    });
    let (long, short) = futures::join!(trial.ask(FAR), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let began = Instant::now();
        (trial.ask(Duration::from_millis(100)).await, began.elapsed())
    });
    assert_eq!(long, Ok(walk()));
    assert_eq!(
        short.0,
        Err(RouteFailure::Pool(PoolFailure::DeadlineExceeded))
    );
    assert!(short.1 < Duration::from_millis(300), "{:?}", short.1);
    assert_eq!(trial.report().await.restarts, 0);
}

#[actix_web::test]
async fn an_impossible_walk_does_not_leave_the_supervisor() {
    type Lie = (fn(&mut Walk), &'static str);
    let lies: [Lie; 8] = [
        (
            |walk| walk.path.truncate(1),
            "the path has fewer than two points",
        ),
        (
            |walk| walk.path[1].lat = f64::NAN,
            "the path has an impossible coordinate",
        ),
        (
            |walk| walk.path[0].lon = 181.0,
            "the path has an impossible coordinate",
        ),
        (
            |walk| walk.distance_metres = f64::INFINITY,
            "a length is impossible",
        ),
        (|walk| walk.stairs_metres = -1.0, "a length is impossible"),
        (|walk| walk.score = f64::NAN, "the score is no number"),
        (
            |walk| walk.duration_seconds = 901,
            "the walk exceeds its budget",
        ),
        (
            |walk| walk.legs.clear(),
            "there is not one leg to each stop and one to the end",
        ),
    ];
    let trial = Trial::start(pool(1, 1), move |request, _| {
        let mut walk = walk();
        lies[request.seed as usize].0(&mut walk);
        Ok(walk)
    });
    for (seed, (_, reason)) in lies.iter().enumerate() {
        let mut message = asked(FAR);
        message.request.seed = seed as u64;
        let answer = trial.supervisor.ask(message).await.unwrap();
        assert_eq!(answer, Err(RouteFailure::InvalidResult(reason)));
    }
    assert_eq!(trial.counted("invalid_result"), lies.len() as u64);
}

#[actix_web::test]
async fn after_the_stop_what_has_begun_is_finished() {
    let trial = Trial::start(pool(1, 4), |_, _| {
        thread::sleep(Duration::from_millis(200));
        Ok(walk())
    });
    let (begun, late) = futures::join!(trial.ask(FAR), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        trial.supervisor.ask(Stop).await.unwrap();
        trial.ask(FAR).await
    });
    assert_eq!(
        (begun, late),
        (Ok(walk()), Err(RouteFailure::Pool(PoolFailure::Stopped)))
    );
    assert_eq!(trial.report().await.state, "stopped");
}

#[actix_web::test]
async fn enrichment_has_threads_of_its_own() {
    let trial = Trial::start(pool(1, 1), |_, _| {
        thread::sleep(Duration::from_millis(500));
        Ok(walk())
    });
    let enrichment = EnrichmentSupervisor::start(pool(1, 1), &trial.registry);
    let deadline = Instant::now() + FAR;
    let classify = async {
        let began = Instant::now();
        let classified = enrichment
            .ask(ClassifyElements {
                elements: elements(),
                deadline,
            })
            .await
            .unwrap();
        (classified, began.elapsed())
    };
    let (_, (classified, took)) = futures::join!(trial.ask(FAR), classify);
    assert!(took < Duration::from_millis(400), "{took:?}");
    let classified = classified.unwrap();
    let ids: Vec<i64> = classified.places.iter().map(|place| place.poi_id).collect();
    assert_eq!(ids, [71, 72]);
    assert_eq!(
        (
            classified.duplicates,
            classified.uninteresting,
            classified.invalid
        ),
        (1, 1, 5)
    );
    assert_eq!(classified.places[0].classification.name, "The Viewpoint");
}

fn element(osm_type: OsmType, id: i64, tags: &[(&str, &str)]) -> OsmElement {
    let tags: BTreeMap<String, String> = tags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    OsmElement {
        osm_type,
        id,
        lat: 55.95,
        lon: -3.19,
        tags,
    }
}

fn elements() -> Vec<OsmElement> {
    let viewpoint = [("tourism", "viewpoint"), ("name", "The Viewpoint")];
    let sound = element(OsmType::Node, 7, &viewpoint);
    vec![
        sound.clone(),
        element(OsmType::Way, 7, &viewpoint),
        sound.clone(),
        element(OsmType::Node, 8, &[("highway", "bus_stop")]),
        OsmElement {
            id: 9,
            lat: 999.0,
            ..sound.clone()
        },
        OsmElement {
            id: 10,
            lon: f64::NAN,
            ..sound.clone()
        },
        element(
            OsmType::Node,
            11,
            &[("tourism", "viewpoint"), ("name", "a\0b")],
        ),
        element(OsmType::Node, i64::MAX, &viewpoint),
        element(OsmType::Node, -1, &viewpoint),
    ]
}

#[actix_web::test]
async fn too_many_elements_are_refused() {
    let trial = Trial::start(pool(1, 1), |_, _| Ok(walk()));
    let enrichment = EnrichmentSupervisor::start(pool(1, 1), &trial.registry);
    let elements = vec![element(OsmType::Node, 1, &[]); MAX_ELEMENTS + 1];
    let answer = enrichment
        .ask(ClassifyElements {
            elements,
            deadline: Instant::now() + FAR,
        })
        .await
        .unwrap();
    assert_eq!(answer, Err(EnrichmentFailure::TooManyElements));
    let elements = vec![element(OsmType::Node, 1, &[])];
    let answer = enrichment
        .ask(ClassifyElements {
            elements,
            deadline: Instant::now(),
        })
        .await
        .unwrap();
    assert_eq!(
        answer,
        Err(EnrichmentFailure::Pool(PoolFailure::DeadlineExceeded))
    );
}
