//! The real chain, without a database: nobody has an unfinished request.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actix::System;
use actix_web::dev::Server;
use actix_web::{App, HttpRequest, HttpResponse, web};
use futures::FutureExt;
use prometheus::Registry;
use tokio::net::TcpSocket;
use uuid::Uuid;
use wildside_actors::frame::FrameError;
use wildside_actors::protocol::Limits;
use wildside_actors::redis_bridge::{BridgeConfig, RedisBridge};
use wildside_actors::user_hub::{HubConfig, UserHub};
use wildside_actors::ws_session::{Login, WsSessions};
use wildside_actors::{ActorMetrics, ActorRegistry};
use wildside_listen::crowd::Crowd;
use wildside_listen::{Patience, listen};

pub(crate) const HTTP_THREADS: usize = 2;
pub(crate) const MOST_CONNECTIONS: usize = 50_000;

/// Prints the port and serves until the standard input ends.
pub(crate) fn run(redis_url: &str) {
    serve(|listener| {
        let sessions = start_actors(redis_url);
        let app = move || {
            App::new()
                .app_data(web::Data::new(sessions.clone()))
                .route("/ws/{user}", web::get().to(endpoint))
        };
        let patience = Patience {
            keep_alive: Duration::from_secs(5),
            head: Duration::from_secs(30),
            disconnect: Duration::from_secs(1),
            stuck: Duration::from_secs(30),
        };
        let server = Server::build()
            .workers(HTTP_THREADS)
            .max_concurrent_connections(MOST_CONNECTIONS)
            .disable_signals();
        listen(server, listener, patience, Crowd::unlimited(), app)
            .unwrap()
            .run()
    });
}

/// Runs what `start` makes on the `System`.
pub(crate) fn serve(start: impl FnOnce(TcpListener) -> Server) {
    System::new().block_on(async {
        let listener = bind().unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        let server = start(listener);
        let handle = server.handle();
        thread::spawn(move || {
            io::copy(&mut io::stdin(), &mut io::sink()).unwrap();
            drop(handle.stop(false));
        });
        server.await.unwrap();
    });
}

/// A listener before which many may wait.
fn bind() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(4096)?.into_std()
}

fn start_actors(redis_url: &str) -> WsSessions {
    let registry = ActorRegistry::new(ActorMetrics::register(&Registry::new()).unwrap());
    let config = HubConfig {
        max_sessions_per_user: 2_000,
        ..HubConfig::default()
    };
    let hub = UserHub::start(
        config,
        Arc::new(|_, _| async { Ok(Vec::new()) }.boxed_local()),
        &registry,
    );
    RedisBridge::start(
        redis::Client::open(redis_url).unwrap(),
        BridgeConfig::default(),
        &registry,
    );
    let no_routes =
        |_, _| async { Err(FrameError::new("not_found", "no routes here")) }.boxed_local();
    WsSessions::new(hub, Arc::new(no_routes), Limits::DEFAULT, &registry)
}

async fn endpoint(
    request: HttpRequest,
    payload: web::Payload,
    user: web::Path<Uuid>,
    sessions: web::Data<WsSessions>,
) -> actix_web::Result<HttpResponse> {
    let login = Login {
        user_id: *user,
        generation: 1,
        ends_at: Instant::now() + Duration::from_hours(12),
        language: "en",
        names: None,
    };
    sessions.start(&request, payload, login)
}
