//! More than can be done, for a while.

use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt};
use tokio::time::sleep;
use uuid::Uuid;
use wildside::queue::{EnrichmentJob, GenerateRouteJob, Job, Producer, Pushed};
use wildside::shared_redis;
use wildside_actors::Status;
use wildside_test_support::FakeOverpass;

use crate::stage::client::some_walk;
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, REFUSED, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 36,
        fault: "overload",
        done: "five times as many requests as the engine can compute, for 20 s",
        quick: false,
        play: || overload().boxed_local(),
    },
    Row {
        number: 37,
        fault: "100,000 jobs wait",
        done: "100,000 jobs of enrichment, then as many walks while no worker runs, 20,000 of them due for another run",
        quick: false,
        play: || backlog().boxed_local(),
    },
];

/// Refusals of servers.
const REFUSING: &str = "requests are refused: too many wait";

async fn overload() -> Outcome {
    const LOAD: Duration = Duration::from_secs(20);
    // Four threads that take 200 ms each for a walk.
    const CAPACITY: f64 = 20.0;
    let fleet = Fleet::start();
    // Work for a second and a half.
    let limit = [("WILDSIDE_QUEUE_LIMIT", "30")];
    let servers = vec![fleet.server(&limit).await];
    let workers = vec![fleet.worker_with_engine("200", &[]).await];
    let mut scene = Scene::of(fleet, servers, workers, 1.0).await;
    scene.goes_on(3).await;

    let peak = walks_a_second(&scene, CAPACITY, LOAD).await;
    // What waits is worked off.
    sleep(Duration::from_secs(3)).await;
    let (begun, refused) = (Instant::now(), Refusals::of(scene.server()).await);
    let goodput = walks_a_second(&scene, 5.0 * CAPACITY, LOAD).await;
    let ended = Instant::now();
    let answers = scene.load.history.p99_answer(begun, ended);
    let refused = Refusals::of(scene.server()).await.since(&refused);
    assert!(
        goodput >= 0.8 * peak,
        "{goodput:.1} of {peak:.1} walks a second"
    );
    assert!(refused.all > 500, "{} were refused", refused.all);
    let fast = refused.fast as f64 / refused.all as f64;
    assert!(fast >= 0.99, "{fast:.3} of the refusals within {FAST} s");
    scene.server().logs(REFUSING, PATIENCE).await;

    let before = scene.load.history.count_refused();
    scene.goes_on(5).await;
    let report = scene.settle().await.all_complete();
    let recovery = report.recovery_within(Duration::from_secs(5), ended);
    assert_eq!(report.history.count_refused(), before, "still refused");
    assert!(scene.all_run());
    Outcome::recovered(
        recovery,
        format!(
            "{goodput:.1} walks a second, {peak:.1} at capacity; {:.1} % of {} refusals within {FAST} s, \
             all answers within {answers:.0?} as clients saw it (p99); {report}",
            fast * 100.0,
            refused.all
        ),
    )
}

/// Walks a second while people ask so often, once that has lasted for a while.
async fn walks_a_second(scene: &Scene, rate: f64, time: Duration) -> f64 {
    let begun = Instant::now() + time / 4;
    scene.load.surge(rate, time).await;
    let ended = Instant::now();
    let walks = scene.load.history.count_ended(begun, ended);
    walks as f64 / (ended - begun).as_secs_f64()
}

/// So fast a server refuses, in seconds: a boundary of its histogram.
const FAST: &str = "0.01";

/// Refused requests for a walk, and how many of them were refused so fast, as the server has measured.
struct Refusals {
    all: u64,
    fast: u64,
}

impl Refusals {
    async fn of(server: &Process) -> Self {
        let fast = format!(
            r#"http_requests_duration_seconds_bucket{{endpoint="/api/v1/routes",method="POST",status="503",le="{FAST}"}}"#
        );
        Self {
            all: server.count(REFUSED).await,
            fast: server.count(&fast).await,
        }
    }

    fn since(&self, earlier: &Self) -> Self {
        Self {
            all: self.all - earlier.all,
            fast: self.fast - earlier.fast,
        }
    }
}

/// Jobs in each of the queues.
const BACKLOG: usize = 100_000;
/// Of the walks, so many are different; the others are known when it is their turn.
const WALKS: usize = 5_000;
/// Of the route jobs, so many are delayed and due.
const DUE: usize = 20_000;
const DRAINED: Duration = Duration::from_mins(10);

