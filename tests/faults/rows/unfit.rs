//! Redis and PostgreSQL that answer and do not do what is needed: demoted, full, evicting, forbidding, in pieces, behind.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::time::sleep;
use wildside_test_support::{TcpProxy, TestRedis};

use crate::stage::client::some_walk;
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 50,
        fault: "Redis failed over",
        done: "the primary demoted while connections stay open, its address moved to the new one 3 s later",
        quick: true,
        play: || demoted().boxed_local(),
    },
    Row {
        number: 51,
        fault: "Redis full for long",
        done: "maxmemory reached with noeviction until requests are refused, and raised again",
        quick: false,
        play: || full().boxed_local(),
    },
    Row {
        number: 52,
        fault: "Redis evicts",
        done: "allkeys-random with room for some 50 keys of 4 KiB, written all the while for 20 s",
        quick: false,
        play: || evicting().boxed_local(),
    },
    Row {
        number: 53,
        fault: "Redis forbids scripts, or a command in them",
        done: "-@scripting, then -hset for the user until requests are refused, and back again",
        quick: false,
        play: || forbidden().boxed_local(),
    },
    Row {
        number: 54,
        fault: "Redis in cluster mode",
        done: "one shard with all slots; then without the slots for 3 s",
        quick: false,
        play: || cluster().boxed_local(),
    },
    Row {
        number: 55,
        fault: "PostgreSQL unfit",
        done: "a migration taken back, a newer one added, and read-only sessions",
        quick: false,
        play: || unfit_postgres().boxed_local(),
    },
    Row {
        number: 56,
        fault: "Redis loses single keys",
        done: "one key of the queue after the other deleted at random, every 200 ms for 20 s",
        quick: true,
        play: || keys_lost().boxed_local(),
    },
];

const SECONDS_OF_LOSS: Duration = Duration::from_secs(20);

async fn demoted() -> Outcome {
    let fleet = Fleet::start();
    let new = fleet.redis.start_replica();
    let proxy = TcpProxy::to_port(fleet.redis.port());
    let url = fleet.redis.url_at(proxy.port());
    let moving = [("REDIS_URL", url.as_str())];
    let servers = vec![fleet.server(&moving).await];
    let workers = vec![fleet.worker_with_engine("20", &moving).await];
    let mut scene = Scene::of(fleet, servers, workers, 10.0).await;
    scene.goes_on(20).await;
    scene.fleet.redis.fail_over_to(&new);
    both_say(&scene, "it is a replica and takes no writes").await;
    doctor_says(&scene.fleet, "it is a replica and takes no writes");
    sleep(Duration::from_secs(3)).await;
    proxy.move_to(new.port());
    let moved = Instant::now();
    scene.goes_on(20).await;
    both_are_ready(&scene).await;
    let report = scene.settle().await.all_complete().none_refused();
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(moved),
        format!("told by readiness and doctor, nothing was started again; {report}"),
    )
}

async fn full() -> Outcome {
    let mut scene = Scene::start(1, &["20"], 5.0).await;
    scene.goes_on(10).await;
    let limit = |redis: &TestRedis, bytes| redis.command(&["CONFIG", "SET", "maxmemory", bytes]);
    limit(&scene.fleet.redis, "1");
    let begun = Instant::now();
    both_say(&scene, "its memory is full").await;
    doctor_says(&scene.fleet, "its memory is full");
    let refused = refused_because(&scene, "redis_full", begun).await;
    limit(&scene.fleet.redis, "0");
    let mended = Instant::now();
    scene.goes_on(20).await;
    both_are_ready(&scene).await;
    let report = scene.settle().await.all_complete();
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(mended),
        format!("accepted for {refused:.1?}, then refused with the cause; {report}"),
    )
}

