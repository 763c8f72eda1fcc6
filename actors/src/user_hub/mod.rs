//! Knows which sessions each user has, and takes every event to them.

mod logins;
mod sessions;
mod snapshots;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseFuture, Supervised,
    WrapFuture,
};
use actix_broker::BrokerSubscribe;
use bytestring::ByteString;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout_at;
use uuid::Uuid;

pub use logins::{ConnectedUsers, Generations};
pub use snapshots::SnapshotLoader;

use crate::broker::{EventBatch, Issued, Resync};
use crate::envelope::{Delivered, Env, Measured, Outcome};
use crate::event::StatusEvent;
use crate::frame::ServerFrame;
use crate::handle::{ActorHandle, Outlet};
use crate::protocol::{Close, CloseCode};
use crate::registry::{ActorRegistry, Observation, Observe};
use crate::stats::ActorStats;
use sessions::{Session, Sessions};
use snapshots::{Snapshots, load};

/// Bounds of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubConfig {
    /// Sessions in all; more are told to try again later.
    pub max_sessions: usize,
    /// Sessions of one user; more are refused.
    pub max_sessions_per_user: usize,
    /// Users whose statuses are asked for at once: as many as one answer may be about, however much each has asked for.
    pub snapshot_users: usize,
    /// Time limit of one such question.
    pub snapshot_timeout: Duration,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            max_sessions: 50_000,
            max_sessions_per_user: 20,
            snapshot_users: 50,
            snapshot_timeout: Duration::from_secs(5),
        }
    }
}

/// A session wants to be sent the events of its user.
#[derive(Message)]
#[rtype(result = "Result<(), Close>")]
pub(crate) struct Register {
    pub(crate) user_id: Uuid,
    pub(crate) session_id: u64,
    pub(crate) generation: i32,
    pub(crate) outlet: Outlet<ToSession>,
    /// Set when the hub has dropped the session because its mailbox was full.
    pub(crate) dropped: Arc<AtomicBool>,
}

impl Measured for Register {
    const NAME: &'static str = "Register";

    fn outcome(answer: &Self::Result) -> Outcome {
        if answer.is_ok() {
            Outcome::Ok
        } else {
            Outcome::Refused("refused")
        }
    }
}

/// A session has ended. Harmless if the hub no longer knows it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Unregister {
    pub(crate) user_id: Uuid,
    pub(crate) session_id: u64,
}

impl Measured for Unregister {
    const NAME: &'static str = "Unregister";
}

/// Closes all sessions with 1001 and answers how many are left when all are gone or the deadline has passed.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct CloseAll {
    /// Deadline of waiting.
    pub deadline: Instant,
}

impl Measured for CloseAll {
    const NAME: &'static str = "CloseAll";
}

/// An event and its frame, made once for all sessions.
#[derive(Debug, Clone)]
pub(crate) struct Framed {
    pub(crate) event: Arc<StatusEvent>,
    pub(crate) text: ByteString,
}

impl Framed {
    fn new(event: Arc<StatusEvent>) -> Self {
        let text = ServerFrame::from(&*event).to_text();
        Self { event, text }
    }
}

/// From the hub to a session.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub(crate) enum ToSession {
    /// Something has happened.
    Event(Framed),
    /// This is how things stand.
    Snapshot(Arc<[Framed]>),
    /// Close the connection.
    Close(Close),
}

impl Measured for ToSession {
    const NAME: &'static str = "ToSession";
}

/// The hub of all sessions of a process.
pub struct UserHub {
    config: HubConfig,
    sessions: Sessions,
    snapshots: Snapshots,
    load_snapshot: SnapshotLoader,
    open: watch::Sender<usize>,
    closing: bool,
    subscribed: bool,
    dropped_as_slow: u64,
    stats: Arc<ActorStats>,
}

/// Room of the mailbox: connects and disconnects; events come in batches that the bridge bounds.
const MAILBOX: usize = 1024;

/// Most questions for snapshots that may be open: enough to overlap, few enough to leave the database to others.
const SNAPSHOTS_IN_FLIGHT: usize = 2;

impl UserHub {
    /// Starts the hub and subscribes it to the broker. Must be called on an actix `System`.
    pub fn start(
        config: HubConfig,
        load_snapshot: SnapshotLoader,
        registry: &ActorRegistry,
    ) -> ActorHandle<Self> {
        let stats = registry.stats("user_hub", MAILBOX);
        let hub = Self {
            sessions: Sessions::new(config.max_sessions, config.max_sessions_per_user),
            snapshots: Snapshots::default(),
            load_snapshot,
            open: watch::Sender::new(0),
            closing: false,
            subscribed: false,
            dropped_as_slow: 0,
            stats: stats.clone(),
            config,
        };
        registry.supervise(stats, hub)
    }

    fn count_sessions(&self) {
        self.stats
            .metrics()
            .websocket_connections
            .set(self.sessions.len() as i64);
        self.open.send_replace(self.sessions.len());
    }

    /// Takes a message to all sessions of a user; those that can't keep up are dropped.
    fn send_to(&mut self, user_id: Uuid, message: &ToSession) {
        let dropped = self.sessions.send(user_id, message);
        if dropped > 0 {
            self.dropped_as_slow += dropped as u64;
            tracing::info!(user.id = %user_id, sessions = dropped, "slow sessions dropped");
            self.count_sessions();
        }
    }

    fn close_all(&mut self, code: CloseCode) {
        let users: Vec<Uuid> = self.sessions.users().collect();
        for user_id in users {
            self.send_to(user_id, &ToSession::Close(Close::come_back(code)));
        }
    }

