//! The periodic chores: one replica at a time, each with its result noted.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use futures::future::join_all;
use uuid::Uuid;
use wildside::config::RetentionConfig;
use wildside::db::ledger::route_requests::NewRouteRequest;
use wildside::db::routes::saved_routes;
use wildside::db::users::User;
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
            cache: connection.clone(),
            redis: connection,
            retention: RetentionConfig {
                days: 30,
                walks_per_user: 3,
            },
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

    /// A user with this id, up to its last digits.
    fn user(&self, number: u8) -> Uuid {
        let id = Uuid::from_u128(number.into());
        self.sql(&format!(
            "INSERT INTO users (id, username, display_name) VALUES ('{id}', 'user{number}', '')"
        ));
        id
    }

    /// A walk that was made some days ago, with a request of the user.
    fn walk(&self, user: Uuid, number: u8, days: u32) -> Uuid {
        let id = Uuid::from_u128(number.into());
        self.sql(&format!(
            "INSERT INTO routes (id, user_id, distance_metres, duration_seconds, score, details, created_at) \
             VALUES ('{id}', '{user}', 1, 1, 1, '{{}}', now() - interval '{days} days')"
        ));
        self.request(user, "complete", Some(id), days);
        id
    }

    fn request(&self, user: Uuid, status: &str, route: Option<Uuid>, days: u32) {
        let route = route.map_or("NULL".to_owned(), |id| format!("'{id}'"));
        let code = if status == "failed" {
            "'no_walk'"
        } else {
            "NULL"
        };
        self.sql(&format!(
            "INSERT INTO route_requests \
                 (id, user_id, params, cache_key, status, error_code, route_id, trace_id, created_at, repeated) \
             SELECT gen_random_uuid(), '{user}', '{{}}', '', '{status}', {code}, {route}, gen_random_uuid(), \
                 now() - interval '{days} days', \
                 EXISTS (SELECT FROM route_requests WHERE route_id = {route} AND user_id = '{user}')"
        ));
    }

    /// The last digits of the ids of the walks that are left.
    fn walks(&self) -> String {
        self.sql("SELECT string_agg(right(id::text, 1), '' ORDER BY id) FROM routes")
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
    site.run(Chore::EndLostEnrichments).await;
    site.sql("UPDATE maintenance_runs SET lease_until = now() + interval '1 minute'");
    let others = join_all((0..8).map(|_| run_now(Chore::EndLostEnrichments, &site.tools))).await;
    assert!(others.into_iter().all(|outcome| outcome.unwrap().is_none()));
    site.sql("UPDATE maintenance_runs SET lease_until = now()");
    assert_eq!(
        site.run(Chore::EndLostEnrichments).await,
        "0 lost enrichments ended",
        "a dead worker's lease ends"
    );
    assert_eq!(site.sql("SELECT runs FROM maintenance_runs"), "2");
}

#[tokio::test]
async fn a_failure_is_noted_with_its_cause() {
    let site = Site::new();
    site.sql("DROP TABLE idempotency_keys");
    site.database.expect_error("42P01"); // undefined table
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
    let dead = "wildside:queue:{route_generation}:dead";
    site.redis.command(&["XADD", dead, "1000-0", "id", "old"]);
    site.redis.command(&["XADD", dead, "*", "id", "new"]);
    assert_eq!(site.run(Chore::TrimDeadJobs).await, "1 dead jobs forgotten");
    assert_eq!(site.redis.command(&["XLEN", dead]).trim(), ":1");
}

#[tokio::test]
async fn who_took_too_long_notes_nothing_over_another() {
    use wildside::db::maintenance::maintenance_runs::{claim, finish};

    let site = Site::new();
    let mut connection = site.tools.db.get().await.unwrap();
    let (hour, chore) = (Duration::from_hours(1), "trim_walks");
    let late = claim(&mut connection, chore, hour, false)
        .await
        .unwrap()
        .unwrap();
    site.sql("UPDATE maintenance_runs SET lease_until = now()");
    let other = claim(&mut connection, chore, hour, true)
        .await
        .unwrap()
        .unwrap();
    assert!(
        !finish(&mut connection, chore, late, Ok("late"), hour)
            .await
            .unwrap()
    );
    let running = site.sql("SELECT runs, lease_until > now() FROM maintenance_runs");
    assert_eq!(running, "0|t", "the lease of another was ended");
    assert!(
        finish(&mut connection, chore, other, Ok("in time"), hour)
            .await
            .unwrap()
    );
    assert_eq!(
        site.sql("SELECT runs, result FROM maintenance_runs"),
        "1|in time"
    );
}

