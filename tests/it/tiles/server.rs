//! The tile server as the world sees it: Martin behind nginx, configured as shipped.

use std::io::Read;

use chrono::{TimeDelta, Utc};
use futures::{StreamExt, stream};
use reqwest::{Client, Method, Response};
use serde_json::Value;
use wildside_test_support::{PostgresServer, TileServer};

use crate::tiles::database::{Database, connect};
use crate::tiles::endpoint::Server;
use crate::tiles::fixture::{OTHER_ROUTE, ROUTE, SECRET, TILE, fill, token};

const AT: &str = "14/9327/4742";

async fn get(url: String) -> Response {
    Client::new().get(url).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// Name, path below `/tiles`, status, code of the error.
type Case = (&'static str, String, u16, &'static str);

fn permitted_cases() -> Vec<Case> {
    let good = token(ROUTE);
    let tile = format!("/routes/{ROUTE}/{AT}");
    let foreign = format!("{tile}.pbf?token={good}&route_id={OTHER_ROUTE}");
    let first = format!("{tile}.pbf?token={good}&token=damaged");
    let far = format!("/routes/{ROUTE}/14/0/0.pbf?token={good}");
    vec![
        ("a good token", format!("{tile}.pbf?token={good}"), 200, ""),
        ("no suffix", format!("{tile}?token={good}"), 200, ""),
        ("more", format!("{tile}.pbf?a=1&token={good}&b=2"), 200, ""),
        ("another route in the query", foreign, 200, ""),
        ("a second token", first, 200, ""),
        ("far from the walk", far, 204, ""),
        ("places", format!("/pois/{AT}.pbf"), 200, ""),
        ("no places", "/pois/14/0/0.pbf".to_owned(), 204, ""),
        ("no streets", "/base/14/0/0.pbf".to_owned(), 204, ""),
    ]
}

fn refused_cases() -> Vec<Case> {
    let good = token(ROUTE);
    let tile = format!("/routes/{ROUTE}/{AT}.pbf");
    let mut cases = vec![
        ("no token", tile.clone(), 401, "unauthorized"),
        (
            "an empty one",
            format!("{tile}?token="),
            401,
            "unauthorized",
        ),
        (
            "an encoded name",
            format!("{tile}?%74oken={good}"),
            401,
            "unauthorized",
        ),
    ];
    let expired = Utc::now() - TimeDelta::minutes(17);
    let expired = wildside::walks::tile_tokens::sign(SECRET, ROUTE, expired).unwrap();
    let foreign = wildside::walks::tile_tokens::sign(&[7; 40], ROUTE, Utc::now()).unwrap();
    for (name, token) in [
        ("damaged", format!("x{good}")),
        ("encoded", format!("{good}%26")),
        ("null", "null".to_owned()),
        ("a number", "1".to_owned()),
        ("long", "a".repeat(2_000)),
        ("a second one after a bad one", format!("bad&token={good}")),
        ("expired", expired),
        ("under another key", foreign),
        ("of another route", token(OTHER_ROUTE)),
    ] {
        cases.push((name, format!("{tile}?token={token}"), 403, "forbidden"));
    }
    let endless = format!("{tile}?token={}", "a".repeat(10_000));
    cases.push(("an endless token", endless, 414, "invalid_request"));
    let damaged = "/pois/%zz".to_owned();
    cases.push(("no path", damaged, 400, "invalid_request"));
    for (name, path) in [
        (
            "no zoom 23",
            format!("/routes/{ROUTE}/23/0/0.pbf?token={good}"),
        ),
        (
            "no x that large",
            format!("/routes/{ROUTE}/3/8/0.pbf?token={good}"),
        ),
        (
            "a second name of a tile",
            format!("/routes/{ROUTE}/14/09327/4742.pbf?token={good}"),
        ),
        ("a padded zoom", "/pois/014/9327/4742.pbf".to_owned()),
        ("a padded x", "/pois/14/09327/4742.pbf".to_owned()),
        ("a padded y", "/base/14/9327/04742".to_owned()),
        ("no x there", "/base/14/16384/0.pbf".to_owned()),
        ("no y there", "/pois/10/0/1024.pbf".to_owned()),
        ("no route id", format!("/routes/1/{AT}.pbf?token={good}")),
        (
            "a question mark in the path",
            format!("{tile}%3Ftoken={good}"),
        ),
        ("the token in the path", format!("{tile}/{good}")),
        (
            "Martin's address",
            format!("/routes/{AT}?route_id={ROUTE}&token={good}"),
        ),
        (
            "what nginx asks",
            format!("/route_access/{AT}?route_id={ROUTE}&token={good}"),
        ),
        ("where nginx asks", "/../access".to_owned()),
        ("below the lowest zoom", "/pois/9/291/148.pbf".to_owned()),
        ("two sources", format!("/pois,routes/{AT}.pbf")),
        ("a negative x", "/pois/14/-1/0.pbf".to_owned()),
        ("a description", "/pois".to_owned()),
        ("the catalogue", "/catalog".to_owned()),
        ("the catalogue at the root", "/../catalog".to_owned()),
        ("the metrics", "/_/metrics".to_owned()),
        ("the metrics at the root", "/../_/metrics".to_owned()),
    ] {
        cases.push((name, path, 404, "not_found"));
    }
    cases
}

fn caching(path: &str, status: u16) -> &'static str {
    let is_public = !path.starts_with("/routes") && status < 300;
    match (is_public, status) {
        (true, _) => "public, max-age=600",
        (_, 200 | 204) => "private, no-store",
        _ => "no-store",
    }
}