async fn forbidden() -> Outcome {
    let fleet = Fleet::start();
    let rights = "on >secret ~wildside:* &wildside:* +@all -@dangerous";
    let words = ["ACL", "SETUSER", "walker"].into_iter();
    let words: Vec<&str> = words.chain(rights.split(' ')).collect();
    fleet.redis.command(&words);
    let url = format!("redis://walker:secret@127.0.0.1:{}/", fleet.redis.port());
    let limited = [("REDIS_URL", url.as_str())];
    let servers = vec![fleet.server(&limited).await];
    let workers = vec![fleet.worker_with_engine("20", &limited).await];
    let mut scene = Scene::of(fleet, servers, workers, 5.0).await;
    scene.goes_on(10).await;
    let set = |rights: &str| {
        let words = ["ACL", "SETUSER", "walker", rights];
        scene.fleet.redis.command(&words)
    };
    let mut refused = Vec::new();
    let mut mended = Instant::now();
    for what in ["@scripting", "hset"] {
        set(&format!("-{what}"));
        let begun = Instant::now();
        both_say(&scene, "the user may not run the scripts").await;
        refused.push(refused_because(&scene, "redis_forbidden", begun).await);
        set(&format!("+{what}"));
        mended = Instant::now();
        scene.goes_on(20).await;
        both_are_ready(&scene).await;
    }
    let report = scene.settle().await.all_complete();
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(mended),
        format!("accepted for {refused:.1?}, then refused with the cause; {report}"),
    )
}

async fn cluster() -> Outcome {
    let mut fleet = Fleet::start();
    fleet.redis = TestRedis::start_with(&["--cluster-enabled", "yes"]);
    let slots = |redis: &TestRedis, command| {
        redis.command(&["CLUSTER", command, "0", "16383"]);
    };
    slots(&fleet.redis, "ADDSLOTSRANGE");
    until("the cluster is well", PATIENCE, async || {
        let told = fleet.redis.command(&["CLUSTER", "INFO"]);
        told.contains("cluster_state:ok")
    })
    .await;
    let servers = fleet.servers(1).await;
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    let mut scene = Scene::of(fleet, servers, workers, 10.0).await;
    scene.goes_on(30).await;
    slots(&scene.fleet.redis, "DELSLOTSRANGE");
    both_say(&scene, "it is one of several shards").await;
    doctor_says(&scene.fleet, "it is one of several shards");
    sleep(Duration::from_secs(3)).await;
    slots(&scene.fleet.redis, "ADDSLOTSRANGE");
    let mended = Instant::now();
    scene.goes_on(20).await;
    both_are_ready(&scene).await;
    let report = scene.settle().await.all_complete().none_refused();
    assert!(scene.all_run());
    Outcome::recovered(report.recovery(mended), report.to_string())
}

async fn unfit_postgres() -> Outcome {
    let mut scene = Scene::start(1, &["20"], 5.0).await;
    scene.goes_on(10).await;
    let version = scene
        .fleet
        .sql("SELECT min(version) FROM __diesel_schema_migrations");
    let delete = format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'");
    scene.fleet.sql(&delete);
    both_say(&scene, "its schema is older than this release").await;
    doctor_says(&scene.fleet, "wildside migrate");
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES";
    scene
        .fleet
        .sql(&format!("{insert} ('{version}'), ('29991231000000')"));
    both_are_ready(&scene).await;
    scene.goes_on(10).await;
    read_only(&scene.fleet, "on");
    both_say(&scene, "it is read-only").await;
    doctor_says(&scene.fleet, "it is read-only");
    read_only(&scene.fleet, "off");
    let mended = Instant::now();
    both_are_ready(&scene).await;
    scene.goes_on(10).await;
    let report = scene.settle().await.all_complete();
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(mended),
        format!("a schema of a newer release is served; {report}"),
    )
}

/// Sets what sessions may do, and ends those that were made otherwise.
fn read_only(fleet: &Fleet, setting: &str) {
    fleet.postgres.sql(
        "postgres",
        &format!(
            "ALTER DATABASE fleet SET default_transaction_read_only = {setting}; \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fleet'"
        ),
    );
}

