//! Somebody who is logged in.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};
use uuid::Uuid;

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const PASSWORD: &str = "a fine long password";
/// A browser is about as patient.
const PATIENCE: Duration = Duration::from_secs(15);
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(20);

/// A user and the session cookie, which every server of the fleet knows; clones share it, as the tabs of a browser do.
#[derive(Debug, Clone)]
pub struct User {
    pub id: Uuid,
    cookie: Arc<Mutex<String>>,
    http: reqwest::Client,
}

/// Answer of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// Seconds in `Retry-After`.
    pub retry_after: Option<u32>,
    pub body: Value,
}

impl User {
    /// Signs up at a server.
    pub async fn sign_up(server: &str, name: &str) -> Self {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let body = json!({"username": name, "password": PASSWORD});
        let request = http.post(format!("{server}/api/v1/users")).json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let cookie = Arc::new(Mutex::new(new_cookie(&answer).unwrap()));
        let profile: Value = answer.json().await.unwrap();
        let id = profile["id"].as_str().unwrap().parse().unwrap();
        Self { id, cookie, http }
    }

    /// Asks a server for a walk.
    pub async fn ask(&self, server: &str, body: &Value, key: Uuid) -> reqwest::Result<Answer> {
        let request = self.http.post(format!("{server}/api/v1/routes"));
        self.send(
            request
                .header("idempotency-key", key.to_string())
                .json(body),
        )
        .await
    }

    /// Logs in once more, with the name of the sign-up.
    pub async fn log_in(&self, server: &str, name: &str) -> reqwest::Result<Answer> {
        let body = json!({"username": name, "password": PASSWORD});
        self.send(self.http.post(format!("{server}/api/v1/login")).json(&body))
            .await
    }

    /// Reads something.
    pub async fn get(&self, server: &str, path: &str) -> reqwest::Result<Answer> {
        self.send(self.http.get(format!("{server}{path}"))).await
    }

    /// Has something done that needs no body.
    pub async fn post(&self, server: &str, path: &str) -> reqwest::Result<Answer> {
        self.send(self.http.post(format!("{server}{path}"))).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let answer = request.header("cookie", self.cookie()).send().await?;
        if let Some(cookie) = new_cookie(&answer) {
            *self.cookie.lock().unwrap() = cookie;
        }
        let status = answer.status();
        let retry_after = answer.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        let body = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }

    /// Asks a server for a walk that nobody has asked for yet.
    pub async fn ask_anew(&self, server: &str) -> reqwest::Result<Answer> {
        self.ask(server, &some_walk(), Uuid::new_v4()).await
    }

    /// Opens a WebSocket, if the server lets it.
    pub async fn connect(&self, server: &str) -> Option<Socket> {
        let connected = timeout(HANDSHAKE_LIMIT, connect_async(self.handshake(server))).await;
        Some(connected.ok()?.ok()?.0)
    }

    /// Opens a WebSocket with little room for what is never read.
    pub async fn connect_deaf(&self, server: &str) -> WebSocketStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let address = server.trim_start_matches("http://").parse().unwrap();
        let stream = socket.connect(address).await.unwrap();
        client_async(self.handshake(server), stream)
            .await
            .unwrap()
            .0
    }

    fn handshake(&self, server: &str) -> Request {
        let url = server.replace("http", "ws") + "/ws";
        let mut request = url.into_client_request().unwrap();
        let cookie = self.cookie().parse().unwrap();
        request.headers_mut().insert("cookie", cookie);
        request
    }

    fn cookie(&self) -> String {
        self.cookie.lock().unwrap().clone()
    }
}

/// The session cookie that an answer brings.
fn new_cookie(answer: &reqwest::Response) -> Option<String> {
    let cookies = answer.headers().get_all("set-cookie").iter();
    let mut cookies = cookies.filter_map(|cookie| cookie.to_str().ok());
    let cookie = cookies.find(|cookie| cookie.starts_with("session="))?;
    Some(cookie.split(';').next()?.to_owned())
}

/// A walk from a place of its own, two metres from the last: no two of some twenty thousand are the same.
pub fn some_walk() -> Value {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let east = f64::from(count % 400) * 2e-5;
    let north = f64::from(count / 400 % 250) * 2e-5;
    walk_from(7.4201 + east, 43.7301 + north)
}

/// A walk of an hour.
pub fn walk_from(lon: f64, lat: f64) -> Value {
    json!({"start_location": {"type": "Point", "coordinates": [lon, lat]}, "duration_minutes": 60})
}
