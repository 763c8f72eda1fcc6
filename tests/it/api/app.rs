//! A server of the test's own, and a client of it.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use wildside::process::server::Application;
use wildside::telemetry::observability::Observability;
use wildside_test_support::{TestDatabase, TestRedis};

use crate::api::log;
use crate::config::config;

/// A running server.
pub struct TestApp {
    pub database: TestDatabase,
    pub redis: TestRedis,
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl TestApp {
    /// A server with defaults that suit tests.
    pub fn spawn() -> Self {
        Self::with(&[])
    }

    /// A server with some variables set otherwise.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self::on(TestDatabase::create(), variables)
    }

    /// The same with this database.
    pub fn on(database: TestDatabase, variables: &[(&str, &str)]) -> Self {
        let redis = TestRedis::start();
        let (address, handle, thread) = serve(&database, &redis, variables);
        Self {
            database,
            redis,
            address,
            handle,
            thread: Some(thread),
        }
    }

    /// Somebody who is not logged in.
    pub fn client(&self) -> Client {
        Client::of(self.address)
    }

    /// Somebody with a fresh account, logged in.
    pub async fn user(&self, name: &str) -> Client {
        let mut client = self.client();
        let body = json!({"username": name, "password": "a fine long password"});
        let answer = client.post("/api/v1/users", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        client
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the server panicked"
            );
        }
        log::assert_no_secrets();
    }
}

/// Starts a server in a thread of its own.
pub fn serve(
    database: &TestDatabase,
    redis: &TestRedis,
    variables: &[(&str, &str)],
) -> (SocketAddr, ServerHandle, JoinHandle<()>) {
    log::begin();
    for url in [database.url(), redis.url()] {
        log::keep_secret(url.split(['@', ':']).nth(2).unwrap());
    }
    let config = config(&database.url(), &redis.url(), variables);
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let application = Application::build(&config, Observability::new().unwrap()).unwrap();
            let state = application.state();
            while state.tile_tokens.publish(&state.db).await.is_err() {}
            sender
                .send((application.address(), application.handle()))
                .unwrap();
            application.run(std::future::pending()).await.unwrap();
        });
    });
    let (address, handle) = receiver.recv().expect("the server did not start");
    (address, handle, thread)
}

/// A client that keeps its session cookie, as a browser does.
#[derive(Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    pub cookie: Option<String>,
}

/// Answer of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The code of the error and those of its details.
    pub fn codes(&self) -> Vec<String> {
        let body = self.json();
        let details = body["details"].as_array().cloned().unwrap_or_default();
        let codes = details.iter().map(|fault| &fault["code"]);
        std::iter::once(&body["code"])
            .chain(codes)
            .map(|code| code.as_str().unwrap_or("?").to_owned())
            .collect()
    }
}

impl Client {
    pub fn of(address: SocketAddr) -> Self {
        Self {
            base: format!("http://{address}"),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            cookie: None,
        }
    }

    /// The origin of the service's own pages.
    pub fn origin(&self) -> String {
        self.base.clone()
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body), &[]).await
    }

    pub async fn patch(&mut self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body), &[]).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.send_raw(method, path, body, headers).await
    }

    /// Any bytes under any content type.
    pub async fn send_raw(
        &mut self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some((kind, bytes)) = body {
            request = request.header("content-type", kind).body(bytes);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", format!("session={cookie}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        self.keep_cookie(&headers);
        let text = response.text().await.unwrap();
        assert!(
            !text.contains("$argon2"),
            "a password hash came out: {text}"
        );
        Answer {
            status,
            headers,
            text,
        }
    }

    fn keep_cookie(&mut self, headers: &reqwest::header::HeaderMap) {
        for value in headers.get_all("set-cookie") {
            let Some(value) = value.to_str().unwrap().strip_prefix("session=") else {
                continue;
            };
            let value = value.split(';').next().unwrap();
            log::keep_secret(value);
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
    }
}