async fn evicting() -> Outcome {
    let mut scene = Scene::start(1, &["20", "20"], 10.0).await;
    scene.goes_on(20).await;
    let redis = &scene.fleet.redis;
    redis.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]);
    let used = info(redis, "memory", "used_memory:");
    let room = (used + (256 << 10)).to_string();
    redis.command(&["CONFIG", "SET", "maxmemory", &room]);
    let filling = "x".repeat(4096);
    let begun = Instant::now();
    for number in 0.. {
        redis.command(&["SET", &format!("filling:{number}"), &filling]);
        sleep(Duration::from_millis(5)).await;
        if begun.elapsed() > SECONDS_OF_LOSS {
            break;
        }
    }
    doctor_says(&scene.fleet, "allkeys-random");
    let ended = Instant::now();
    scene.goes_on(20).await;
    let evicted = info(redis, "stats", "evicted_keys:");
    assert!(evicted > 100, "{evicted}");
    let report = scene.settle().await.all_complete().none_refused();
    assert!(scene.all_run());
    Outcome::recovered(
        report.recovery(ended),
        format!("{evicted} keys were evicted; {report}"),
    )
}

/// A number that Redis tells of itself.
fn info(redis: &TestRedis, section: &str, field: &str) -> u64 {
    let told = redis.command(&["INFO", section]);
    let value = told.lines().find_map(|line| line.strip_prefix(field));
    value.unwrap().trim().parse().unwrap()
}

async fn keys_lost() -> Outcome {
    const KEYS: [&str; 4] = ["", ":delayed", ":ids", ":dead"];
    let mut scene = Scene::start(1, &["50", "50"], 20.0).await;
    scene.goes_on(20).await;
    let begun = Instant::now();
    let mut lost = 0;
    while begun.elapsed() < SECONDS_OF_LOSS {
        let key = KEYS[rand::random_range(0..KEYS.len())];
        let key = format!("wildside:queue:{{route_generation}}{key}");
        if scene.fleet.redis.command(&["DEL", &key]).contains(":1") {
            lost += 1;
        }
        sleep(Duration::from_millis(200)).await;
    }
    let ended = Instant::now();
    scene.goes_on(20).await;
    let report = scene.settle().await.all_complete().none_refused();
    assert!(scene.all_run());
    assert!(lost > 10, "only {lost} keys were there to lose");
    Outcome::recovered(
        report.recovery(ended),
        format!("{lost} keys were lost; {report}"),
    )
}

/// Server and worker are not ready, and say why.
async fn both_say(scene: &Scene, cause: &str) {
    for process in [scene.server(), scene.worker()] {
        until(cause, PATIENCE, async || says(process, cause).await).await;
    }
}

async fn says(process: &Process, cause: &str) -> bool {
    let told = process.text("/health/ready").await;
    told.is_some_and(|(status, text)| status == 503 && text.contains(cause))
}

async fn both_are_ready(scene: &Scene) {
    for process in [scene.server(), scene.worker()] {
        process.answers("/health/ready", 200, PATIENCE).await;
    }
}

/// `wildside doctor` finds something amiss and says so.
fn doctor_says(fleet: &Fleet, words: &str) {
    let told = fleet.doctor();
    assert!(told.contains(words), "{words} is not in: {told}");
}

/// Waits until somebody is refused for this cause; says how long after the fault that was.
async fn refused_because(scene: &Scene, cause: &str, begun: Instant) -> Duration {
    let url = scene.server().url();
    until(cause, PATIENCE, async || {
        let key = uuid::Uuid::new_v4();
        let walk = some_walk();
        let answer = scene.load.user(0).ask(&url, &walk, key).await.unwrap();
        if answer.status == 202 {
            let request = crate::stage::people::uuid(&answer.body["request_id"]);
            let user = scene.load.user(0).id;
            scene.load.history.accepted(user, request, begun);
            return false;
        }
        assert!(answer.retry_after.is_some(), "{answer:?}");
        answer.body["details"][0]["code"] == cause
    })
    .await;
    let refused = begun.elapsed();
    assert!(refused > Duration::from_secs(9), "after {refused:?}");
    refused
}
