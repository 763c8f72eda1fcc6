//! Roles that are no superusers: what they may not do, the message asks an administrator for, in words that work.

use wildside_test_support::PostgresServer;

use crate::migrations::city;

const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// URL of the database for a login role of its own that may do nothing yet.
pub(crate) fn url_of_walker(server: &PostgresServer) -> String {
    server.expect_error(INSUFFICIENT_PRIVILEGE);
    server.sql("postgres", "CREATE ROLE walker LOGIN PASSWORD 'secret'");
    let url = server.url("city");
    let (_, address) = url.split_once('@').unwrap();
    format!("postgres://walker:secret@{address}")
}

/// Migrates, and does as an administrator what each refusal says; gives what that was.
async fn migrate_with_help(server: &PostgresServer, url: &str) -> Vec<String> {
    let mut cures = Vec::new();
    while let Err(refused) = city::migrate(url).await {
        let refused = format!("{refused:#}");
        let cure = refused
            .split_once("an administrator run")
            .unwrap_or_else(|| panic!("{refused}"));
        let (_, cure) = cure.1.split_once(": ").unwrap();
        let cure = cure.split_once(')').unwrap().0.to_owned();
        assert!(!cures.contains(&cure), "{refused}");
        server.sql("city", &cure);
        cures.push(cure);
    }
    cures
}

async fn tiles_are_served(server: &PostgresServer) {
    city::fill(server, "city").await;
    for function in ["base_tile(12, 2132, 1493)", "poi_tile(12, 2132, 1493)"] {
        let tile = format!("SET ROLE martin_ro; SELECT length(public.{function}) > 100");
        assert_eq!(server.sql("city", &tile), "t", "{function}");
    }
    let tile = format!(
        "SET ROLE martin_ro; SELECT length(public.route_tile(12, 2132, 1493, '{}')) > 100",
        city::ticket()
    );
    assert_eq!(server.sql("city", &tile), "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_the_database_is_told_what_only_an_administrator_may_do() {
    let server = PostgresServer::start();
    server.create_database("city");
    let url = url_of_walker(&server);
    server.sql("postgres", "ALTER DATABASE city OWNER TO walker");
    let cures = migrate_with_help(&server, &url).await;
    assert_eq!(
        cures,
        [
            "CREATE EXTENSION postgis; CREATE EXTENSION pgcrypto; CREATE EXTENSION btree_gist",
            "CREATE ROLE martin_ro NOLOGIN",
        ]
    );
    tiles_are_served(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owns_nothing_is_told_what_is_lacking() {
    let server = PostgresServer::start();
    server.create_database("city");
    let url = url_of_walker(&server);
    server.sql(
        "city",
        "CREATE SCHEMA extensions; CREATE EXTENSION postgis SCHEMA extensions",
    );
    let cures = migrate_with_help(&server, &url).await;
    assert_eq!(
        cures,
        [
            "GRANT CREATE ON SCHEMA public TO walker; GRANT CREATE ON DATABASE city TO walker; \
             GRANT USAGE ON SCHEMA extensions TO walker",
            "CREATE ROLE martin_ro NOLOGIN",
            "GRANT USAGE ON SCHEMA extensions TO martin_ro",
        ]
    );
    tiles_are_served(&server).await;
}
