//! One WebSocket connection. The only file that knows `actix-web-actors`; what the connection says and when it ends is
//! decided by [`Protocol`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed};
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Handler, Message, Running, StreamHandler,
    WrapFuture,
};
use actix_http::ws::Item;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, ProtocolError, WebsocketContext, WsResponseBuilder};
use futures::future::LocalBoxFuture;
use tokio::time::timeout;
use uuid::Uuid;

use crate::envelope::{Delivered, Env, Measured};
use crate::frame::{FrameError, ServerFrame, UpdateLocation, WalkProgress};
use crate::handle::{ActorHandle, Outlet};
use crate::protocol::{Action, Close, CloseCode, Fragment, Limits, Protocol};
use crate::registry::ActorRegistry;
use crate::stats::{ActorStats, MessageStats};
use crate::user_hub::{Framed, Register, ToSession, Unregister, UserHub};

/// Finds where the user of a login is on one of the own routes. The error is sent to the client.
pub type LocationMatcher = Arc<
    dyn Fn(Login, UpdateLocation) -> LocalBoxFuture<'static, Result<WalkProgress, FrameError>>
        + Send
        + Sync,
>;

/// User of a connection, and the login with which it ends.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub user_id: Uuid,
    /// The connection ends when the user's own number is another one.
    pub generation: i32,
    /// The connection ends then in any case.
    pub ends_at: Instant,
    /// Tag of the language in which the user is spoken to.
    pub language: &'static str,
    /// Tag of the language in which places are named; `None`: as they are on the spot.
    pub names: Option<Arc<str>>,
}

/// Events that a connection may be behind; one that is further behind is dropped.
const MAILBOX: usize = 64;

/// Time for the hub to register a session.
const REGISTER_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for a location to be matched.
const MATCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Dependencies that all sessions of a server share. Made once; clones share it.
#[derive(Clone)]
pub struct WsSessions {
    shared: Arc<Shared>,
}

struct Shared {
    hub: ActorHandle<UserHub>,
    match_location: LocationMatcher,
    limits: Arc<Limits>,
    from_hub: Arc<MessageStats>,
    from_client: Arc<MessageStats>,
}

impl WsSessions {
    /// Sessions that register with `hub` and have locations answered by `match_location`.
    pub fn new(
        hub: ActorHandle<UserHub>,
        match_location: LocationMatcher,
        limits: Limits,
        registry: &ActorRegistry,
    ) -> Self {
        let stats: Arc<ActorStats> = registry.stats("ws_session", MAILBOX);
        let (from_hub, from_client) = (stats.message::<ToSession>(), stats.message::<FromClient>());
        registry.add_kind(stats);
        let shared = Shared {
            hub,
            match_location,
            limits: Arc::new(limits),
            from_hub,
            from_client,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Answers a WebSocket handshake and begins the session of a user who is logged in.
    ///
    /// # Errors
    /// If the request is no WebSocket handshake.
    pub fn start(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        login: Login,
    ) -> Result<HttpResponse, actix_web::Error> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let session = WsSession {
            id: NEXT_ID.fetch_add(1, Relaxed),
            protocol: Protocol::new(self.shared.limits.clone(), Instant::now())
                .ending_at(login.ends_at),
            login,
            dropped: Arc::default(),
            shared: self.shared.clone(),
        };
        WsResponseBuilder::new(session, request, payload)
            .frame_size(self.shared.limits.max_frame_bytes)
            .start()
    }
}

impl fmt::Debug for WsSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsSessions")
            .field("hub", &self.shared.hub)
            .finish_non_exhaustive()
    }
}

/// Something came from the client.
struct FromClient(Result<ws::Message, ProtocolError>);

impl Message for FromClient {
    type Result = ();
}

impl Measured for FromClient {
    const NAME: &'static str = "FromClient";
}

/// The actor of one connection.
struct WsSession {
    id: u64,
    login: Login,
    protocol: Protocol,
    /// The hub has given this session up.
    dropped: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

type Ctx = WebsocketContext<WsSession>;

impl WsSession {
    fn registration(&self, ctx: &mut Ctx) -> Register {
        Register {
            user_id: self.login.user_id,
            session_id: self.id,
            generation: self.login.generation,
            outlet: Outlet::new(ctx.address().recipient(), self.shared.from_hub.clone()),
            dropped: self.dropped.clone(),
        }
    }

    fn registered(&mut self, answer: Option<Result<(), Close>>, ctx: &mut Ctx) {
        match answer {
            Some(Ok(())) => self.schedule_tick(ctx),
            Some(Err(close)) => self.close(close, ctx),
            None => self.close(Close::come_back(CloseCode::TryAgainLater), ctx),
        }
    }

    fn schedule_tick(&self, ctx: &mut Ctx) {
        let pause = self
            .protocol
            .next_tick()
            .saturating_duration_since(Instant::now());
        ctx.run_later(pause, |session, ctx| {
            let action = session.protocol.tick(Instant::now());
            session.perform(action, ctx);
            session.schedule_tick(ctx);
        });
    }

    fn perform(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::None => {}
            Action::Refuse(error) => ctx.text(ServerFrame::Error(error).to_text()),
            Action::Match(update) => self.match_location(update, ctx),
            Action::Ping => ctx.ping(b""),
            Action::Pong(payload) => ctx.pong(&payload),
            Action::Close(close) => self.close(close, ctx),
        }
    }