/// All but those of which nginx can't make out the address.
#[tokio::test]
async fn a_server_that_serves_tiles_itself_answers_alike() {
    let database = Database::filled().await;
    let server = Server::start(&database, &[]).await;
    let cases = [permitted_cases(), refused_cases()].concat();
    let legible = cases.iter().filter(|case| case.3 != "invalid_request");
    for (case, path, status, code) in legible {
        let response = get(format!("http://{}/tiles{path}", server.address())).await;
        assert_eq!(response.status(), *status, "{case}: {path}");
        assert_eq!(
            header(&response, "cache-control"),
            caching(path, *status),
            "{case}"
        );
        assert_eq!(header(&response, "set-cookie"), "", "{case}");
        if !code.is_empty() {
            let error: Value = response.json().await.unwrap();
            assert_eq!(error["code"], *code, "{case}");
        }
    }
    let martin = TileServer::start(&database.server.url());
    for source in ["base", "pois"] {
        let path = format!("/{source}/{AT}.pbf");
        let ours = get(format!("http://{}/tiles{path}", server.address())).await;
        let theirs = get(martin.url() + &path).await;
        assert_eq!(
            header(&ours, "content-type"),
            header(&theirs, "content-type")
        );
        assert_eq!(
            ours.bytes().await.unwrap(),
            theirs.bytes().await.unwrap(),
            "{source}"
        );
    }
}

#[tokio::test]
async fn each_case_has_its_status() {
    let database = Database::filled().await;
    let server = TileServer::start(&database.server.url());
    for (case, path, status, code) in [permitted_cases(), refused_cases()].concat() {
        let response = get(server.url() + &path).await;
        assert_eq!(response.status(), status, "{case}: {path}");
        assert_eq!(
            header(&response, "access-control-allow-origin"),
            "*",
            "{case}"
        );
        let trace_id = header(&response, "trace-id").to_owned();
        assert!(
            uuid::Uuid::parse_str(&trace_id).is_ok(),
            "{case}: {trace_id}"
        );
        assert_eq!(
            header(&response, "cache-control"),
            caching(&path, status),
            "{case}"
        );
        if !code.is_empty() {
            assert_eq!(
                header(&response, "content-type"),
                "application/json",
                "{case}"
            );
            let error: Value = response.json().await.unwrap();
            assert_eq!(error["code"], code, "{case}");
            assert_eq!(error["trace_id"], trace_id.as_str(), "{case}");
            assert!(error["message"].is_string(), "{case}");
        }
    }
    no_token_in(&server.logs());
    assert!(
        server
            .logs()
            .contains("\"path\":\"/tiles/pois/14/9327/4742.pbf\""),
        "the requests are logged"
    );
}

