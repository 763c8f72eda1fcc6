//! Redis under the same address, on another server: what was connected to the old one finds the new one by itself.

use std::time::{Duration, Instant};

use wildside::shared_redis::{self, Redis};
use wildside_test_support::{TcpProxy, TestRedis};

const PATIENCE: Duration = Duration::from_secs(10);

async fn set(redis: &Redis, key: &str) -> redis::RedisResult<()> {
    let mut set = redis::cmd("SET");
    set.arg(key).arg("value");
    set.query_async(&mut redis.clone()).await
}

async fn set_in_pipeline(redis: &Redis, key: &str) -> redis::RedisResult<()> {
    let mut set = redis::pipe();
    set.set(key, "value").ignore();
    set.query_async(&mut redis.clone()).await
}

async fn until_it_writes(redis: &Redis, in_pipeline: bool) {
    let begun = Instant::now();
    loop {
        let written = if in_pipeline {
            set_in_pipeline(redis, "key").await
        } else {
            set(redis, "key").await
        };
        match written {
            Ok(()) => return,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_connection_to_a_demoted_primary_is_given_up() {
    for in_pipeline in [false, true] {
        let old = TestRedis::start();
        let new = old.start_replica();
        let proxy = TcpProxy::to_port(old.port());
        let redis = shared_redis::connect(&old.url_at(proxy.port())).unwrap();
        set(&redis, "before").await.unwrap();
        old.fail_over_to(&new);
        let refused = set(&redis, "meanwhile").await.unwrap_err();
        assert_eq!(refused.code(), Some("READONLY"));
        proxy.move_to(new.port());
        until_it_writes(&redis, in_pipeline).await;
        assert!(new.command(&["GET", "key"]).contains("value"));
    }
}

#[tokio::test]
async fn a_password_that_is_mended_is_tried_again() {
    let server = TestRedis::start();
    let redis = shared_redis::connect(&server.url()).unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let right = client.get_connection_info().redis_settings().password();
    let mut admin = client.get_multiplexed_async_connection().await.unwrap();
    for (password, works) in [("another", false), (right.unwrap(), true)] {
        let mut change = redis::cmd("CONFIG");
        change.arg(&["SET", "requirepass", password]);
        change.exec_async(&mut admin).await.unwrap();
        assert!(works || set(&redis, "refused").await.is_err());
    }
    until_it_writes(&redis, false).await;
}

#[tokio::test]
async fn a_demoted_primary_is_not_asked_for_a_connection_all_the_time() {
    let old = TestRedis::start();
    let new = old.start_replica();
    let redis = shared_redis::connect(&old.url()).unwrap();
    set(&redis, "before").await.unwrap();
    old.fail_over_to(&new);
    let connections = || {
        let stats = old.command(&["INFO", "stats"]);
        let mut lines = stats.lines();
        let count = lines.find_map(|line| line.strip_prefix("total_connections_received:"));
        count.unwrap().trim().parse::<u32>().unwrap()
    };
    let (before, begun) = (connections(), Instant::now());
    while begun.elapsed() < Duration::from_secs(3) {
        set(&redis, "refused").await.unwrap_err();
    }
    let seconds = begun.elapsed().as_secs() as u32;
    // One is that of the last look, a few are those of the replication.
    assert!(connections() - before <= seconds + 5, "{}", connections());
}
