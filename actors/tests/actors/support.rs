//! A server with the real chain, and WebSocket clients that talk to it.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpRequest, web};
use chrono::Utc;
use futures::future::LocalBoxFuture;
use futures::{FutureExt, SinkExt, StreamExt};
use prometheus::Registry;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;
use wildside_actors::frame::{FrameError, UpdateLocation, WalkProgress};
use wildside_actors::protocol::Limits;
use wildside_actors::redis_bridge::{BridgeConfig, RedisBridge};
use wildside_actors::user_hub::{HubConfig, SnapshotLoader, UserHub};
use wildside_actors::ws_session::{Login, WsSessions};
use wildside_actors::{ActorHandle, ActorMetrics, ActorRegistry, ActorReport, Status, StatusEvent};
use wildside_listen::crowd::Crowd;
use wildside_listen::{Patience, listen};

/// Time that a client waits for what must come.
const PATIENCE: Duration = Duration::from_secs(15);

/// Bytes of the answer of `/large`: more than the buffers of all systems on the way.
pub(crate) const LARGE: usize = 32 << 20;

/// Answers of the database, and how often it was asked.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) events: Vec<StatusEvent>,
    pub(crate) questions: Vec<Vec<Uuid>>,
    pub(crate) failures: usize,
    pub(crate) panics: usize,
}

/// Differences of a test server from the real one.
pub(crate) struct Options {
    pub(crate) redis_url: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) hub: HubConfig,
    pub(crate) stuck_after: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            redis_url: None,
            limits: Limits::DEFAULT,
            hub: HubConfig::default(),
            stuck_after: Duration::from_secs(30),
        }
    }
}

/// A running server: `GET /ws/{user_id}` is the session of that user, `GET /large` an answer that takes a while to read.
pub(crate) struct TestServer {
    pub(crate) port: u16,
    pub(crate) hub: ActorHandle<UserHub>,
    pub(crate) registry: Arc<ActorRegistry>,
    pub(crate) metrics: Registry,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    http: ServerHandle,
}

impl TestServer {
    pub(crate) fn start(options: Options) -> Self {
        let metrics = Registry::new();
        let registry = ActorRegistry::new(ActorMetrics::register(&metrics).unwrap());
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let hub = UserHub::start(options.hub, loader(ledger.clone()), &registry);
        if let Some(url) = options.redis_url {
            RedisBridge::start(
                redis::Client::open(url).unwrap(),
                BridgeConfig::default(),
                &registry,
            );
        }
        let sessions = WsSessions::new(
            hub.clone(),
            Arc::new(match_location),
            options.limits,
            &registry,
        );
        let (http, port) = serve(sessions, options.stuck_after);
        Self {
            port,
            hub,
            registry,
            metrics,
            ledger,
            http,
        }
    }

    pub(crate) async fn connect(&self, user_id: Uuid) -> Client {
        self.connect_through(self.port, user_id).await
    }

    pub(crate) async fn connect_through(&self, port: u16, user_id: Uuid) -> Client {
        let (socket, _) = connect_async(format!("ws://127.0.0.1:{port}/ws/{user_id}"))
            .await
            .unwrap();
        Client { socket }
    }

    /// The report of one actor.
    pub(crate) async fn report(&self, actor: &str) -> ActorReport {
        self.registry
            .observe_all()
            .await
            .into_iter()
            .find(|report| report.name == actor)
            .unwrap()
    }

    pub(crate) async fn sessions(&self) -> u64 {
        self.report("user_hub").await.details["sessions"]
            .as_u64()
            .unwrap()
    }

    /// Waits until the hub has so many sessions.
    pub(crate) async fn await_sessions(&self, expected: u64) {
        until("the number of sessions", async || {
            self.sessions().await == expected
        })
        .await;
    }

    /// Waits until the bridge has subscribed so often.
    pub(crate) async fn await_subscriptions(&self, expected: u64) {
        until("the number of subscriptions", async || {
            let report = self.report("redis_bridge").await;
            report.state == "subscribed" && report.details["subscriptions"] == expected
        })
        .await;
    }

    pub(crate) async fn stop(self) {
        self.http.stop(false).await;
    }
}

/// Waits for something that must become true.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("{what} is still not as it should be"));
}

