//! The stranger: one address, some accounts, no manners.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::task::spawn_local;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::kinds::{Errand, Kind, long, walk};
use crate::site::{PASSWORD, Site, client_from, cookie_of, log_in};

/// Requests a second: what the limits grant an address.
const RATE: u32 = 50;
/// Requests under way; more have to wait for an answer.
const AT_ONCE: usize = 256;
/// The stranger waits no longer for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
const GUESTS: usize = 16;
const LEAVERS: usize = 4;
/// The storm goes on counting where the survey can't have been.
const AFTER_SURVEY: usize = 1_001;
/// Of the storm; the survey has an address for each kind.
const ADDRESS: [u8; 4] = [127, 0, 0, 2];

/// Counts of answers by kind and status; 0: none came.
pub(crate) type Answers = BTreeMap<(&'static str, u16), usize>;

#[derive(Clone)]
pub(crate) struct Stranger {
    http: reqwest::Client,
    address: IpAddr,
    host: String,
    pub(crate) themes: Vec<String>,
    guests: Vec<String>,
    /// Cookie and password of each.
    changers: Rc<Vec<RefCell<(String, String)>>>,
    hoarder: String,
    leavers: Vec<String>,
    walk_id: String,
    /// Makes the names of new accounts differ.
    pub(crate) tag: usize,
}

impl Stranger {
    /// Logs in with all accounts, and takes a walk with one.
    pub(crate) async fn arrive(site: &Site) -> Self {
        let http = client_from(ADDRESS.into());
        let themes: Value = http
            .get(site.url("/api/v1/interest-themes"))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let ids = themes
            .as_array()
            .unwrap()
            .iter()
            .map(|theme| theme["id"].as_str().unwrap().to_owned());
        let changers = log_in_all(site, &http, "changer", GUESTS).await.into_iter();
        let changers = changers.map(|cookie| RefCell::new((cookie, PASSWORD.to_owned())));
        let mut stranger = Self {
            changers: Rc::new(changers.collect()),
            themes: ids.collect(),
            guests: log_in_all(site, &http, "guest", GUESTS).await,
            hoarder: log_in(site, &http, "hoarder-0").await,
            leavers: log_in_all(site, &http, "leaver", LEAVERS).await,
            host: site.host.clone(),
            http,
            address: ADDRESS.into(),
            walk_id: String::new(),
            tag: 0,
        };
        stranger.walk_id = stranger.take_a_walk().await;
        stranger
    }

    /// The same at another address.
    pub(crate) fn at(&self, number: usize) -> Self {
        let address: IpAddr = [127, 0, 9, number as u8 + 1].into();
        Self {
            http: client_from(address),
            address,
            tag: number + 1,
            ..self.clone()
        }
    }

    async fn take_a_walk(&self) -> String {
        let asked = self.walk(0, walk(99, 180, None)).send().await.unwrap();
        let accepted: Value = asked.error_for_status().unwrap().json().await.unwrap();
        let url = accepted["status_url"].as_str().unwrap();
        loop {
            let status: Value = self
                .guest(0, self.get(url))
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            assert_ne!(status["status"], "failed", "{status}");
            match status["route_id"].as_str() {
                Some(id) => return id.to_owned(),
                None => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Sends one request and answers its status.
    pub(crate) async fn send(&self, kind: &Kind, number: usize) -> u16 {
        let answer = async {
            match kind.errand {
                Errand::Ask(make) => {
                    let answer = make(self, number).send().await.ok()?;
                    let status = answer.status().as_u16();
                    answer.bytes().await.ok().map(|_| status)
                }
                Errand::NewPassword => self.change_password(number).await,
                Errand::Frames => self.flood(number).await,
            }
        };
        timeout(PATIENCE, answer).await.ok().flatten().unwrap_or(0)
    }

    /// Sends requests of these kinds in turn, at the full rate, whether they are answered or not.
    pub(crate) async fn rage(&self, kinds: &[Kind], length: Duration) -> Answers {
        let answers = Rc::new(RefCell::new(Answers::new()));
        let under_way = Rc::new(Cell::new(0));
        let (begun, mut number) = (Instant::now(), 0);
        let mut ticks = interval(Duration::from_secs(1) / RATE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while begun.elapsed() < length {
            ticks.tick().await;
            if under_way.get() >= AT_ONCE {
                continue;
            }
            number += 1;
            under_way.set(under_way.get() + 1);
            let (kind, turn) = (kinds[number % kinds.len()], number / kinds.len());
            let me = self.clone();
            let (answers, under_way) = (answers.clone(), under_way.clone());
            spawn_local(async move {
                let status = me.send(&kind, AFTER_SURVEY + turn).await;
                *answers.borrow_mut().entry((kind.name, status)).or_default() += 1;
                under_way.set(under_way.get() - 1);
            });
        }
        let answers = answers.borrow();
        answers.clone()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.host))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    /// Asks for a walk; the guests take turns.
    pub(crate) fn walk(&self, number: usize, body: Value) -> RequestBuilder {
        self.guest(number, self.post("/api/v1/routes", &body))
    }

    pub(crate) fn guest(&self, number: usize, request: RequestBuilder) -> RequestBuilder {
        request.header("cookie", &self.guests[number % GUESTS])
    }

    pub(crate) fn hoarder(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("cookie", &self.hoarder)
    }

    pub(crate) fn leaver(&self, number: usize, request: RequestBuilder) -> RequestBuilder {
        request.header("cookie", &self.leavers[number % LEAVERS])
    }

    /// A path of the walk that was taken first.
    pub(crate) fn of_walk(&self, rest: &str) -> String {
        format!("/api/v1/routes/{}{rest}", self.walk_id)
    }

    /// Changes the password of an account and goes on with the cookie that comes with it.
    async fn change_password(&self, number: usize) -> Option<u16> {
        let changer = &self.changers[number % GUESTS];
        let (cookie, current) = changer.borrow().clone();
        let new = long(number);
        let body = json!({"password": new, "current_password": current});
        let request = self.request(Method::PATCH, "/api/v1/users/me");
        let answer = request
            .header("cookie", cookie)
            .json(&body)
            .send()
            .await
            .ok()?;
        if answer.status() == 200 {
            *changer.borrow_mut() = (cookie_of(&answer), new);
        }
        Some(answer.status().as_u16())
    }

    /// Connects, says where it is very often, and goes when the first answer has come.
    async fn flood(&self, number: usize) -> Option<u16> {
        let cookie = &self.guests[number % GUESTS];
        let Ok(mut socket) = connect(&self.host, self.address, cookie).await else {
            return Some(429);
        };
        let frame = json!({"type": "update_location", "route_id": self.walk_id,
                           "location": {"type": "Point", "coordinates": [24.93, 60.17]}});
        for _ in 0..50 {
            socket.send(Message::text(frame.to_string())).await.ok()?;
        }
        socket.next().await?.ok()?;
        Some(101)
    }
}

async fn log_in_all(site: &Site, http: &reqwest::Client, kind: &str, count: usize) -> Vec<String> {
    let mut cookies = Vec::new();
    for number in 0..count {
        cookies.push(log_in(site, http, &format!("{kind}-{number}")).await);
    }
    cookies
}

/// Opens a WebSocket from an address.
pub(crate) async fn connect(
    host: &str,
    from: IpAddr,
    cookie: &str,
) -> anyhow::Result<WebSocketStream<tokio::net::TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(host.parse()?).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{host}/ws").into_client_request()?;
    request.headers_mut().insert("cookie", cookie.parse()?);
    Ok(tokio_tungstenite::client_async(request, stream).await?.0)
}