/// Far more than a page asks for, over connections that stay.
#[tokio::test]
async fn who_asks_for_very_many_tiles_at_once_is_told_to_wait() {
    const READERS: u32 = 8;
    const TILES: u32 = 400;
    let database = Database::filled().await;
    let server = TileServer::start(&database.server.url());
    let url = format!("{}/pois/{AT}.pbf", server.url());
    // Only a proxy that is trusted may name another address.
    let ask = async |reader: u32| {
        let (client, mut refused) = (Client::new(), 0);
        for tile in 0..TILES {
            let claimed = format!("203.0.{reader}.{}", tile % 256);
            let request = client.get(&url).header("x-forwarded-for", claimed);
            let response = request.send().await.unwrap();
            if response.status() != 200 {
                assert_eq!(response.status(), 429);
                assert_eq!(header(&response, "retry-after"), "2");
                assert_eq!(header(&response, "cache-control"), "no-store");
                let error: Value = response.json().await.unwrap();
                assert_eq!(error["code"], "too_many_requests");
                refused += 1;
            }
        }
        refused
    };
    let refused = futures::future::join_all((0..READERS).map(ask)).await;
    let refused: u32 = refused.into_iter().sum();
    assert!(
        (1..=READERS * TILES - 500).contains(&refused),
        "{refused} refused"
    );
}

/// Addresses that nginx writes with `::` at another place are of one network all the same.
#[tokio::test]
async fn the_addresses_of_an_ipv6_network_are_one_reader() {
    const TILES: u32 = 1200;
    let database = Database::filled().await;
    let server = TileServer::start_behind_proxy(&database.server.url());
    let url = format!("{}/pois/{AT}.pbf", server.url());
    for network in ["2001:db8:1", "2001:db8:0:0", "2001:db8:1:2"] {
        let client = Client::new();
        let asked = (0..TILES).map(|tile| {
            let claimed = format!("{network}::{:x}:1:1", tile + 1);
            let request = client.get(&url).header("x-forwarded-for", claimed);
            async move { request.send().await.unwrap().status() }
        });
        let statuses: Vec<_> = stream::iter(asked).buffer_unordered(16).collect().await;
        let refused = statuses.iter().filter(|status| **status == 429).count();
        assert!(refused > 0, "{network}");
    }
    let other = Client::new()
        .get(&url)
        .header("x-forwarded-for", "::ffff:203.0.113.9");
    assert_eq!(other.send().await.unwrap().status(), 200);
}

/// The signature of a token is nowhere, nor its header, with which all of ours begin.
fn no_token_in(logs: &str) {
    let good = token(ROUTE);
    assert!(!logs.contains(good.split('.').next().unwrap()), "{logs}");
    assert!(!logs.contains("token="), "{logs}");
}

#[tokio::test]
async fn tiles_can_only_be_read() {
    let database = Database::filled().await;
    let server = TileServer::start(&database.server.url());
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let url = format!("{}/pois/{AT}.pbf", server.url());
        let response = Client::new().request(method, url).send().await.unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(header(&response, "allow"), "GET, HEAD");
    }
    let tile = format!("{}/routes/{ROUTE}/{AT}.pbf?token=", server.url());
    for (token, status) in [
        (token(ROUTE), 200),
        (token(OTHER_ROUTE), 403),
        (String::new(), 401),
    ] {
        let response = Client::new()
            .head(tile.clone() + &token)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn a_tile_is_what_the_database_makes() {
    let database = Database::filled().await;
    let server = TileServer::start(&database.server.url());
    let (z, x, y) = TILE;
    let route = get(format!(
        "{}/routes/{ROUTE}/{AT}.pbf?token={}",
        server.url(),
        token(ROUTE)
    ))
    .await;
    assert_eq!(header(&route, "content-type"), "application/x-protobuf");
    let expected: Vec<u8> = database
        .value(
            "SELECT get_route_tile($1, $2, $3, $4)",
            &[&ROUTE, &z, &x, &y],
        )
        .await;
    assert_eq!(route.bytes().await.unwrap(), expected);
    let pois = get(format!("{}/pois/{AT}.pbf", server.url())).await;
    let expected: Vec<u8> = database
        .value("SELECT poi_tile($1, $2, $3)", &[&z, &x, &y])
        .await;
    assert_eq!(pois.bytes().await.unwrap(), expected);
}

#[tokio::test]
async fn a_public_tile_is_kept_compressed_and_unpacked_for_who_needs_it() {
    let database = Database::filled().await;
    let mut server = TileServer::start(&database.server.url());
    let url = format!("{}/pois/{AT}.pbf", server.url());
    let client = Client::builder().no_gzip().build().unwrap();
    let get = async |encodings: &str| {
        let request = client.get(&url).header("Accept-Encoding", encodings);
        let response = request.send().await.unwrap();
        let encoding = header(&response, "content-encoding").to_owned();
        (encoding, response.bytes().await.unwrap())
    };
    let plain = get("identity").await;
    assert_eq!(plain.0, "");
    server.kill_martin();
    assert_eq!(get("identity").await, plain);
    let (encoding, packed) = get("br, gzip").await;
    assert_eq!(encoding, "gzip");
    let mut unpacked = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&packed[..]);
    decoder.read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.1);
}

