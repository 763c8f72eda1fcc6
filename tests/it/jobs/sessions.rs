//! Sessions of the pool: what condemns them, and what the errors that they meet are taken for.

use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::result::Error;
use diesel::sql_types::Integer;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use wildside::db::fitness::{Lookout, SILENT};
use wildside::db::{self, Batched, Batcher, Connection, Pool, PoolError, SharedError};
use wildside_test_support::{Fault, PostgresServer, TcpProxy, TestDatabase, free_port};

async fn process(connection: &mut Connection) -> i32 {
    diesel::select(diesel::dsl::sql::<Integer>("pg_backend_pid()"))
        .get_result(connection)
        .await
        .unwrap()
}

/// The process of the pool's session, and what comes of `sql` there.
async fn attempt(pool: &Pool, sql: &str) -> (i32, Error) {
    let mut session = pool.get().await.unwrap();
    let process = process(&mut session).await;
    (process, session.batch_execute(sql).await.unwrap_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_become_read_only_is_not_used_again() {
    let database = TestDatabase::create();
    let pool = db::pool(&database.url(), 1);
    let mut session = pool.get().await.unwrap();
    let first = process(&mut session).await;
    let read_only = "SET default_transaction_read_only = on";
    session.batch_execute(read_only).await.unwrap();
    let transaction: QueryResult<()> = session
        .transaction(async |connection| {
            diesel::sql_query("INSERT INTO maintenance_runs (chore) VALUES ('none')")
                .execute(connection)
                .await
                .map(drop)
        })
        .await;
    let refused = transaction.unwrap_err();
    assert!(db::is_outage(&refused), "{refused}");
    assert!(refused.to_string().starts_with("25006: "), "{refused}");
    drop(session);
    let mut session = pool.get().await.unwrap();
    assert_ne!(process(&mut session).await, first);
    let writes = session.batch_execute("CREATE TEMPORARY TABLE t (); DROP TABLE t");
    writes.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_for_a_table_that_has_changed_goes_with_its_session() {
    let database = TestDatabase::empty();
    database.expect_error("0A000"); // the plan does not fit the table
    let pool = db::pool(&database.url(), 1);
    let text = "CREATE TABLE t AS SELECT 1 AS a; PREPARE all_of_t AS SELECT * FROM t; EXECUTE all_of_t; \
                ALTER TABLE t ALTER a TYPE text; EXECUTE all_of_t";
    let (first, changed) = attempt(&pool, text).await;
    assert!(db::is_outage(&changed), "{changed}");
    assert_ne!(process(&mut pool.get().await.unwrap()).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_statement_is_no_outage_and_costs_no_session() {
    let database = TestDatabase::empty();
    for wrong in ["22", "42", "P0001"] {
        database.expect_error(wrong);
    }
    let pool = db::pool(&database.url(), 1);
    let (first, _) = attempt(&pool, "no SQL").await;
    for wrong in [
        "SELECT 1/0",
        "SELECT 'x'::integer",
        "SELECT * FROM nowhere",
        "SELECT 2147483647 + 1",
        "DO $$ BEGIN RAISE EXCEPTION 'canceling statement due to no reason'; END $$",
        "DO $$ BEGIN RAISE EXCEPTION '57P01: terminating connection'; END $$",
    ] {
        let (process, error) = attempt(&pool, wrong).await;
        assert!(!db::is_outage(&error), "{wrong}: {error}");
        assert_eq!(process, first, "{wrong}");
    }
    let mut session = pool.get().await.unwrap();
    let unsent = diesel::sql_query("SELECT '\0'").execute(&mut session).await;
    assert!(!db::is_outage(&unsent.unwrap_err()), "it never left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_told_from_an_outage() {
    let database = TestDatabase::empty();
    let pool = db::pool(&database.url(), 1);
    let slow = "SET statement_timeout = 20; SELECT pg_sleep(10)";
    let (_, error) = attempt(&pool, slow).await;
    assert!(db::is_too_slow(&error) && db::is_outage(&error), "{error}");
    let ended = "SELECT pg_terminate_backend(pg_backend_pid())";
    let (first, error) = attempt(&pool, ended).await;
    assert!(!db::is_too_slow(&error) && db::is_outage(&error), "{error}");
    assert_ne!(process(&mut pool.get().await.unwrap()).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_session_is_told_why() {
    let server = PostgresServer::start();
    let url = server.url("postgres");
    let nobody = format!("postgres://wildside@127.0.0.1:{}/postgres", free_port());
    for (url, cause) in [
        (url.replacen("wildside:", "wildside:guess", 1), "28P01: "),
        (server.url("nowhere"), "3D000: "),
        (nobody, "refused"),
        ("postgres://u@no%20host/d".to_owned(), "no host:5432: "),
    ] {
        let refused = db::pool(&url, 1).get().await.map(drop).unwrap_err();
        let PoolError::Unreachable(error) = &refused else {
            panic!("{refused}");
        };
        let words = error.with_remedy();
        assert!(words.contains(cause), "{words}");
        let told = db::open(&url).await.map(drop).unwrap_err().to_string();
        assert_eq!(told, format!("DATABASE_URL: {words}"));
    }
    let pool = db::pool(&url, 1);
    let _held = pool.get().await.unwrap();
    let busy = pool.get().await.map(drop).unwrap_err();
    assert!(matches!(busy, PoolError::TimedOut), "{busy}");
}

/// A batch that is never answered.
#[derive(Debug)]
struct Silence;

impl Batched for Silence {
    type Output = ();

    async fn run_all(_: &mut Connection, _: &[Self]) -> QueryResult<Vec<()>> {
        std::future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_befalls_one_session_costs_no_other() {
    let database = TestDatabase::empty();
    for one in ["57P01", "25P03"] {
        database.expect_error(one);
    }
    let pool = db::pool(&database.url(), 2);
    let mut other = pool.get().await.unwrap();
    let kept = process(&mut other).await;
    let ended = "SELECT pg_terminate_backend(pg_backend_pid())";
    let (first, _) = attempt(&pool, ended).await;
    let unfinished = "SET idle_in_transaction_session_timeout = 10; BEGIN";
    let mut idle = pool.get().await.unwrap();
    assert_ne!(process(&mut idle).await, first);
    idle.batch_execute(unfinished).await.unwrap();
    while idle.batch_execute("SELECT 1").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(idle);
    let batcher = Batcher::start(pool.clone());
    let broken = batcher.submit(Silence).await.unwrap_err();
    assert!(matches!(broken, SharedError::BrokenOff), "{broken}");
    drop(other);
    let again = process(&mut pool.get().await.unwrap()).await;
    assert_eq!(again, kept, "what was opened before is used still");
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_are_silent_leave_time_for_the_last() {
    let server = PostgresServer::start();
    let silent = [0, 1].map(|_| TcpProxy::to_port(server.port()));
    for proxy in &silent {
        proxy.set(Fault::BlackHole);
    }
    let [first, second] = silent.each_ref().map(TcpProxy::port);
    let port = server.port();
    let hosts = format!("127.0.0.1:{first},127.0.0.1:{second},127.0.0.1:{port}/");
    let limit = "?connect_timeout=3";
    let url = server.url("postgres");
    let url = url.replacen(&format!("127.0.0.1:{port}/"), &hosts, 1) + limit;
    assert!(url.contains(&hosts), "{url}");
    db::open(&url).await.unwrap();
}

/// Looks that take too long while the table is locked; whether the session was the same afterwards.
async fn keeps_its_session(database: &TestDatabase, lookout: &Lookout, pool: &Pool) -> bool {
    let patience = Duration::from_millis(50);
    let fit = async || {
        let begun = Instant::now();
        while lookout.look(patience).await.is_some() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it never ends");
        }
        database.sql(
            "SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND query LIKE '%FROM __diesel_schema_migrations%'",
        )
    };
    let before = fit().await;
    assert!(!before.trim().is_empty());
    let mut holder = pool.get().await.unwrap();
    let lock = "BEGIN; LOCK TABLE __diesel_schema_migrations";
    holder.batch_execute(lock).await.unwrap();
    for _ in 0..2 {
        assert_eq!(lookout.look(patience).await, Some(SILENT));
    }
    holder.batch_execute("COMMIT").await.unwrap();
    fit().await == before
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_takes_too_long_goes_on_and_keeps_its_session() {
    let database = TestDatabase::create();
    let lookout = Lookout::new(&database.url());
    let pool = db::pool(&database.url(), 1);
    // On a busy machine it may take longer than any look is given.
    for _ in 0..5 {
        if keeps_its_session(&database, &lookout, &pool).await {
            return;
        }
    }
    panic!("each such look cost a session");
}
