//! The periodic chores: one replica at a time, each with its result noted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures::future::join_all;
use uuid::Uuid;
use wildside::maintenance::{Chore, Tools, run_now};
use wildside::queue::{EnrichmentJob, Producer};
use wildside::{db, shared_redis};
use wildside_test_support::{TestDatabase, TestRedis};

struct Site {
    database: TestDatabase,
    tools: Tools,
    redis: TestRedis,
}

impl Site {
    fn new() -> Self {
        let (database, redis) = (TestDatabase::create(), TestRedis::start());
        let connection = shared_redis::connect(&redis.url()).unwrap();
        let tools = Tools {
            db: db::pool(&database.url(), 4),
            producer: Producer::new(connection.clone()),
            redis: connection,
        };
        Self {
            database,
            tools,
            redis,
        }
    }

    async fn run(&self, chore: Chore) -> String {
        run_now(chore, &self.tools)
            .await
            .unwrap()
            .expect("nobody else is at it")
    }

    fn sql(&self, sql: &str) -> String {
        self.database.sql(sql).trim().to_owned()
    }
}

#[tokio::test]
async fn every_chore_runs_on_an_empty_database_and_notes_its_result() {
    let site = Site::new();
    for chore in Chore::ALL {
        let result = site.run(chore).await;
        let noted = site.sql(&format!(
            "SELECT result FROM maintenance_runs WHERE chore = '{}' AND succeeded",
            chore.name()
        ));
        assert_eq!(noted, result);
    }
}

#[tokio::test]
async fn only_one_replica_is_at_a_chore() {
    let site = Site::new();
    site.run(Chore::CountPlaces).await;
    site.sql("UPDATE maintenance_runs SET lease_until = now() + interval '1 minute'");
    let others = join_all((0..8).map(|_| run_now(Chore::CountPlaces, &site.tools))).await;
    assert!(others.into_iter().all(|outcome| outcome.unwrap().is_none()));
    site.sql("UPDATE maintenance_runs SET lease_until = now()");
    assert_eq!(
        site.run(Chore::CountPlaces).await,
        "0 places",
        "a dead worker's lease ends"
    );
    assert_eq!(site.sql("SELECT runs FROM maintenance_runs"), "2");
}

#[tokio::test]
async fn a_failure_is_noted_with_its_cause() {
    let site = Site::new();
    site.sql("DROP TABLE idempotency_keys");
    run_now(Chore::ExpireIdempotencyKeys, &site.tools)
        .await
        .unwrap_err();
    let noted = site.sql("SELECT succeeded, result FROM maintenance_runs");
    assert!(
        noted.starts_with('f') && noted.contains("idempotency_keys"),
        "{noted}"
    );
}

#[tokio::test]
async fn only_expired_idempotency_keys_are_deleted() {
    let site = Site::new();
    let user = Uuid::new_v4();
    site.sql(&format!(
        "INSERT INTO users (id, username, display_name) VALUES ('{user}', 'ada', 'Ada')"
    ));
    for age in ["23 hours", "25 hours"] {
        site.sql(&format!(
            "INSERT INTO idempotency_keys (user_id, endpoint, key, request_digest, created_at) \
             VALUES ('{user}', 'routes', gen_random_uuid(), '', now() - interval '{age}')"
        ));
    }
    assert_eq!(
        site.run(Chore::ExpireIdempotencyKeys).await,
        "1 expired keys deleted"
    );
    assert_eq!(site.sql("SELECT count(*) FROM idempotency_keys"), "1");
}

#[tokio::test]
async fn old_answers_are_asked_for_again_and_lost_questions_ended() {
    let site = Site::new();
    let insert = |square: i32, status: &str, finished: &str, not_before: &str| {
        site.sql(&format!(
            "INSERT INTO enrichments (square, theme_id, status, finished_at, not_before, trace_id) \
             SELECT {square}, id, '{status}', now() - interval '{finished}', now() + interval '{not_before}', \
                 gen_random_uuid() FROM interest_themes ORDER BY id LIMIT 1"
        ))
    };
    insert(1, "complete", "31 days", "-1 day");
    insert(2, "complete", "1 day", "6 days");
    insert(3, "requested", "0 days", "-1 minute");
    insert(4, "partial", "2 days", "-1 day");
    insert(5, "partial", "2 hours", "-1 hour");
    assert_eq!(
        site.run(Chore::RefreshEnrichments).await,
        "2 squares to be asked for again"
    );
    assert_eq!(
        site.tools.producer.depth::<EnrichmentJob>().await.unwrap(),
        2
    );
    assert_eq!(
        site.run(Chore::EndLostEnrichments).await,
        "1 lost enrichments ended"
    );
    assert_eq!(
        site.sql("SELECT string_agg(status, ' ' ORDER BY square) FROM enrichments"),
        "requested complete failed requested partial"
    );
}

#[tokio::test]
async fn accepted_requests_without_a_job_are_queued_again_once() {
    let site = Site::new();
    let user = Uuid::new_v4();
    site.sql(&format!(
        "INSERT INTO users (id, username, display_name) VALUES ('{user}', 'ada', 'Ada')"
    ));
    for age in ["1 second", "1 minute"] {
        site.sql(&format!(
            "INSERT INTO route_requests (id, user_id, params, cache_key, status, trace_id, created_at, updated_at) \
             VALUES (gen_random_uuid(), '{user}', '{{}}', '', 'pending', gen_random_uuid(), now(), \
                 now() - interval '{age}')"
        ));
    }
    assert_eq!(
        site.run(Chore::QueueLostRequests).await,
        "1 requests queued again"
    );
    assert_eq!(
        site.run(Chore::QueueLostRequests).await,
        "0 requests queued again"
    );
}

#[tokio::test]
async fn dead_jobs_of_long_ago_are_forgotten() {
    let site = Site::new();
    let dead = "wildside:queue:route_generation:dead";
    site.redis.command(&["XADD", dead, "1000-0", "id", "old"]);
    site.redis.command(&["XADD", dead, "*", "id", "new"]);
    assert_eq!(site.run(Chore::TrimDeadJobs).await, "1 dead jobs forgotten");
    assert_eq!(site.redis.command(&["XLEN", dead]).trim(), ":1");
}
