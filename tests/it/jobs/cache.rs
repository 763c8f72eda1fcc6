//! The route cache on a real Redis: it saves work, and is never believed or waited for.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use prometheus::Registry;
use uuid::Uuid;
use wildside::db::city::areas::AreaState;
use wildside::shared_redis;
use wildside::telemetry::metrics::Metrics;
use wildside::walks::route_cache::{CacheKey, RouteCache};
use wildside_engine::Point;
use wildside_test_support::TestRedis;

use crate::jobs::stage::{SENATE_SQUARE, an_hour_from};

fn cache(redis: &TestRedis) -> (RouteCache, Metrics) {
    let metrics = Metrics::new(&Registry::new()).unwrap();
    (
        RouteCache::new(
            shared_redis::connect(&redis.url()).unwrap(),
            metrics.clone(),
            Duration::from_hours(24),
        ),
        metrics,
    )
}

fn key(start: Point, generation: i64) -> CacheKey {
    CacheKey::new(&an_hour_from(start), &[AreaState { id: 1, generation }])
}

fn ttl(redis: &TestRedis, key: &CacheKey) -> i64 {
    redis
        .command(&["TTL", key.as_str()])
        .trim()
        .trim_start_matches(':')
        .parse()
        .unwrap()
}

#[test]
fn a_key_changes_with_the_data_and_not_with_a_step_aside() {
    let nearby = Point::new(SENATE_SQUARE.lon + 0.000_001, SENATE_SQUARE.lat);
    assert_eq!(key(SENATE_SQUARE, 1), key(nearby, 1));
    assert_ne!(key(SENATE_SQUARE, 1), key(SENATE_SQUARE, 2));
    assert!(
        key(SENATE_SQUARE, 1)
            .as_str()
            .starts_with("wildside:route:v1:")
    );
}

#[tokio::test]
async fn what_is_remembered_expires_within_a_day_unless_it_is_pinned() {
    let redis = TestRedis::start();
    let (cache, metrics) = cache(&redis);
    let (key, route) = (key(SENATE_SQUARE, 1), Uuid::new_v4());
    assert_eq!(cache.get(&key).await, None);
    cache.put(&key, route, None).await;
    assert_eq!(cache.get(&key).await, Some(route));
    assert!(
        (77_000..=86_400).contains(&ttl(&redis, &key)),
        "{}",
        ttl(&redis, &key)
    );
    assert!(cache.pin(std::slice::from_ref(&key), route, None).await);
    assert_eq!(ttl(&redis, &key), -1);
    assert!(cache.unpin(std::slice::from_ref(&key)).await);
    assert!(ttl(&redis, &key) > 77_000);
    cache.remove(&key).await;
    assert_eq!(cache.get(&key).await, None);
    let count = |result: &str| {
        metrics
            .route_cache_requests_total
            .with_label_values(&[result])
            .get()
    };
    assert_eq!((count("hit"), count("miss"), count("error")), (1, 2, 0));
}

#[tokio::test]
async fn what_is_so_for_a_while_is_remembered_for_that_while_even_if_it_is_pinned() {
    let redis = TestRedis::start();
    let (cache, _) = cache(&redis);
    let (key, route) = (key(SENATE_SQUARE, 1), Uuid::new_v4());
    let soon = Utc::now() + TimeDelta::minutes(10);
    cache.put(&key, route, Some(soon)).await;
    assert_eq!(cache.get(&key).await, Some(route));
    assert!((590..=600).contains(&ttl(&redis, &key)));
    let now = Utc::now() + TimeDelta::milliseconds(300);
    let keys = std::slice::from_ref(&key);
    assert!(cache.pin(keys, route, Some(now)).await);
    assert_eq!(
        (cache.get(&key).await, ttl(&redis, &key)),
        (Some(route), -1)
    );
    tokio::time::sleep(Duration::from_millis(310)).await;
    assert_eq!(cache.get(&key).await, None);
    let newer = Uuid::new_v4();
    cache.put(&key, newer, None).await;
    assert!(
        cache.pin(keys, route, Some(now)).await,
        "it is no answer any more"
    );
    assert_eq!(cache.get(&key).await, Some(newer));
}

#[tokio::test]
async fn junk_is_a_miss_and_is_overwritten() {
    let redis = TestRedis::start();
    let (cache, _) = cache(&redis);
    let (key, route) = (key(SENATE_SQUARE, 1), Uuid::new_v4());
    for junk in ["", "{}", "\u{1}\u{2}", "{\"route_id\":7}"] {
        redis.command(&["SET", key.as_str(), junk]);
        assert_eq!(cache.get(&key).await, None, "{junk:?}");
    }
    cache.put(&key, route, None).await;
    assert_eq!(cache.get(&key).await, Some(route));
}

#[tokio::test]
async fn a_redis_that_does_not_answer_is_a_miss_within_a_tenth_of_a_second() {
    let mut redis = TestRedis::start();
    let (cache, _) = cache(&redis);
    let key = key(SENATE_SQUARE, 1);
    cache.put(&key, Uuid::new_v4(), None).await;
    redis.pause();
    let asked = Instant::now();
    assert_eq!(cache.get(&key).await, None);
    assert!(
        asked.elapsed() < Duration::from_millis(150),
        "{:?}",
        asked.elapsed()
    );
    redis.kill();
    let asked = Instant::now();
    assert_eq!(cache.get(&key).await, None);
    assert!(
        asked.elapsed() < Duration::from_millis(150),
        "{:?}",
        asked.elapsed()
    );
}