    fn load_snapshots(&mut self, ctx: &mut Context<Self>) {
        while self.snapshots.in_flight() < SNAPSHOTS_IN_FLIGHT {
            let Some((users, since)) = self.snapshots.next(self.config.snapshot_users) else {
                break;
            };
            let loading = load(
                self.load_snapshot.clone(),
                users.clone(),
                since,
                self.config.snapshot_timeout,
            );
            let loaded = loading.into_actor(self).map(move |events, hub, ctx| {
                hub.snapshots.finished();
                hub.deliver_snapshot(&users, events);
                hub.load_snapshots(ctx);
            });
            ctx.spawn(loaded);
        }
    }

    /// Sends each user the own events; without events, has the users come back for them later.
    fn deliver_snapshot(&mut self, users: &[Uuid], events: Result<Vec<StatusEvent>, String>) {
        match events {
            Ok(events) => {
                for (user_id, frames) in snapshots::by_user(events) {
                    self.send_to(user_id, &ToSession::Snapshot(frames));
                }
            }
            Err(error) => {
                tracing::error!(
                    error,
                    users = users.len(),
                    "statuses could not be loaded, closing their sessions"
                );
                self.stats.failure(format_args!("snapshot: {error}"));
                for user_id in users {
                    self.send_to(
                        *user_id,
                        &ToSession::Close(Close::come_back(CloseCode::TryAgainLater)),
                    );
                }
            }
        }
    }
}

impl fmt::Debug for UserHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserHub")
            .field("sessions", &self.sessions.len())
            .finish_non_exhaustive()
    }
}

impl Actor for UserHub {
    type Context = Context<Self>;

    /// Runs again after a restart, when the broker still has the subscription of the first time.
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        if !self.subscribed {
            self.subscribe_system_async::<Issued<EventBatch>>(ctx);
            self.subscribe_system_async::<Issued<Resync>>(ctx);
            self.subscribed = true;
        }
    }
}

impl Supervised for UserHub {
    /// State that a panic has left behind is not trusted: all sessions are asked to connect again.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.stats.restarted("panicked");
        self.close_all(CloseCode::ServiceRestart);
        self.sessions.clear();
        self.snapshots = Snapshots::default();
        self.count_sessions();
    }
}

impl<M> Handler<Env<M>> for UserHub
where
    Self: Handler<M>,
    M: Measured,
{
    type Result = Delivered<M, <Self as Handler<M>>::Result>;

    fn handle(&mut self, envelope: Env<M>, ctx: &mut Self::Context) -> Self::Result {
        envelope.deliver(self, ctx)
    }
}

impl<M> Handler<Issued<M>> for UserHub
where
    Self: Handler<M>,
    M: Measured<Result = ()>,
{
    type Result = ();

    fn handle(&mut self, issued: Issued<M>, ctx: &mut Self::Context) {
        Env::issued(issued, self.stats.message::<M>()).deliver_unanswered(self, ctx);
    }
}

impl Handler<Register> for UserHub {
    type Result = Result<(), Close>;

    fn handle(&mut self, register: Register, ctx: &mut Self::Context) -> Self::Result {
        if self.closing {
            return Err(Close::come_back(CloseCode::GoingAway));
        }
        let Register {
            user_id,
            session_id,
            generation,
            outlet,
            dropped,
        } = register;
        self.sessions.add(
            user_id,
            Session {
                id: session_id,
                generation,
                outlet,
                dropped,
            },
        )?;
        self.count_sessions();
        self.snapshots.want(user_id);
        self.load_snapshots(ctx);
        Ok(())
    }
}

impl Handler<Unregister> for UserHub {
    type Result = ();

    fn handle(&mut self, message: Unregister, _: &mut Self::Context) {
        self.sessions.remove(message.user_id, message.session_id);
        self.count_sessions();
    }
}

impl Handler<EventBatch> for UserHub {
    type Result = ();

    fn handle(&mut self, batch: EventBatch, _: &mut Self::Context) {
        for event in batch.events.iter() {
            if self.sessions.has(event.user_id) {
                let framed = Framed::new(event.clone());
                self.send_to(event.user_id, &ToSession::Event(framed));
            }
        }
    }
}

impl Handler<Resync> for UserHub {
    type Result = ();

    fn handle(&mut self, _: Resync, ctx: &mut Self::Context) {
        for user_id in self.sessions.users() {
            self.snapshots.want(user_id);
        }
        self.load_snapshots(ctx);
    }
}

impl Handler<CloseAll> for UserHub {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, CloseAll { deadline }: CloseAll, _: &mut Self::Context) -> Self::Result {
        self.closing = true;
        self.close_all(CloseCode::GoingAway);
        let mut open = self.open.subscribe();
        Box::pin(async move {
            // An error would be the hub's end, a timeout the deadline: either way the rest is left.
            let _ = timeout_at(deadline.into(), open.wait_for(|open| *open == 0)).await;
            *open.borrow()
        })
    }
}

impl Handler<Observe> for UserHub {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Observation {
        Observation {
            state: if self.closing { "closing" } else { "running" },
            details: json!({
                "sessions": self.sessions.len(),
                "users": self.sessions.users().count(),
                "max_sessions": self.config.max_sessions,
                "dropped_as_slow": self.dropped_as_slow,
                "snapshots_waiting": self.snapshots.waiting(),
                "snapshots_in_flight": self.snapshots.in_flight(),
            }),
        }
    }
}
