//! People who ask for walks and listen for what becomes of them, while something goes wrong.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;
use wildside_actors::Status;

use crate::client::{Socket, User, some_walk};
use crate::fleet::Fleet;
use crate::history::{Entry, History, Verdict};
use crate::process::{Process, until};
use crate::worker::POISON_MINUTES;

const USERS: usize = 4;
/// Tries of one request, a fifth of a second apart at least, before nobody waits for it any more.
const TRIES: usize = 150;
/// After all is done nothing more may come.
const QUIET: Duration = Duration::from_millis(500);
/// Walks that are read over HTTP when all is over.
const READ: usize = 50;

/// Users who ask at a steady rate whatever the answers are, each with a WebSocket at each server.
pub struct Load {
    pub history: Arc<History>,
    people: Arc<People>,
    stop: watch::Sender<bool>,
    asking: JoinHandle<()>,
    listening: Vec<JoinHandle<()>>,
}

struct People {
    users: Vec<User>,
    servers: Vec<String>,
}

/// How it ended.
pub struct Report {
    pub history: Arc<History>,
    pub accepted: usize,
    pub failed: usize,
}

impl Load {
    /// Signs users up, connects them, and has them ask `rate` times a second together.
    pub async fn start(servers: &[&Process], rate: f64) -> Self {
        let urls: Vec<String> = servers.iter().map(|server| server.url()).collect();
        let mut users = Vec::new();
        for number in 0..USERS {
            let name = format!("walker-{number}-{}", Uuid::new_v4().simple());
            users.push(User::sign_up(&urls[number % urls.len()], &name).await);
        }
        let (stop, stopped) = watch::channel(false);
        let (history, people) = (
            Arc::new(History::default()),
            Arc::new(People {
                users,
                servers: urls,
            }),
        );
        let everybody =
            (0..USERS).flat_map(|user| (0..servers.len()).map(move |server| (user, server)));
        let listening: Vec<_> = everybody
            .map(|(user, server)| {
                let (people, history) = (people.clone(), history.clone());
                tokio::spawn(async move { people.listen(user, server, &history).await })
            })
            .collect();
        until("all are connected", Duration::from_secs(30), async || {
            history.count_open() == listening.len()
        })
        .await;
        Self {
            asking: tokio::spawn(ask_steadily(people.clone(), history.clone(), rate, stopped)),
            history,
            people,
            stop,
            listening,
        }
    }

    /// Waits until so many more requests have been accepted.
    pub async fn goes_on(&self, more: usize) {
        let goal = self.history.count_accepted() + more;
        let what = format!("{more} more requests are accepted");
        until(&what, Duration::from_mins(1), async || {
            self.history.count_accepted() >= goal
        })
        .await;
    }

    /// One of the users asks for a walk that is poison to a worker's engine; the request.
    pub async fn ask_poison(&self) -> Uuid {
        self.ask(0, 0, &poison(), Uuid::new_v4()).await
    }

    /// A user asks at a server until it accepts, and waits between as long as it says; the request.
    pub async fn ask(&self, user: usize, server: usize, walk: &Value, key: Uuid) -> Uuid {
        let (user, asked) = (self.user(user), Instant::now());
        let server = &self.people.servers[server];
        let answer = loop {
            let answer = user.ask(server, walk, key).await.unwrap();
            match answer.retry_after {
                Some(seconds) => sleep(Duration::from_secs(seconds.into())).await,
                None => break answer,
            }
        };
        assert_eq!(answer.status, 202, "{answer:?}");
        let request = uuid(&answer.body["request_id"]);
        self.history.accepted(user.id, request, asked);
        request
    }

    /// One of the users; any number is somebody's.
    pub fn user(&self, number: usize) -> &User {
        let users = &self.people.users;
        &users[number % users.len()]
    }

    /// The users ask for `count` walks, `at_once` at a time.
    pub async fn flood(&self, count: usize, at_once: usize) {
        let asking = (0..count).map(|number| self.people.ask(number, &self.history));
        futures::stream::iter(asking)
            .buffer_unordered(at_once)
            .collect::<Vec<()>>()
            .await;
    }