async fn backlog() -> Outcome {
    let fleet = Fleet::start();
    let overpass = FakeOverpass::empty();
    let (limit, url) = ((BACKLOG * 2).to_string(), overpass.url());
    let limits = [
        ("WILDSIDE_QUEUE_LIMIT", limit.as_str()),
        ("WILDSIDE_QUEUE_WAIT_SECONDS", "5"),
    ];
    let servers = vec![fleet.server(&limits).await];
    let worker = [
        ("OVERPASS_URL", url.as_str()),
        ("WILDSIDE_JOB_CONCURRENCY", "32"),
    ];
    let workers = vec![fleet.worker_with_engine("0", &worker).await];
    let mut scene = Scene::of(fleet, servers, workers, 5.0).await;
    scene.goes_on(5).await;

    queue_enrichments(&scene.fleet).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let walk = scene.load.ask(0, 0, &some_walk(), Uuid::new_v4()).await;
        slowest = slowest.max(scene.load.ends_as(walk, Status::Complete).await);
    }
    assert!(slowest < Duration::from_secs(2), "a walk took {slowest:?}");
    let waiting = depth::<EnrichmentJob>(&scene.fleet).await;
    assert!(
        waiting > BACKLOG as i64 * 9 / 10,
        "{waiting} enrichments wait"
    );

    scene.workers.clear();
    queue_walks(&scene.fleet).await;
    scene.server().logs(REFUSING, PATIENCE).await;
    let refusing = scene.server().count(REFUSED).await;
    until("more are refused", PATIENCE, async || {
        scene.server().count(REFUSED).await > refusing + 10
    })
    .await;
    let waiting = depth::<GenerateRouteJob>(&scene.fleet).await;
    assert!(waiting >= BACKLOG as i64, "{waiting} walks wait");

    let started = Instant::now();
    let worker = scene.fleet.worker_with_engine("0", &worker).await;
    scene.workers.push(worker);
    let unfinished =
        "SELECT count(*) FROM route_requests WHERE status IN ('pending', 'in_progress')";
    until("the backlog is worked off", DRAINED, async || {
        sleep(Duration::from_secs(1)).await;
        scene.fleet.sql(unfinished) == "0" && depth::<GenerateRouteJob>(&scene.fleet).await == 0
    })
    .await;
    let drained = started.elapsed();
    scene.goes_on(10).await;
    let report = scene.settle().await.all_complete();
    let failed = "SELECT count(*) FROM route_requests WHERE status <> 'complete'";
    assert_eq!(scene.fleet.sql(failed), "0");
    for process in scene.servers.iter().chain(&scene.workers) {
        assert!(!process.log().contains("unpack"), "{}", process.log());
    }
    assert!(scene.all_run());
    Outcome::recovered(
        drained,
        format!(
            "walks overtook the enrichments, within {slowest:.1?}; {BACKLOG} walks worked off at {:.0} a second, \
             meanwhile others were refused; {report}",
            BACKLOG as f64 / drained.as_secs_f64()
        ),
    )
}

/// Squares that wait to be looked into.
async fn queue_enrichments(fleet: &Fleet) {
    fleet.sql(&format!(
        "INSERT INTO enrichments (square, theme_id, not_before, trace_id) \
         SELECT square, theme.id, now() + interval '1 hour', gen_random_uuid() \
         FROM generate_series(1, {BACKLOG}) AS square, (SELECT id FROM interest_themes LIMIT 1) AS theme"
    ));
    let theme_id = fleet.sql("SELECT theme_id FROM enrichments LIMIT 1");
    let theme_id: Uuid = theme_id.parse().unwrap();
    let jobs = (1..=BACKLOG).map(|square| EnrichmentJob {
        id: Uuid::new_v4(),
        trace_id: Uuid::new_v4(),
        theme_id,
        square: square as i32,
    });
    queue(fleet, jobs).await;
}

/// Requests like those that were accepted so far, in the ledger and in the queue.
async fn queue_walks(fleet: &Fleet) {
    let rows = fleet.sql(&format!(
        "WITH crowd AS (INSERT INTO users (username, display_name) VALUES ('crowd', 'Crowd') RETURNING id) \
         INSERT INTO route_requests (id, user_id, params, cache_key, trace_id, created_at, updated_at) \
         SELECT gen_random_uuid(), crowd.id, params, 'crowd:' || number % {WALKS}, gen_random_uuid(), clock_timestamp(), clock_timestamp() \
         FROM generate_series(1, {BACKLOG}) AS number, crowd, (SELECT params FROM route_requests LIMIT 1) AS known \
         RETURNING id || ' ' || cache_key"
    ));
    let jobs = rows.lines().map(|line| {
        let (id, cache_key) = line.split_once(' ').unwrap();
        GenerateRouteJob {
            request_id: id.parse().unwrap(),
            trace_id: Uuid::new_v4(),
            cache_key: cache_key.to_owned(),
            areas: Vec::new(),
        }
    });
    queue(fleet, jobs).await;
    let delayed = fleet.redis.command(&[
        "EVAL",
        DELAY,
        "2",
        "wildside:queue:{route_generation}",
        "wildside:queue:{route_generation}:delayed",
        &DUE.to_string(),
    ]);
    assert_eq!(delayed.trim(), format!(":{DUE}"));
}

/// Puts the first jobs off until now, as an outage does.
const DELAY: &str = r"
    local jobs = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])
    for _, job in ipairs(jobs) do
        local fields = {}
        for i = 1, #job[2], 2 do
            fields[job[2][i]] = job[2][i + 1]
        end
        fields.runs, fields.waits = 1, 1
        redis.call('ZADD', KEYS[2], redis.call('TIME')[1] * 1000, cjson.encode(fields))
        redis.call('XDEL', KEYS[1], job[1])
    end
    return #jobs
";

async fn queue<J: Job>(fleet: &Fleet, jobs: impl Iterator<Item = J>) {
    let producer = producer(fleet);
    let pushes = jobs.map(|job| {
        let producer = &producer;
        async move { assert_eq!(producer.push(&job).await.unwrap(), Pushed::Added) }
    });
    futures::stream::iter(pushes)
        .buffer_unordered(256)
        .collect::<()>()
        .await;
}

async fn depth<J: Job>(fleet: &Fleet) -> i64 {
    producer(fleet).depth::<J>().await.unwrap()
}

fn producer(fleet: &Fleet) -> Producer {
    Producer::new(shared_redis::connect(&fleet.redis.url()).unwrap())
}
