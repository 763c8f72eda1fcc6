//! The real chain, without a database: nobody has an unfinished request.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actix::System;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures::FutureExt;
use prometheus::Registry;
use uuid::Uuid;
use wildside_actors::frame::FrameError;
use wildside_actors::protocol::Limits;
use wildside_actors::redis_bridge::{BridgeConfig, RedisBridge};
use wildside_actors::user_hub::{HubConfig, UserHub};
use wildside_actors::ws_session::{Login, WsSessions, bound_socket};
use wildside_actors::{ActorMetrics, ActorRegistry};

/// Prints the port and serves until the standard input ends.
pub(crate) fn run(redis_url: &str) {
    serve(|| {
        let sessions = start_actors(redis_url);
        move |app: &mut web::ServiceConfig| {
            app.app_data(web::Data::new(sessions.clone()))
                .route("/ws/{user}", web::get().to(endpoint));
        }
    });
}

/// Serves what `start` makes on the `System`, on two HTTP threads.
pub(crate) fn serve<C>(start: impl FnOnce() -> C)
where
    C: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
{
    System::new().block_on(async {
        let configure = start();
        let server = HttpServer::new(move || App::new().configure(configure.clone()))
            .on_connect(|connection, _| bound_socket(connection, Duration::from_secs(30)))
            .workers(2)
            .backlog(4096)
            .max_connections(50_000)
            .client_request_timeout(Duration::from_secs(30))
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
        println!("{}", server.addrs()[0].port());
        let server = server.run();
        let handle = server.handle();
        thread::spawn(move || {
            io::copy(&mut io::stdin(), &mut io::sink()).unwrap();
            drop(handle.stop(false));
        });
        server.await.unwrap();
    });
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
    };
    sessions.start(&request, payload, login)
}
