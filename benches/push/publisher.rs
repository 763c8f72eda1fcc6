//! Publishes status events as a worker does. The request id of each is the time of its publication.

use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::Utc;
use redis::{Client, Connection};
use uuid::Uuid;
use wildside_actors::{Status, StatusEvent};

use crate::clients::{Clients, now_nanos};

/// Messages published at a time, and on their way at most.
const BATCH: usize = 64;
const WINDOW: u64 = 4_096;

pub(crate) struct Publisher {
    connection: Connection,
    next: usize,
}

impl Publisher {
    pub(crate) fn connect(url: &str) -> Self {
        let connection = Client::open(url).unwrap().get_connection().unwrap();
        Self {
            connection,
            next: 0,
        }
    }

    /// Publishes as much as the clients receive.
    pub(crate) fn flood(&mut self, clients: &Clients, time: Duration) {
        let end = Instant::now() + time;
        let (before, mut published) = (clients.received(), 0);
        while Instant::now() < end {
            if before + published - clients.received() < WINDOW {
                self.publish_batch(clients, BATCH);
                published += BATCH as u64;
            } else {
                sleep(Duration::from_micros(50));
            }
        }
        await_receipt(clients, before + published);
    }

    /// Publishes at a steady rate.
    pub(crate) fn pace(&mut self, clients: &Clients, per_second: u32, time: Duration) {
        let (began, before, mut published) = (Instant::now(), clients.received(), 0);
        while began.elapsed() < time {
            let due = (began.elapsed().as_secs_f64() * f64::from(per_second)) as u64;
            while published < due {
                self.publish_batch(clients, 1);
                published += 1;
            }
            sleep(Duration::from_micros(100));
        }
        await_receipt(clients, before + published);
    }

    /// Publishes one event to a user with all the clients, and waits until the last has it.
    pub(crate) fn broadcast(&mut self, clients: &Clients, user: Uuid) -> Duration {
        let (began, expected) = (Instant::now(), clients.received() + clients.len() as u64);
        let (channel, json) = event(user);
        redis::cmd("PUBLISH")
            .arg(channel)
            .arg(json)
            .exec(&mut self.connection)
            .unwrap();
        await_receipt(clients, expected);
        began.elapsed()
    }

    fn publish_batch(&mut self, clients: &Clients, count: usize) {
        let mut pipeline = redis::pipe();
        for _ in 0..count {
            let (channel, json) = event(clients.users[self.next % clients.len()]);
            self.next += 1;
            pipeline.publish(channel, json).ignore();
        }
        pipeline.exec(&mut self.connection).unwrap();
    }
}

/// Waits until the clients have received so many messages since they connected.
fn await_receipt(clients: &Clients, expected: u64) {
    let began = Instant::now();
    while clients.received() < expected {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "messages were lost"
        );
        sleep(Duration::from_micros(20));
    }
}

fn event(user_id: Uuid) -> (String, String) {
    let event = StatusEvent {
        user_id,
        request_id: Uuid::from_u128(u128::from(now_nanos())),
        status: Status::Complete,
        route_id: Some(user_id),
        error: None,
        progress: None,
        stage: None,
        updated_at: Utc::now(),
        trace_id: user_id,
    };
    (event.channel(), serde_json::to_string(&event).unwrap())
}