    /// Waits until a request has ended so before its user's eyes; says how long it took.
    pub async fn ends_as(&self, request: Uuid, status: Status) -> Duration {
        let what = format!("{request} ends as {status:?}");
        until(&what, Duration::from_mins(1), async || {
            self.history.has_shown(request, status)
        })
        .await
    }

    /// Stops asking, waits until every accepted request has ended and all have seen it, and judges the history.
    pub async fn settle(self, fleet: &Fleet, patience: Duration) -> Report {
        self.stop.send_replace(true);
        self.asking.await.unwrap();
        let begun = Instant::now();
        let ledger = loop {
            let ledger = self.people.ledger(fleet);
            let Verdict { wrong, missing } = self.history.judge(&ledger);
            assert!(
                wrong.is_empty(),
                "{} faults, such as: {}",
                wrong.len(),
                wrong[0]
            );
            if missing.is_empty() {
                break ledger;
            }
            assert!(
                begun.elapsed() < patience,
                "after {patience:?} {} are missing: {}",
                missing.len(),
                missing[0]
            );
            sleep(Duration::from_millis(200)).await;
        };
        sleep(QUIET).await;
        let Verdict { wrong, .. } = self.history.judge(&ledger);
        assert!(
            wrong.is_empty(),
            "{} late faults, such as: {}",
            wrong.len(),
            wrong[0]
        );
        self.listening.iter().for_each(JoinHandle::abort);
        every_route_is_one_requests(fleet);
        self.people.read_routes(fleet).await;
        Report {
            accepted: self.history.count_accepted(),
            failed: ledger
                .iter()
                .filter(|entry| entry.status == Status::Failed)
                .count(),
            history: self.history,
        }
    }
}

impl Report {
    /// The same, if no accepted request has failed.
    pub fn all_complete(self) -> Self {
        assert_eq!(self.failed, 0, "some requests failed");
        assert!(self.accepted > 0, "nothing was accepted");
        self
    }

    /// The same, if no request was refused.
    pub fn none_refused(self) -> Self {
        assert_eq!(
            self.history.count_refused(),
            0,
            "some requests were refused"
        );
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let complete = self.accepted - self.failed;
        write!(f, "{} accepted, {complete} complete", self.accepted)?;
        for (count, what) in [
            (self.failed, "failed"),
            (self.history.count_refused(), "refused with 503"),
            (
                self.history.count_retried(),
                "tries without an answer made again",
            ),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        write!(f, "; each end shown once on every connection")
    }
}

async fn ask_steadily(
    people: Arc<People>,
    history: Arc<History>,
    rate: f64,
    mut stopped: watch::Receiver<bool>,
) {
    let mut ticks = interval(Duration::from_secs_f64(1.0 / rate));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut asking = JoinSet::new();
    for number in 0.. {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            _ = ticks.tick() => {}
        }
        let (people, history) = (people.clone(), history.clone());
        asking.spawn(async move { people.ask(number, &history).await });
    }
    // Who has asked waits for the answer.
    asking.join_all().await;
}

impl People {
    /// Asks for a walk, with the same key at one server after the other until one answers.
    async fn ask(&self, number: usize, history: &History) {
        let (user, body, key) = (
            &self.users[number % self.users.len()],
            some_walk(),
            Uuid::new_v4(),
        );
        let asked = Instant::now();
        for attempt in 0..TRIES {
            let server = &self.servers[(number / self.users.len() + attempt) % self.servers.len()];
            match user.ask(server, &body, key).await {
                Ok(answer) if answer.status == 202 => {
                    return history.accepted(user.id, uuid(&answer.body["request_id"]), asked);
                }
                Ok(answer) if matches!(answer.status.as_u16(), 429 | 503) => {
                    if answer.retry_after.is_none() {
                        history.broken(format!("{} without Retry-After", answer.status));
                    }
                    return history.refused(asked);
                }
                Ok(answer) => return history.broken(format!("{} {}", answer.status, answer.body)),
                Err(_) => history.retried(),
            }
            sleep(Duration::from_millis(200)).await;
        }
        history.unanswered(user.id);
    }

