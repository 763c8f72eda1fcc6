//! One user: asks for walks over HTTP and hears of them over a WebSocket.

use std::time::Instant;

use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use uuid::Uuid;

use crate::subject::Subject;

pub(crate) struct Walker {
    http: reqwest::Client,
    routes_url: String,
    cookie: String,
    socket: WebSocketStream<TcpStream>,
}

/// Request of a walker.
pub(crate) struct Wish {
    pub(crate) start: [f64; 2],
    pub(crate) minutes: u32,
}

/// Times of what happened.
pub(crate) struct Course {
    pub(crate) asked: Instant,
    /// Time at which a worker took it up, unless an earlier walk was the answer.
    pub(crate) taken: Option<Instant>,
    pub(crate) complete: Instant,
}

#[derive(Deserialize)]
struct Accepted {
    request_id: Uuid,
}

#[derive(Deserialize)]
struct Frame {
    request_id: Uuid,
    status: String,
}

impl Walker {
    /// Signs up and connects.
    pub(crate) async fn arrive(subject: &Subject, number: usize) -> Self {
        let http = reqwest::Client::builder()
            .tcp_nodelay(true)
            .build()
            .unwrap();
        let host = format!("127.0.0.1:{}", subject.port);
        let account =
            json!({"username": format!("walker-{number}"), "password": "a fine long password"});
        let users_url = format!("http://{host}/api/v1/users");
        let answer = http.post(users_url).json(&account).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let cookies = answer.headers().get_all("set-cookie").iter();
        let mut cookies = cookies.filter_map(|cookie| cookie.to_str().ok());
        let cookie = cookies.find(|cookie| cookie.starts_with("session="));
        let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
        Self {
            socket: connect(&host, subject.websocket, &cookie).await,
            routes_url: format!("http://{host}/api/v1/routes"),
            http,
            cookie,
        }
    }

    /// Asks for a walk and waits until it is complete.
    pub(crate) async fn walk(&mut self, wish: &Wish) -> Course {
        let asked = Instant::now();
        let body = json!({
            "start_location": {"type": "Point", "coordinates": wish.start},
            "duration_minutes": wish.minutes,
        });
        let request = self.http.post(&self.routes_url).json(&body);
        let request = request.header("cookie", &self.cookie);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let accepted: Accepted = answer.json().await.unwrap();
        let mut taken = None;
        loop {
            let frame = self.frame().await;
            if frame.request_id != accepted.request_id {
                continue;
            }
            match frame.status.as_str() {
                "complete" => break,
                "in_progress" => _ = taken.get_or_insert_with(Instant::now),
                status => assert_eq!(status, "pending"),
            }
        }
        Course {
            asked,
            taken,
            complete: Instant::now(),
        }
    }

    /// The next status. In Socket.IO it is the second element of an array, and a ping is a text.
    async fn frame(&mut self) -> Frame {
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Text(text) if text.as_str() == "2" => {
                    self.socket.send(Message::text("3")).await.unwrap();
                }
                Message::Text(text) => {
                    if let Ok(frame) = serde_json::from_str(object_in(&text)) {
                        return frame;
                    }
                }
                _ => {}
            }
        }
    }
}

fn object_in(text: &str) -> &str {
    let (begin, end) = (text.find('{'), text.rfind('}'));
    begin.zip(end).map_or("", |(begin, end)| &text[begin..=end])
}

async fn connect(host: &str, path: &str, cookie: &str) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(host).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut request = format!("ws://{host}{path}").into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("cookie", cookie.parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream)
        .await
        .unwrap();
    if path.contains("socket.io") {
        socket.send(Message::text("40")).await.unwrap();
    }
    socket
}
