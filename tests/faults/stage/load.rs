//! People who ask for walks and listen for what becomes of them, while something goes wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::Value;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;
use wildside_actors::Status;

use crate::stage::client::{User, some_walk};
use crate::stage::fleet::Fleet;
use crate::stage::history::{Entry, History, Verdict};
use crate::stage::people::{People, uuid};
use crate::stage::process::{Process, until};
use crate::stage::report::Report;
use crate::stage::worker::POISON_MINUTES;

/// Users, at least.
const USERS: usize = 4;
/// Most that one of them asks for in a second; more than a server lets anybody.
const RATE: f64 = 2.5;
/// After all is done nothing more may come.
const QUIET: Duration = Duration::from_millis(500);

/// Users who ask at a steady rate whatever the answers are, each with a WebSocket at each server.
pub struct Load {
    pub history: Arc<History>,
    people: Arc<People>,
    stop: watch::Sender<bool>,
    asking: Mutex<JoinHandle<()>>,
    listening: Vec<JoinHandle<()>>,
}

impl Load {
    /// Signs users up, connects them, and has them ask `rate` times a second together.
    pub async fn start(servers: &[Process], rate: f64) -> Self {
        let urls: Vec<String> = servers.iter().map(Process::url).collect();
        let mut users = Vec::new();
        let count = USERS.max((rate / RATE).ceil() as usize);
        for number in 0..count {
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
            (0..count).flat_map(|user| (0..servers.len()).map(move |server| (user, server)));
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
            asking: Mutex::new(tokio::spawn(ask_steadily(
                people.clone(),
                history.clone(),
                rate,
                stopped,
            ))),
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

    /// The users ask `rate` times a second more for a while, whatever the answers are; returns when all are answered.
    pub async fn surge(&self, rate: f64, time: Duration) {
        let (stop, stopped) = watch::channel(false);
        let (people, history) = (self.people.clone(), self.history.clone());
        let asking = tokio::spawn(ask_steadily(people, history, rate, stopped));
        sleep(time).await;
        stop.send_replace(true);
        asking.await.unwrap();
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
    pub async fn settle(&self, fleet: &Fleet, patience: Duration) -> Report {
        self.stop.send_replace(true);
        (&mut *self.asking.lock().await).await.unwrap();
        let ledger = self.all_ends(fleet, patience).await;
        sleep(QUIET).await;
        self.missing_in(&ledger);
        self.listening.iter().for_each(JoinHandle::abort);
        every_route_is_one_requests(fleet);
        self.people.read_routes(fleet).await;
        Report {
            accepted: self.history.count_accepted(),
            failed: ledger
                .iter()
                .filter(|entry| entry.status == Status::Failed)
                .count(),
            history: self.history.clone(),
        }
    }

    /// The ledger, once all that it holds has ended and was shown.
    async fn all_ends(&self, fleet: &Fleet, patience: Duration) -> Vec<Entry> {
        let begun = Instant::now();
        loop {
            let ledger = self.people.ledger(fleet);
            let missing = self.missing_in(&ledger);
            if missing.is_empty() {
                return ledger;
            }
            assert!(
                begun.elapsed() < patience,
                "after {patience:?} {} are missing: {}",
                missing.len(),
                missing[0]
            );
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Ends that may still come, beside this ledger; nothing may be wrong.
    fn missing_in(&self, ledger: &[Entry]) -> Vec<String> {
        let Verdict { wrong, missing } = self.history.judge(ledger);
        assert!(
            wrong.is_empty(),
            "{} faults, such as: {}",
            wrong.len(),
            wrong[0]
        );
        missing
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

/// A walk that is poison to a worker's engine.
pub fn poison() -> Value {
    let mut walk = some_walk();
    walk["duration_minutes"] = POISON_MINUTES.into();
    walk
}

/// Check of the ledger: what is complete has a walk that can be walked, what was asked once was computed once, and no walk is nobody's.
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