    fn match_location(&self, update: UpdateLocation, ctx: &mut Ctx) {
        let matching = timeout(
            MATCH_TIMEOUT,
            (self.shared.match_location)(self.login.clone(), update),
        );
        ctx.spawn(matching.into_actor(self).map(|answer, session, ctx| {
            let frame = match answer {
                Ok(Ok(progress)) => ServerFrame::WalkProgress(progress),
                Ok(Err(error)) => ServerFrame::Error(error),
                Err(_) => ServerFrame::Error(FrameError::new(
                    "service_unavailable",
                    "the location was not matched in time",
                )),
            };
            ctx.text(frame.to_text());
            let next = session.protocol.matched();
            session.perform(next, ctx);
        }));
    }

    fn deliver(&mut self, framed: &Framed, ctx: &mut Ctx) {
        let Framed { event, text } = framed;
        if self.protocol.admit(event) {
            tracing::debug!(trace_id = %event.trace_id, request.id = %event.request_id, status = event.status.as_str(), "status sent");
            ctx.text(text.clone());
        }
    }

    fn close(&mut self, Close { code, reason }: Close, ctx: &mut Ctx) {
        tracing::debug!(session.id = self.id, code = code as u16, %reason, "closing session");
        let description = Some(reason.into_owned());
        ctx.close(Some(ws::CloseReason {
            code: (code as u16).into(),
            description,
        }));
        ctx.stop();
    }

    fn receive(&mut self, message: ws::Message, ctx: &mut Ctx) {
        let now = Instant::now();
        let action = match message {
            ws::Message::Text(text) => self.protocol.text(&text, now),
            ws::Message::Binary(_) => self.protocol.binary(now),
            ws::Message::Continuation(item) => self.protocol.fragment(item.into(), now),
            ws::Message::Ping(payload) => self.protocol.ping(payload, now),
            ws::Message::Pong(_) => self.protocol.pong(now),
            ws::Message::Close(_) => Action::Close(Close::new(CloseCode::Normal, "")),
            ws::Message::Nop => Action::None,
        };
        self.perform(action, ctx);
    }
}

impl From<Item> for Fragment {
    fn from(item: Item) -> Self {
        match item {
            Item::FirstText(part) => Self::FirstText(part),
            Item::FirstBinary(part) => Self::FirstBinary(part),
            Item::Continue(part) => Self::Continue(part),
            Item::Last(part) => Self::Last(part),
        }
    }
}

impl Actor for WsSession {
    type Context = Ctx;

    /// Registers first; nothing is read or sent until the hub has answered.
    fn started(&mut self, ctx: &mut Ctx) {
        ctx.set_mailbox_capacity(MAILBOX);
        let (hub, register) = (self.shared.hub.clone(), self.registration(ctx));
        let registering = async move { timeout(REGISTER_TIMEOUT, hub.ask(register)).await };
        ctx.wait(registering.into_actor(self).map(|answer, session, ctx| {
            session.registered(answer.ok().and_then(Result::ok), ctx);
        }));
    }

    fn stopping(&mut self, _: &mut Ctx) -> Running {
        self.shared.hub.leave(Unregister {
            user_id: self.login.user_id,
            session_id: self.id,
        });
        Running::Stop
    }
}

impl<M> Handler<Env<M>> for WsSession
where
    Self: Handler<M>,
    M: Measured,
{
    type Result = Delivered<M, <Self as Handler<M>>::Result>;

    fn handle(&mut self, envelope: Env<M>, ctx: &mut Ctx) -> Self::Result {
        envelope.deliver(self, ctx)
    }
}

impl Handler<ToSession> for WsSession {
    type Result = ();

    fn handle(&mut self, message: ToSession, ctx: &mut Ctx) {
        if self.dropped.load(Acquire) {
            self.close(Close::come_back(CloseCode::TryAgainLater), ctx);
            return;
        }
        match message {
            ToSession::Event(framed) => self.deliver(&framed, ctx),
            ToSession::Snapshot(frames) => {
                for framed in frames.iter() {
                    self.deliver(framed, ctx);
                }
            }
            ToSession::Close(close) => self.close(close, ctx),
        }
    }
}

impl StreamHandler<Result<ws::Message, ProtocolError>> for WsSession {
    fn handle(&mut self, item: Result<ws::Message, ProtocolError>, ctx: &mut Ctx) {
        Env::new(FromClient(item), self.shared.from_client.clone()).deliver_unanswered(self, ctx);
    }

    /// The client is gone.
    fn finished(&mut self, ctx: &mut Ctx) {
        ctx.stop();
    }
}

impl Handler<FromClient> for WsSession {
    type Result = ();

    fn handle(&mut self, FromClient(item): FromClient, ctx: &mut Ctx) {
        match item {
            Ok(message) => self.receive(message, ctx),
            Err(ProtocolError::Overflow) => {
                self.close(Close::new(CloseCode::TooBig, "the frame is too long"), ctx);
            }
            Err(ProtocolError::Io(_)) => ctx.stop(),
            Err(_) => self.close(
                Close::new(CloseCode::ProtocolError, "the frame is malformed"),
                ctx,
            ),
        }
    }
}
