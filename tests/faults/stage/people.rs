//! People who ask for walks and listen for what becomes of them.

use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::Value;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::stage::client::{Socket, User, some_walk};
use crate::stage::fleet::Fleet;
use crate::stage::history::{Entry, History};

/// Tries of one request, a fifth of a second apart at least, before nobody waits for it any more.
const TRIES: usize = 150;
/// Answer to who lost the database on the way, perhaps after it had stored the request.
const LOST: &str = "the database is not available";
/// Walks that are read over HTTP when all is over.
const READ: usize = 50;

/// Users, and the addresses of the servers they turn to.
pub struct People {
    pub users: Vec<User>,
    pub servers: Vec<String>,
}

impl People {
    /// Asks for a walk, with the same key at one server after the other until one answers.
    pub async fn ask(&self, number: usize, history: &History) {
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
                    let message = answer.body["message"].as_str();
                    if message.is_some_and(|message| message.starts_with(LOST)) {
                        history.unknown(user.id);
                    }
                    return history.refused(asked);
                }
                Ok(answer) => return history.broken(format!("{} {}", answer.status, answer.body)),
                Err(_) => history.retried(),
            }
            sleep(Duration::from_millis(200)).await;
        }
        history.unknown(user.id);
    }

    /// Listens for ever; who is disconnected comes back at the next server.
    pub async fn listen(&self, user: usize, first: usize, history: &History) {
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
    pub fn ledger(&self, fleet: &Fleet) -> Vec<Entry> {
        let rows = fleet.sql(&format!(
            "SELECT id, user_id, status FROM route_requests WHERE user_id IN ({})",
            self.ids()
        ));
        let entry = |line: &str| {
            let [request, user, status] = line.split('|').collect::<Vec<_>>().try_into().unwrap();
            Entry {
                request: request.parse().unwrap(),
                user: user.parse().unwrap(),
                status: serde_json::from_value(status.into()).unwrap(),
            }
        };
        rows.lines().map(entry).collect()
    }

    /// Reads some of their walks over HTTP.
    pub async fn read_routes(&self, fleet: &Fleet) {
        let rows = fleet.sql(&format!(
            "SELECT user_id, route_id FROM route_requests \
             WHERE status = 'complete' AND user_id IN ({}) ORDER BY random() LIMIT {READ}",
            self.ids()
        ));
        for row in rows.lines() {
            let (user_id, route_id) = row.split_once('|').unwrap();
            let mut users = self.users.iter();
            let user = users.find(|user| user.id.to_string() == user_id).unwrap();
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

    /// Their ids, for SQL.
    fn ids(&self) -> String {
        let ids = self.users.iter().map(|user| format!("'{}'", user.id));
        ids.collect::<Vec<_>>().join(",")
    }
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

/// The id that a JSON text is.
pub fn uuid(value: &Value) -> Uuid {
    value.as_str().unwrap_or_default().parse().unwrap()
}