fn serve(sessions: WsSessions, stuck_after: Duration) -> (ServerHandle, u16) {
    let app = move || {
        App::new()
            .app_data(web::Data::new(sessions.clone()))
            .route("/ws/{user}", web::get().to(endpoint))
            .route("/large", web::get().to(async || vec![b'a'; LARGE]))
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let patience = Patience {
        keep_alive: Duration::from_secs(5),
        head: Duration::from_secs(5),
        disconnect: Duration::from_secs(5),
        stuck: stuck_after,
    };
    let server = Server::build().workers(1).disable_signals();
    let server = listen(server, listener, patience, Crowd::unlimited(), app)
        .unwrap()
        .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (handle, port)
}

async fn endpoint(
    request: HttpRequest,
    payload: web::Payload,
    user: web::Path<Uuid>,
    sessions: web::Data<WsSessions>,
) -> actix_web::Result<actix_web::HttpResponse> {
    let login = Login {
        user_id: *user,
        generation: 1,
        ends_at: Instant::now() + Duration::from_hours(1),
        language: "en",
        names: None,
    };
    sessions.start(&request, payload, login)
}

fn loader(ledger: Arc<Mutex<Ledger>>) -> SnapshotLoader {
    Arc::new(move |users, _| {
        let ledger = ledger.clone();
        async move {
            let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            ledger.questions.push(users.clone());
            if ledger.panics > 0 {
                ledger.panics -= 1;
                panic!("as asked for");
            }
            if ledger.failures > 0 {
                ledger.failures -= 1;
                return Err("the database is away".to_owned());
            }
            Ok(ledger
                .events
                .iter()
                .filter(|event| users.contains(&event.user_id))
                .cloned()
                .collect())
        }
        .boxed_local()
    })
}

/// Says how far north the walker is; knows no route whose id is nil, and takes 300 ms for the route 1.
fn match_location(
    _: Login,
    update: UpdateLocation,
) -> LocalBoxFuture<'static, Result<WalkProgress, FrameError>> {
    async move {
        if update.route_id.is_nil() {
            return Err(FrameError::new("not_found", "no such route"));
        }
        if update.route_id == Uuid::from_u128(1) {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Ok(WalkProgress {
            route_id: update.route_id,
            on_route: true,
            metres_off_route: update.location.lat,
            remaining_metres: 1200.0,
            next_poi_id: Some(11),
            metres_to_next: Some(80.0),
            next_instruction: None,
        })
    }
    .boxed_local()
}

/// A WebSocket client.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    pub(crate) async fn say(&mut self, frame: &Value) {
        self.send(Message::text(frame.to_string())).await;
    }

    /// The next message that is no ping or pong; nothing at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            match timeout(PATIENCE, self.socket.next())
                .await
                .expect("a frame in time")
            {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return Some(message),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next frame as JSON.
    pub(crate) async fn frame(&mut self) -> Value {
        match self.next().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("no text frame but {other:?}"),
        }
    }

    /// The next frame, which is a status: request and status.
    pub(crate) async fn status(&mut self) -> (Uuid, String) {
        let frame = self.frame().await;
        assert_eq!(frame["type"], "route_generation_status");
        (
            frame["request_id"].as_str().unwrap().parse().unwrap(),
            frame["status"].as_str().unwrap().to_owned(),
        )
    }

    /// Reads up to the end and gives the close frame.
    pub(crate) async fn closed(&mut self) -> CloseFrame {
        while let Some(message) = self.next().await {
            if let Message::Close(frame) = message {
                return frame.expect("a close code");
            }
        }
        panic!("the connection ended without a close frame");
    }

    /// True if nothing more comes for a while.
    pub(crate) async fn hears_nothing(&mut self) -> bool {
        timeout(Duration::from_millis(200), self.next())
            .await
            .is_err()
    }
}

/// An event of a user's request.
pub(crate) fn event(user_id: Uuid, request_id: Uuid, status: Status) -> StatusEvent {
    StatusEvent {
        user_id,
        request_id,
        status,
        route_id: (status == Status::Complete).then(Uuid::new_v4),
        error: None,
        progress: None,
        stage: None,
        updated_at: Utc::now(),
        trace_id: Uuid::new_v4(),
    }
}

/// Publishes events in order, as a worker does.
pub(crate) async fn publish(url: &str, events: &[StatusEvent]) {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut pipeline = redis::pipe();
    for event in events {
        pipeline
            .publish(event.channel(), serde_json::to_string(event).unwrap())
            .ignore();
    }
    pipeline.exec_async(&mut connection).await.unwrap();
}
