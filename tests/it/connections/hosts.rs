//! Several hosts of PostgreSQL in one URL, and a standby that is promoted.

use tokio_postgres::SimpleQueryMessage;
use wildside::db::{self, PoolError, Trouble};
use wildside_dial::{Condemned, Target, dial};
use wildside_test_support::{CITY, PostgresServer, TestRedis};

use crate::connections::stage::{Service, command};

/// URL that names both servers, of which the second follows the first.
fn url_of_both(primary: &PostgresServer, standby: &PostgresServer, parameters: &str) -> String {
    let host = |server: &PostgresServer| format!("127.0.0.1:{}", server.port());
    let both = format!("{},{}", host(standby), host(primary));
    primary.url("walks").replace(&host(primary), &both) + parameters
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_is_served_without_a_restart() {
    let (mut primary, redis) = (PostgresServer::start(), TestRedis::start());
    primary.create_migrated("walks");
    primary.sql("walks", CITY);
    let standby = primary.start_standby();
    for code in ["57P01", "57P02", "57P03"] {
        primary.expect_error(code);
        standby.expect_error(code);
    }
    let url = url_of_both(&primary, &standby, "?target_session_attrs=read-write");
    let redis_url = redis.url();
    let service = Service::start(&[("DATABASE_URL", &url), ("REDIS_URL", &redis_url)]).await;
    let mut ada = service.user("ada").await;
    service.walk(&mut ada, 60).await;
    standby.follow_to_the_end(&primary);
    primary.kill();
    standby.sql("postgres", "SELECT pg_promote()");
    service.until(async || service.is_ready().await).await;
    service.walk(&mut ada, 45).await;
    let kept = "SELECT count(*) FROM routes";
    assert_eq!(standby.sql("walks", kept), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_a_server_is_asked_for_as_libpq_does() {
    let primary = PostgresServer::start();
    primary.create_database("walks");
    let standby = primary.start_standby();
    let read_only = "SHOW transaction_read_only";
    for (role, expected) in [
        ("any", "on"),
        ("read-write", "off"),
        ("read-only", "on"),
        ("primary", "off"),
        ("standby", "on"),
        ("prefer-standby", "on"),
    ] {
        let url = url_of_both(&primary, &standby, &format!("?target_session_attrs={role}"));
        let target = Target::parse(&url).unwrap();
        let dialled = dial(&target, &Condemned::default()).await.unwrap();
        let answer = dialled.client.simple_query(read_only).await.unwrap();
        let SimpleQueryMessage::Row(row) = &answer[1] else {
            panic!("{answer:?}");
        };
        assert_eq!(row.get(0), Some(expected), "{role}");
    }
    let alone = |role: &str| format!("{}?target_session_attrs={role}", primary.url("walks"));
    for (role, expected) in [("standby", Err(Trouble::Role)), ("prefer-standby", Ok(()))] {
        let got = match db::pool(&alone(role), 1).get().await.map(drop) {
            Ok(()) => Ok(()),
            Err(PoolError::Unreachable(error)) => Err(error.trouble),
            Err(PoolError::TimedOut) => panic!("timed out"),
        };
        assert_eq!(got, expected, "{role}");
    }
    let wrong = command(&["migrate"], &[("DATABASE_URL", &alone("leader"))]);
    assert!(
        wrong.1.contains("target_session_attrs=leader is none of"),
        "{}",
        wrong.1
    );
}
