//! Brings the status events of all processes from Redis pub/sub to the broker, and keeps the subscription alive.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, SpawnHandle, StreamHandler,
    Supervised, WrapFuture,
};
use actix_broker::BrokerIssue;
use futures::{StreamExt, future};
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, Msg, RedisResult};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::backoff::jittered;
use crate::broker::{EventBatch, Issued, Resync};
use crate::envelope::{Delivered, Env, Measured};
use crate::event::StatusEvent;
use crate::handle::ActorHandle;
use crate::registry::{ActorRegistry, Observation, Observe};
use crate::stats::ActorStats;
use crate::subscription::{Echo, call, subscribe};

/// Patience of the bridge. With the defaults a dead connection is noticed within 8 seconds, one to a server that the
/// address does not lead to any more within 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BridgeConfig {
    /// Time to connect and subscribe.
    pub connect_timeout: Duration,
    /// A PING is sent this often.
    pub ping_every: Duration,
    /// Time to answer it.
    pub ping_timeout: Duration,
    /// Pause before the second try to connect; doubled for each further one.
    pub first_backoff: Duration,
    /// The longest pause.
    pub max_backoff: Duration,
}

impl Default for BridgeConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            ping_every: Duration::from_secs(5),
            ping_timeout: Duration::from_secs(3),
            first_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
        }
    }
}

/// Events in one batch at most.
const BATCH: usize = 256;

/// Batches on their way to the hub at most. The broker keeps the last one.
const BATCHES: usize = 9;

/// If the hub has not taken a batch for this long, the connection is given up instead of letting events pile up.
const OVERLOADED_AFTER: Duration = Duration::from_secs(1);

/// Try to connect.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
struct Connect;

impl Measured for Connect {
    const NAME: &'static str = "Connect";
}

/// Events have arrived.
struct Received(Vec<Msg>);

impl Message for Received {
    type Result = ();
}

impl Measured for Received {
    const NAME: &'static str = "Received";
}

/// Source of clients: each connection has a new one, whose password and certificates are those of the moment.
#[derive(Clone)]
pub struct ClientSource(Arc<dyn Fn() -> RedisResult<Client> + Send + Sync>);

impl ClientSource {
    /// Clients that `make` makes.
    pub fn new(make: impl Fn() -> RedisResult<Client> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    pub(crate) fn client(&self) -> RedisResult<Client> {
        (self.0)()
    }
}

/// The same client each time.
impl From<Client> for ClientSource {
    fn from(client: Client) -> Self {
        Self::new(move || Ok(client.clone()))
    }
}

impl fmt::Debug for ClientSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSource").finish_non_exhaustive()
    }
}

/// The bridge from Redis pub/sub to the broker.
pub struct RedisBridge {
    clients: ClientSource,
    config: BridgeConfig,
    connection: Option<Connection>,
    echo: Echo,
    failures: u32,
    subscriptions: u64,
    events: u64,
    malformed: u64,
    credits: Arc<Semaphore>,
    stats: Arc<ActorStats>,
}

struct Connection {
    sink: PubSubSink,
    messages: SpawnHandle,
    pings: SpawnHandle,
}

impl RedisBridge {
    /// Starts the bridge, which connects at once and for ever again. Must be called on an actix `System`.
    pub fn start(
        clients: impl Into<ClientSource>,
        config: BridgeConfig,
        registry: &ActorRegistry,
    ) -> ActorHandle<Self> {
        let stats = registry.stats("redis_bridge", BATCHES);
        let bridge = Self {
            clients: clients.into(),
            config,
            connection: None,
            echo: Echo::new(),
            failures: 0,
            subscriptions: 0,
            events: 0,
            malformed: 0,
            credits: Arc::new(Semaphore::new(BATCHES)),
            stats: stats.clone(),
        };
        registry.supervise(stats, bridge)
    }

    fn connect(&self) -> Env<Connect> {
        Env::new(Connect, self.stats.message::<Connect>())
    }

    fn connected(&mut self, sink: PubSubSink, stream: PubSubStream, ctx: &mut Context<Self>) {
        let messages = ctx.add_stream(stream.ready_chunks(BATCH));
        let pings = ctx.run_interval(self.config.ping_every, Self::ping);
        self.connection = Some(Connection {
            sink,
            messages,
            pings,
        });
        self.echo.excuse();
        self.failures = 0;
        self.subscriptions += 1;
        tracing::info!(
            subscriptions = self.subscriptions,
            "subscribed to status events"
        );
        // Whatever was published while nobody listened is in the database.
        self.issue_system_async(Issued::now(Resync));
    }

    fn ping(&mut self, ctx: &mut Context<Self>) {
        let Some(connection) = &self.connection else {
            return;
        };
        if self.echo.is_missing() {
            self.lost(&"what is published does not arrive", ctx);
            return;
        }
        let (mut sink, patience, of) = (
            connection.sink.clone(),
            self.config.ping_timeout,
            self.subscriptions,
        );
        let pong = async move { timeout(patience, sink.ping::<redis::Value>()).await };
        let (channel, number) = (self.echo.channel().to_owned(), self.echo.next());
        let calling = call(self.clients.clone(), channel, number, patience);
        ctx.spawn(future::join(pong, calling).into_actor(self).map(
            move |(pong, called), bridge, ctx| match pong {
                _ if bridge.subscriptions != of => {}
                Ok(Ok(_)) if called => bridge.echo.called(number),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => bridge.lost(&error, ctx),
                Err(_) => bridge.lost(&"no answer to PING", ctx),
            },
        ));
    }