#[tokio::test]
async fn an_expired_token_gets_nothing_from_any_cache() {
    let database = Database::filled().await;
    let server = TileServer::start(&database.server.url());
    // Ends, skew included, two seconds from now.
    let signed_at = Utc::now() - TimeDelta::minutes(16) + TimeDelta::seconds(2);
    let ending = wildside::walks::tile_tokens::sign(SECRET, ROUTE, signed_at).unwrap();
    let url = format!("{}/routes/{ROUTE}/{AT}.pbf?token={}", server.url(), ending);
    for _ in 0..3 {
        assert_eq!(get(url.clone()).await.status(), 200);
    }
    let end = signed_at + TimeDelta::minutes(16);
    while Utc::now() < end {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(get(url.clone()).await.status(), 403);
    let etag = Client::new()
        .get(url)
        .header("If-None-Match", "*")
        .send()
        .await
        .unwrap();
    assert_eq!(etag.status(), 403);
}

#[tokio::test]
async fn an_outage_is_said_without_the_token_and_heals() {
    let mut postgres = PostgresServer::start();
    postgres.expect_error("42501"); // no rights: taken away below
    postgres.expect_error("55P02"); // what only a restart changes is in its file, too
    postgres.expect_error("F0000"); // the same
    postgres.sql(
        "postgres",
        "ALTER SYSTEM SET log_min_duration_statement = 0",
    );
    postgres.sql("postgres", "SELECT pg_reload_conf()");
    let url = postgres.create_migrated("tiles");
    fill(&connect(&url).await).await;
    let mut server = TileServer::start(&url);
    let tile = format!(
        "{}/routes/{ROUTE}/{AT}.pbf?token={}",
        server.url(),
        token(ROUTE)
    );
    assert_eq!(get(tile.clone()).await.status(), 200);
    // A statement that fails: its error would tell the token.
    let revoke =
        "REVOKE EXECUTE ON FUNCTION route_tile(integer, integer, integer, json) FROM martin_ro";
    postgres.sql("tiles", revoke);
    assert_eq!(get(tile.clone()).await.status(), 503);
    postgres.sql(
        "tiles",
        &revoke.replace("REVOKE", "GRANT").replace("FROM", "TO"),
    );
    assert_eq!(get(tile.clone()).await.status(), 200);
    postgres.sql("tiles", "CHECKPOINT"); // this server commits without waiting for its disk
    postgres.kill();
    let away = get(tile.clone()).await;
    assert_eq!(away.status(), 503);
    assert_eq!(header(&away, "retry-after"), "5");
    let error: Value = away.json().await.unwrap();
    assert_eq!(error["code"], "service_unavailable");
    postgres.restart();
    let limit = Utc::now() + TimeDelta::seconds(10);
    while get(tile.clone()).await.status() != 200 {
        assert!(Utc::now() < limit, "not healed");
    }
    server.kill_martin();
    assert_eq!(get(tile).await.status(), 503);
    no_token_in(&server.logs());
    assert!(postgres.log().contains("route_tile"));
    no_token_in(&postgres.log());
}

#[tokio::test]
async fn the_tile_servers_role_may_do_no_more_than_it_must() {
    let database = Database::create().await;
    let tables: Vec<String> = database
        .value(
            "SELECT array_agg(relname::text ORDER BY relname) FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'S', 'p')
               AND relname NOT IN (SELECT relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e')
               AND CASE relkind WHEN 'S' THEN has_sequence_privilege('martin_ro', oid, 'USAGE, SELECT, UPDATE')
                   ELSE has_table_privilege('martin_ro', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') END",
            &[],
        )
        .await;
    assert_eq!(
        tables,
        [
            "base_areas",
            "base_labels",
            "base_lines",
            "base_overviews",
            "interest_themes",
            "poi_interest_themes",
            "pois"
        ]
    );
    for secret in [
        "verify_tile_token(text, uuid)",
        "get_route_tile(uuid, integer, integer, integer)",
        "permitted_route(json)",
    ] {
        let sql = "SELECT has_function_privilege('martin_ro', $1, 'EXECUTE')";
        assert!(!database.value::<bool>(sql, &[&secret]).await, "{secret}");
    }
}
