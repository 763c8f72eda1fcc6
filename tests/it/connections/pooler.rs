//! Poolers before PostgreSQL: sessions of one's own, and sessions that are lent for single transactions.

use wildside_test_support::{CITY, PgBouncer, PostgresServer, TestDatabase, TestRedis};

use crate::connections::stage::{Service, command};

/// Everything that the service does with the database, side by side, through a URL.
async fn walks_through(url: &str) {
    let redis = TestRedis::start();
    let redis_url = redis.url();
    let variables = [("DATABASE_URL", url), ("REDIS_URL", &redis_url)];
    let service = Service::start(&variables).await;
    let mut users = Vec::new();
    for number in 0..6 {
        users.push(service.user(&format!("user_{number}")).await);
    }
    for minutes in [30, 45, 60, 75] {
        let walks = users.iter_mut().map(|user| service.walk(user, minutes));
        futures::future::join_all(walks).await;
        for user in &mut users {
            for path in [
                "/api/v1/users/me",
                "/api/v1/users/me/routes",
                "/api/v1/interest-themes",
            ] {
                let answer = user.get(path).await;
                assert_eq!(
                    answer.status,
                    200,
                    "{path}: {}\n{}",
                    answer.text,
                    service.log()
                );
            }
        }
    }
    let (well, told) = command(&["doctor"], &variables);
    assert!(
        told.contains("ok    postgresql: takes writes"),
        "{well} {told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn walks_go_through_sessions_that_are_lent_for_single_transactions() {
    let database = TestDatabase::create();
    database.sql(CITY);
    let pooler = PgBouncer::start(&database.url(), "transaction");
    walks_through(&(pooler.url() + "?pool_mode=transaction")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn walks_go_through_pooled_sessions() {
    let database = TestDatabase::create();
    database.sql(CITY);
    let pooler = PgBouncer::start(&database.url(), "session");
    walks_through(&pooler.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lent_session_keeps_its_limits_and_leaves_none_behind() {
    let database = TestDatabase::create();
    database.expect_error("57014");
    let pooler = PgBouncer::start(&database.url(), "transaction");
    let pool = wildside::db::pool(&(pooler.url() + "?pgbouncer=true"), 1);
    let mut session = pool.get().await.unwrap();
    let slow = diesel::sql_query("SELECT pg_sleep(8)");
    let error = diesel_async::RunQueryDsl::execute(slow, &mut *session)
        .await
        .unwrap_err();
    assert!(wildside::db::is_too_slow(&error), "{error}");
    drop(session);
    let psql = wildside_test_support::postgres_client("psql")
        .args(["-XAt", &pooler.url(), "-c", "SHOW statement_timeout"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&psql.stdout).trim(),
        "0",
        "{psql:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_told_of_such_a_pooler_finds_it() {
    let server = PostgresServer::start();
    server.create_database("walks");
    let pooler = PgBouncer::start(&server.url("walks"), "transaction");
    let (url, lent) = (pooler.url(), pooler.url() + "?pool_mode=transaction");
    let redis = TestRedis::start();
    let serve = command(&[], &[("DATABASE_URL", &url), ("REDIS_URL", &redis.url())]);
    assert!(
        !serve.0 && serve.1.contains("add pool_mode=transaction"),
        "{}",
        serve.1
    );
    for url in [&url, &lent] {
        let migrate = command(&["migrate"], &[("DATABASE_URL", url)]);
        assert!(
            !migrate.0 && migrate.1.contains("lead past it"),
            "{}",
            migrate.1
        );
        let load = wildside_ingest::load::check(url)
            .await
            .unwrap_err()
            .to_string();
        assert!(load.contains("lead past it"), "{load}");
    }
}
