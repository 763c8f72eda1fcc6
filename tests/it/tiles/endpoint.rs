//! From the API's token to the tile, with the server's own binary: keys from a file into the database, rotation.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use uuid::Uuid;
use wildside_test_support::{TestRedis, TileServer, free_port};

use crate::tiles::database::Database;
use crate::tiles::fixture::{OTHER_ROUTE, ROUTE};

const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    process: Child,
    url: String,
    client: Client,
    _redis: TestRedis,
}

impl Server {
    pub(crate) async fn start(database: &Database, variables: &[(&str, &str)]) -> Self {
        let bind = format!("127.0.0.1:{}", free_port());
        Self::start_at(&bind, database, variables).await
    }

    /// Starts one at an address, with a Redis of its own.
    pub(crate) async fn start_at(
        bind: &str,
        database: &Database,
        variables: &[(&str, &str)],
    ) -> Self {
        let redis = TestRedis::start();
        let process = Command::new(env!("CARGO_BIN_EXE_wildside"))
            .env("DATABASE_URL", database.server.url())
            .env("REDIS_URL", redis.url())
            .env("WILDSIDE_BIND", bind)
            .env("SESSION_COOKIE_SECURE", "0")
            .env_remove("TILE_TOKEN_KEY_FILE")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            process,
            url: format!("http://{bind}"),
            client: Client::new(),
            _redis: redis,
        };
        let start = Instant::now();
        while !server.is_ready().await {
            assert!(start.elapsed() < LIMIT, "the server is not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    async fn is_ready(&self) -> bool {
        let ready = self.client.get(format!("{}/health/ready", self.url));
        ready
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
    }

    /// Makes an account; its id and session cookie.
    async fn sign_up(&self, name: &str) -> (Uuid, String) {
        let body = json!({"username": name, "password": "a fine long password"});
        let sign_up = self
            .client
            .post(format!("{}/api/v1/users", self.url))
            .json(&body);
        let answer = sign_up.send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let profile: Value = answer.json().await.unwrap();
        (profile["id"].as_str().unwrap().parse().unwrap(), cookie)
    }

    async fn ask_for_token(&self, route: Uuid, cookie: &str) -> Response {
        let url = format!("{}/api/v1/routes/{route}/tile-token", self.url);
        let request = self.client.post(url).header("Cookie", cookie);
        request.send().await.unwrap()
    }

    /// The answer when the keys are in the database, which may be a moment after the server is ready.
    async fn token_answer(&self, route: Uuid, cookie: &str) -> Response {
        let start = Instant::now();
        loop {
            let answer = self.ask_for_token(route, cookie).await;
            if answer.status() != 503 {
                return answer;
            }
            assert!(start.elapsed() < LIMIT, "no token is given");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A token and the address of a tile that it opens.
    async fn tile(&self, cookie: &str) -> (Value, String) {
        let answer = self.token_answer(ROUTE, cookie).await;
        assert_eq!(answer.status(), 200);
        let token: Value = answer.json().await.unwrap();
        let template = token["url_template"].as_str().unwrap();
        let url = template.replace("{z}/{x}/{y}", "14/9327/4742");
        (token, url)
    }

    async fn status(&self, url: &str) -> u16 {
        self.client.get(url).send().await.unwrap().status().as_u16()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The walk ends a request of the user.
async fn give(database: &Database, route: Uuid, user: Uuid) {
    let sql = "
        INSERT INTO route_requests (id, user_id, params, cache_key, status, route_id, trace_id)
        VALUES (gen_random_uuid(), $2, '{}', 'key', 'complete', $1, gen_random_uuid())";
    database
        .client
        .execute(sql, &[&route, &user])
        .await
        .unwrap();
}

pub(crate) fn write_keys(path: &Path, keys: &str) {
    std::fs::write(path, keys).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn the_token_of_the_api_opens_the_tiles_until_its_key_is_gone() {
    let database = Database::filled().await;
    let tiles = TileServer::start(&database.server.url());
    let template = format!(
        "{}/routes/{{route_id}}/{{z}}/{{x}}/{{y}}.pbf?token={{token}}",
        tiles.url()
    );
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let (old, new) = ("o".repeat(40), "n".repeat(40));
    write_keys(&keys, &format!("{old}\n{new}\n"));
    let variables = [
        ("TILE_TOKEN_KEY_FILE", keys.to_str().unwrap()),
        ("TILE_URL_TEMPLATE", &template),
    ];
    let server = Server::start(&database, &variables).await;
    let (user, cookie) = server.sign_up("walker").await;
    give(&database, ROUTE, user).await;

    let (token, tile) = server.tile(&cookie).await;
    assert_eq!(server.status(&tile).await, 200);
    let expires_at: DateTime<Utc> = token["expires_at"].as_str().unwrap().parse().unwrap();
    let life = expires_at - Utc::now();
    assert!(life > TimeDelta::minutes(14) && life <= TimeDelta::minutes(15));

    // The keys of the file are the keys of the database, no more.
    let stored: i64 = database
        .value("SELECT count(*) FROM tile_token_keys", &[])
        .await;
    assert_eq!(stored, 2);
    write_keys(&keys, &format!("{new}\n"));
    let start = Instant::now();
    while server.status(&tile).await != 403 {
        assert!(start.elapsed() < LIMIT, "a token under a key that is gone");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (_, tile) = server.tile(&cookie).await;
    assert_eq!(server.status(&tile).await, 200);
}

#[tokio::test]
async fn a_token_is_given_to_those_who_may_see_the_walk() {
    let database = Database::filled().await;
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    write_keys(&keys, &"k".repeat(32));
    let server = Server::start(
        &database,
        &[("TILE_TOKEN_KEY_FILE", keys.to_str().unwrap())],
    )
    .await;
    let (user, cookie) = server.sign_up("walker").await;
    give(&database, ROUTE, user).await;
    let (_, stranger) = server.sign_up("stranger").await;
    for (route, cookie, status) in [
        (ROUTE, cookie.as_str(), 200),
        (OTHER_ROUTE, &cookie, 404),
        (Uuid::from_u128(5), &cookie, 404),
        (ROUTE, &stranger, 404),
        (ROUTE, "", 401),
    ] {
        let answer = server.token_answer(route, cookie).await;
        assert_eq!(answer.status(), status, "{route}");
    }
}

#[tokio::test]
async fn without_a_key_file_no_token_is_given() {
    let database = Database::filled().await;
    let server = Server::start(&database, &[]).await;
    let (user, cookie) = server.sign_up("walker").await;
    give(&database, ROUTE, user).await;
    let answer = server.ask_for_token(ROUTE, &cookie).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
}
