//! The others: they log in, look at their profile and take walks, at a steady rate, whatever happens.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::kinds::walk;
use crate::site::{PASSWORD, Site, client_from, log_in};
use crate::stranger::connect;

const PEOPLE: usize = 16;
/// Looks at the profile a second; every fifth time somebody logs in, and somebody takes a walk.
const RATE: u32 = 10;
/// Longest wait: it stands for all that are not served by then.
const LIMIT: Duration = Duration::from_secs(30);

/// Times of what people did, and the count of those not served.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) times: Vec<Duration>,
    pub(crate) failed: usize,
}

/// Acts of people.
#[derive(Default)]
pub(crate) struct Life {
    pub(crate) login: Times,
    pub(crate) profile: Times,
    pub(crate) walk: Times,
}

pub(crate) struct People(Vec<Rc<Person>>, Rc<std::cell::Cell<usize>>);

struct Person {
    name: String,
    http: reqwest::Client,
    host: String,
    address: IpAddr,
    cookie: String,
    /// Walkers listen for their walk, one at a time.
    socket: Mutex<Option<WebSocketStream<TcpStream>>>,
}

impl People {
    /// Everybody comes from an address of the own.
    pub(crate) async fn arrive(site: &Site) -> Self {
        let people = (0..PEOPLE).map(|number| Person::arrive(site, number));
        let people = join_all(people).await.into_iter().map(Rc::new);
        Self(people.collect(), Rc::default())
    }

    /// Goes on for a while; times count from when something was due.
    pub(crate) async fn live(&self, length: Duration) -> Life {
        let life = Rc::new(RefCell::new(Life::default()));
        let mut ticks = interval(Duration::from_secs(1) / RATE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (begun, mut doing) = (Instant::now(), Vec::new());
        for number in 0.. {
            let due = ticks.tick().await.into_std();
            if begun.elapsed() >= length {
                break;
            }
            let person = self.0[number % PEOPLE].clone();
            doing.push(notes(&life, due, |life| &mut life.profile, async move {
                person.look().await
            }));
            if number % 5 == 0 {
                let person = self.0[number / 5 % PEOPLE].clone();
                doing.push(notes(&life, due, |life| &mut life.login, async move {
                    person.log_in().await
                }));
                let person = self.0[(number / 5 + 7) % PEOPLE].clone();
                self.1.set(self.1.get() + 1);
                // The stranger counts from 0: nobody's walk is an answer for another.
                let wish = walk(20_000 + self.1.get(), 30, None);
                doing.push(notes(&life, due, |life| &mut life.walk, async move {
                    person.walk(&wish).await
                }));
            }
        }
        join_all(doing).await;
        life.take()
    }
}

/// Does something and notes how long it took.
fn notes(
    life: &Rc<RefCell<Life>>,
    due: Instant,
    part: fn(&mut Life) -> &mut Times,
    doing: impl Future<Output = Option<()>> + 'static,
) -> JoinHandle<()> {
    let life = life.clone();
    spawn_local(async move {
        let done = timeout(LIMIT, doing).await.ok().flatten();
        let mut life = life.borrow_mut();
        let times = part(&mut life);
        times.failed += usize::from(done.is_none());
        times.times.push(done.map_or(LIMIT, |()| due.elapsed()));
    })
}

impl Person {
    async fn arrive(site: &Site, number: usize) -> Self {
        let address: IpAddr = [127, 0, 0, number as u8 + 3].into();
        let (http, name) = (client_from(address), format!("walker-{number}"));
        Self {
            cookie: log_in(site, &http, &name).await,
            socket: Mutex::new(None),
            host: site.host.clone(),
            http,
            address,
            name,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1{path}", self.host)
    }

    async fn look(&self) -> Option<()> {
        let request = self
            .http
            .get(self.url("/users/me"))
            .header("cookie", &self.cookie);
        served(request).await.map(drop)
    }

    async fn log_in(&self) -> Option<()> {
        let body = serde_json::json!({"username": self.name, "password": PASSWORD});
        served(self.http.post(self.url("/login")).json(&body))
            .await
            .map(drop)
    }

    /// Asks for a walk and waits until the WebSocket says that it is complete.
    async fn walk(&self, wish: &Value) -> Option<()> {
        let mut socket = self.socket.lock().await;
        if socket.is_none() {
            *socket = Some(connect(&self.host, self.address, &self.cookie).await.ok()?);
        }
        let request = self
            .http
            .post(self.url("/routes"))
            .header("cookie", &self.cookie);
        let accepted = served(request.json(wish)).await?;
        let heard = hear(socket.as_mut()?, &accepted["request_id"]).await;
        if heard.is_none() {
            *socket = None;
        }
        heard
    }
}

/// The JSON of an answer, unless it is a refusal.
async fn served(request: reqwest::RequestBuilder) -> Option<Value> {
    let answer = request.send().await.ok()?.error_for_status().ok()?;
    answer.json().await.ok()
}

async fn hear(socket: &mut WebSocketStream<TcpStream>, request_id: &Value) -> Option<()> {
    loop {
        let Message::Text(text) = socket.next().await?.ok()? else {
            continue;
        };
        let frame: Value = serde_json::from_str(&text).ok()?;
        if frame["request_id"] == *request_id {
            match frame["status"].as_str()? {
                "complete" => return Some(()),
                "failed" => return None,
                _ => {}
            }
        }
    }
}