    /// Listens for ever; who is disconnected comes back at the next server.
    async fn listen(&self, user: usize, first: usize, history: &History) {
        let user = &self.users[user];
        for server in first.. {
            let server = &self.servers[server % self.servers.len()];
            if let Some(socket) = user.connect(server).await {
                let connection = history.opened(user.id);
                note_frames(socket, connection, history).await;
                history.closed(connection);
            }
            sleep(Duration::from_millis(rand::random_range(50..250))).await;
        }
    }

    /// Their rows of the ledger.
    fn ledger(&self, fleet: &Fleet) -> Vec<Entry> {
        let rows = fleet.sql("SELECT id, user_id, status FROM route_requests");
        let entry = |line: &str| {
            let [request, user, status] = line.split('|').collect::<Vec<_>>().try_into().unwrap();
            Entry {
                request: request.parse().unwrap(),
                user: user.parse().unwrap(),
                status: serde_json::from_value(status.into()).unwrap(),
            }
        };
        let mut entries: Vec<Entry> = rows.lines().map(entry).collect();
        entries.retain(|entry| self.users.iter().any(|user| user.id == entry.user));
        entries
    }

    /// Reads some of the walks over HTTP.
    async fn read_routes(&self, fleet: &Fleet) {
        let sql = format!(
            "SELECT user_id, route_id FROM route_requests WHERE status = 'complete' ORDER BY random() LIMIT {READ}"
        );
        for line in fleet.sql(&sql).lines() {
            let (user_id, route_id) = line.split_once('|').unwrap();
            let Some(user) = self
                .users
                .iter()
                .find(|user| user.id.to_string() == user_id)
            else {
                continue;
            };
            let path = format!("/api/v1/routes/{route_id}");
            let mut answers = Vec::new();
            for server in &self.servers {
                answers.extend(user.get(server, &path).await.ok());
            }
            let answer = answers.first().expect("no server is there to read from");
            let points = answer.body["path"]["coordinates"]
                .as_array()
                .map_or(0, Vec::len);
            assert!(answer.status == 200 && points > 1, "{path}: {answer:?}");
        }
    }
}

/// A walk that is poison to a worker's engine.
pub fn poison() -> Value {
    let mut walk = some_walk();
    walk["duration_minutes"] = POISON_MINUTES.into();
    walk
}

/// Returns when the connection has ended.
async fn note_frames(mut socket: Socket, connection: usize, history: &History) {
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        match serde_json::from_value(frame["status"].clone()) {
            Ok(status) => history.frame(connection, uuid(&frame["request_id"]), status),
            Err(_) => history.broken(format!("unexpected frame: {text}")),
        }
    }
}

fn uuid(value: &Value) -> Uuid {
    value.as_str().unwrap_or_default().parse().unwrap()
}

/// What is complete has a walk that can be walked, what was asked once was computed once, and no walk is nobody's.
fn every_route_is_one_requests(fleet: &Fleet) {
    let none = |what: &str, sql: &str| assert_eq!(fleet.sql(sql), "0", "{what}");
    none(
        "complete without a walk",
        "SELECT count(*) FROM route_requests LEFT JOIN routes ON routes.id = route_id \
         WHERE status = 'complete' AND (routes.id IS NULL OR ST_NPoints(path) < 2)",
    );
    none(
        "requests that were computed more than once",
        "SELECT count(*) FROM (SELECT FROM route_requests WHERE status = 'complete' \
         GROUP BY cache_key HAVING count(DISTINCT route_id) > 1) AS twice",
    );
    none(
        "walks of no request",
        "SELECT count(*) FROM routes WHERE id NOT IN (SELECT route_id FROM route_requests WHERE route_id IS NOT NULL)",
    );
}