    /// Gives the connection up, or the attempt at one, and tries again after a pause.
    fn lost(&mut self, error: &dyn fmt::Display, ctx: &mut Context<Self>) {
        if let Some(connection) = self.connection.take() {
            ctx.cancel_future(connection.messages);
            ctx.cancel_future(connection.pings);
            self.stats.restarted("connection_lost");
        }
        // Jitter makes half more of it at most.
        let longest = self.config.max_backoff * 2 / 3;
        let pause = jittered(self.config.first_backoff, longest, self.failures);
        self.failures += 1;
        self.stats.failure(error);
        tracing::warn!(error = %error, failures = self.failures, pause_ms = pause.as_millis() as u64, "no subscription to status events");
        ctx.notify_later(self.connect(), pause);
    }

    fn issue(&self, events: Vec<Arc<StatusEvent>>, credit: OwnedSemaphorePermit) {
        let batch = EventBatch {
            events: events.into(),
            _credit: Some(Arc::new(credit)),
        };
        self.issue_system_async(Issued::now(batch));
    }

    fn parse(&mut self, messages: &[Msg]) -> Vec<Arc<StatusEvent>> {
        let mut events = Vec::with_capacity(messages.len());
        for message in messages {
            if message.get_channel_name() == self.echo.channel() {
                self.echo.heard(message.get_payload_bytes());
                continue;
            }
            match serde_json::from_slice::<StatusEvent>(message.get_payload_bytes()) {
                Ok(event) => events.push(Arc::new(event)),
                Err(error) => self.malformed(message, &error),
            }
        }
        self.events += events.len() as u64;
        events
    }

    fn malformed(&mut self, message: &Msg, error: &serde_json::Error) {
        self.malformed += 1;
        self.stats.failure("malformed event");
        tracing::warn!(%error, channel = message.get_channel_name(), "malformed status event ignored");
    }
}

impl fmt::Debug for RedisBridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBridge")
            .field("subscriptions", &self.subscriptions)
            .finish_non_exhaustive()
    }
}

impl Actor for RedisBridge {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.notify(self.connect());
    }
}

impl Supervised for RedisBridge {
    /// The context has dropped the stream with all its futures.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.connection = None;
        self.stats.restarted("panicked");
    }
}

impl<M> Handler<Env<M>> for RedisBridge
where
    Self: Handler<M>,
    M: Measured,
{
    type Result = Delivered<M, <Self as Handler<M>>::Result>;

    fn handle(&mut self, envelope: Env<M>, ctx: &mut Self::Context) -> Self::Result {
        envelope.deliver(self, ctx)
    }
}

impl Handler<Connect> for RedisBridge {
    type Result = ();

    fn handle(&mut self, _: Connect, ctx: &mut Self::Context) {
        let (clients, echo) = (self.clients.clone(), self.echo.channel().to_owned());
        let connecting = subscribe(clients, echo, self.config.connect_timeout).into_actor(self);
        ctx.spawn(connecting.map(|connected, bridge, ctx| match connected {
            Ok((sink, stream)) => bridge.connected(sink, stream, ctx),
            Err(error) => bridge.lost(&error, ctx),
        }));
    }
}

impl StreamHandler<Vec<Msg>> for RedisBridge {
    fn handle(&mut self, messages: Vec<Msg>, ctx: &mut Self::Context) {
        Env::new(Received(messages), self.stats.message::<Received>())
            .deliver_unanswered(self, ctx);
    }

    /// Redis has closed the connection.
    fn finished(&mut self, ctx: &mut Self::Context) {
        self.lost(&"the connection was closed", ctx);
    }
}

impl Handler<Received> for RedisBridge {
    type Result = ();

    fn handle(&mut self, Received(messages): Received, ctx: &mut Self::Context) {
        let events = self.parse(&messages);
        if events.is_empty() {
            return;
        }
        if let Ok(credit) = self.credits.clone().try_acquire_owned() {
            self.issue(events, credit);
            return;
        }
        // Behind what waits here may be calls that have arrived.
        self.echo.excuse();
        let waiting = timeout(OVERLOADED_AFTER, self.credits.clone().acquire_owned());
        ctx.wait(
            waiting
                .into_actor(self)
                .map(move |credit, bridge, ctx| match credit {
                    Ok(Ok(credit)) => bridge.issue(events, credit),
                    _ => bridge.lost(&"the hub does not keep up", ctx),
                }),
        );
    }
}

impl Handler<Observe> for RedisBridge {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Observation {
        Observation {
            state: if self.connection.is_some() {
                "subscribed"
            } else {
                "connecting"
            },
            details: json!({
                "subscriptions": self.subscriptions,
                "failures_in_a_row": self.failures,
                "events": self.events,
                "malformed_events": self.malformed,
                "batches_in_flight": BATCHES - self.credits.available_permits(),
            }),
        }
    }
}