#[tokio::test]
async fn the_ledger_forgets_failures_and_repetitions_of_long_ago_but_no_walk() {
    let site = Site::new();
    let ada = site.user(1);
    let walk = site.walk(ada, 1, 50);
    for days in [1, 40] {
        site.request(ada, "failed", None, days);
        site.request(ada, "complete", Some(walk), days);
        site.request(ada, "pending", None, days);
    }
    assert_eq!(site.run(Chore::TrimRequests).await, "2 requests deleted");
    let left = "SELECT string_agg(status, ' ' ORDER BY created_at) FROM route_requests";
    assert_eq!(site.sql(left), "complete pending failed complete pending");
    assert_eq!(site.walks(), "1");
}

#[tokio::test]
async fn the_oldest_walks_of_many_are_forgotten_but_not_what_somebody_cares_for() {
    let site = Site::new();
    let (ada, bob) = (site.user(1), site.user(2));
    for number in 1..=8 {
        site.walk(ada, number, 100 - u32::from(number));
    }
    // Older than all of them, and kept.
    for number in [9, 10] {
        site.walk(ada, number, 200);
    }
    let id = |number: u8| Uuid::from_u128(number.into());
    site.sql(&format!(
        "INSERT INTO route_names (user_id, route_id, name) VALUES ('{ada}', '{}', 'Home'); \
         INSERT INTO shared_routes (user_id, route_id) VALUES ('{ada}', '{}')",
        id(9),
        id(10)
    ));
    site.request(ada, "complete", Some(id(4)), 1);
    site.request(bob, "complete", Some(id(5)), 1);
    site.sql(&format!(
        "INSERT INTO saved_routes (user_id, route_id) VALUES ('{ada}', '{}'); \
         INSERT INTO route_notes (user_id, route_id, body) VALUES ('{ada}', '{}', 'fine'); \
         INSERT INTO route_progress (user_id, route_id) VALUES ('{ada}', '{}')",
        id(1),
        id(2),
        id(3)
    ));
    assert_eq!(site.run(Chore::TrimWalks).await, "2 walks forgotten");
    assert_eq!(site.walks(), "12356789a", "the fifth is another's as well");
    let hers = format!("SELECT count(*) FROM route_requests WHERE user_id = '{ada}'");
    assert_eq!(site.sql(&hers), "8");
    assert_eq!(site.run(Chore::TrimWalks).await, "0 walks forgotten");
}

#[tokio::test]
async fn walks_that_nobody_can_see_are_deleted_after_a_while() {
    let site = Site::new();
    let ada = site.user(1);
    for (number, days) in [(1, 10), (2, 40), (3, 40)] {
        site.walk(ada, number, days);
    }
    site.sql("DELETE FROM route_requests WHERE right(route_id::text, 1) IN ('1', '2')");
    assert_eq!(site.run(Chore::DeleteUnseenWalks).await, "1 walks deleted");
    assert_eq!(site.walks(), "13");
}

#[tokio::test]
async fn idempotency_keys_of_one_user_are_bounded_and_expire_in_batches() {
    let site = Site::new();
    let (ada, bob) = (site.user(1), site.user(2));
    for (user, keys, age) in [
        (ada, 23_000, "1 hour"),
        (bob, 5_000, "25 hours"),
        (bob, 10, "1 hour"),
    ] {
        site.sql(&format!(
            "INSERT INTO idempotency_keys (user_id, endpoint, key, request_digest, created_at) \
             SELECT '{user}', 'routes', gen_random_uuid(), '', now() - interval '{age}' - n * interval '1 ms' \
             FROM generate_series(1, {keys}) AS n"
        ));
    }
    assert_eq!(
        site.run(Chore::ExpireIdempotencyKeys).await,
        "8000 expired keys deleted"
    );
    let left = "SELECT count(*) FROM idempotency_keys GROUP BY user_id ORDER BY user_id";
    assert_eq!(site.sql(left), "20000\n10");
}

#[tokio::test]
async fn a_walk_that_is_saved_while_it_is_forgotten_stays_or_is_gone_before() {
    let site = Site::new();
    let ada = site.user(1);
    for number in 1..=5 {
        site.walk(ada, number, 100 - u32::from(number));
    }
    // Somebody has the user locked who is about to save the first walk.
    let mut saver = site.tools.db.get().await.unwrap();
    saver.batch_execute("BEGIN").await.unwrap();
    User::lock(&mut saver, ada).await.unwrap().unwrap();
    let saving = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while site.sql(waiting) != "1" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let first = Uuid::from_u128(1);
        saved_routes::save(&mut saver, ada, first).await.unwrap();
        saver.batch_execute("COMMIT").await.unwrap();
    };
    let limit = Duration::from_secs(20);
    let trimming = tokio::time::timeout(limit, site.run(Chore::TrimWalks));
    let saving = tokio::time::timeout(limit, saving);
    let (trimmed, outcome) = tokio::join!(trimming, saving);
    outcome.expect("nobody waited for the user's lock");
    assert_eq!(trimmed.unwrap(), "1 walks forgotten");
    assert_eq!(site.walks(), "1345");
    assert_eq!(site.sql("SELECT count(*) FROM saved_routes"), "1");
}

#[tokio::test]
async fn a_walk_that_somebody_asks_for_just_now_is_not_forgotten() {
    let site = Site::new();
    let ada = site.user(1);
    for number in 1..=4 {
        site.walk(ada, number, 100 - u32::from(number));
    }
    let mut asker = site.tools.db.get().await.unwrap();
    asker.batch_execute("BEGIN").await.unwrap();
    let request = NewRouteRequest::new(ada, serde_json::json!({}), String::new(), Uuid::new_v4());
    let first = Uuid::from_u128(1);
    request.insert_answered(&mut asker, first).await.unwrap();
    assert_eq!(site.run(Chore::TrimWalks).await, "0 walks forgotten");
    asker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(site.walks(), "1234");
    assert_eq!(site.run(Chore::TrimWalks).await, "1 walks forgotten");
    assert_eq!(site.walks(), "234");
    assert_eq!(site.sql("SELECT count(*) FROM route_requests"), "3");
}

#[tokio::test]
async fn a_walk_that_was_asked_for_very_often_is_forgotten_in_batches() {
    let site = Site::new();
    let ada = site.user(1);
    for number in 1..=4 {
        site.walk(ada, number, 100 - u32::from(number));
    }
    // Before repetitions were marked, and after.
    for repeated in ["false", "true"] {
        site.sql(&format!(
            "INSERT INTO route_requests (id, user_id, params, cache_key, status, route_id, trace_id, created_at, repeated) \
             SELECT gen_random_uuid(), user_id, params, '', status, route_id, trace_id, \
                 created_at + n * interval '1 second', {repeated} \
             FROM route_requests, generate_series(1, 4500) AS n \
             WHERE route_id = '{}' ORDER BY created_at LIMIT 4500",
            Uuid::from_u128(1)
        ));
    }
    site.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF (SELECT count(*) FROM gone) > 4000 THEN RAISE 'too many at once'; END IF; RETURN NULL; END $$; \
         CREATE TRIGGER refuse AFTER DELETE ON route_requests REFERENCING OLD TABLE AS gone \
             FOR EACH STATEMENT EXECUTE FUNCTION refuse()",
    );
    site.run(Chore::TrimWalks).await;
    assert_eq!(site.walks(), "234");
    assert_eq!(site.sql("SELECT count(*) FROM route_requests"), "3");
}

#[tokio::test]
async fn a_user_whose_rows_cannot_be_removed_is_in_nobodys_way() {
    let site = Site::new();
    site.database.expect_error("P0001"); // raised by the trigger
    for user in 1..=3 {
        let id = site.user(user);
        for number in 1..=4 {
            site.walk(id, user * 10 + number, 100 - u32::from(number));
        }
    }
    let second = Uuid::from_u128(2);
    site.sql(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF old.user_id = '{second}' THEN RAISE 'not this one'; END IF; RETURN old; END $$; \
         CREATE TRIGGER refuse BEFORE DELETE ON route_requests FOR EACH ROW EXECUTE FUNCTION refuse()"
    ));
    let left = || {
        site.sql("SELECT string_agg(n::text, ' ' ORDER BY user_id) FROM (SELECT user_id, count(*) AS n FROM route_requests GROUP BY 1) AS left_over")
    };
    let failed = run_now(Chore::TrimWalks, &site.tools).await.unwrap_err();
    assert!(failed.to_string().contains("not this one"), "{failed}");
    assert_eq!(left(), "3 4 3");
    site.sql("UPDATE users SET deleted_at = now() - interval '1 hour' + right(id::text, 1)::integer * interval '1 second'");
    let failed = run_now(Chore::RemoveDeletedAccounts, &site.tools).await;
    let failed = failed.unwrap_err();
    assert!(failed.to_string().contains("not this one"), "{failed}");
    assert_eq!(left(), "4");
    assert_eq!(site.sql("SELECT id FROM users"), second.to_string());
}
