//! The server: listens, serves, and ends in good order.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::Data;
use actix_web::{App, web};
use actix_web_prom::{PrometheusMetrics, PrometheusMetricsBuilder};
use anyhow::{Context, anyhow};
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use wildside_actors::listen::{Patience, listen};

use crate::api::conditional::Tagged;
use crate::api::docs::{self, Description};
use crate::api::fallback::{Endpoints, fallback};
use crate::api::middleware::{compress, csrf, headers, limit, method, span, trace};
use crate::config::Config;
use crate::push::Push;
use crate::session::{cookie, rekey};
use crate::state::AppState;
use crate::{api, config::HttpConfig};

/// A client to which nothing could be delivered for this long is gone, or as good as.
const STUCK_AFTER: Duration = Duration::from_secs(30);
/// How long a client may take to close its end of a connection.
const DISCONNECT: Duration = Duration::from_secs(5);
/// How long WebSocket sessions may take to say goodbye.
const PATIENCE_WITH_SESSIONS: Duration = Duration::from_secs(3);

/// A server that listens and is not run yet.
pub struct Application {
    address: SocketAddr,
    server: Server,
    state: AppState,
    push: Push,
}

impl Application {
    /// Binds the address and prepares everything. Must be called within an actix `System`.
    ///
    /// # Errors
    /// The address is taken, or a part of the configuration can't be used.
    pub fn build(config: &Config) -> anyhow::Result<Self> {
        let state = AppState::new(config)?;
        let push = Push::start(&config.redis.url, &state)?;
        let listener = TcpListener::bind(config.http.bind)
            .with_context(|| format!("WILDSIDE_BIND: can't listen on {}", config.http.bind))?;
        let address = listener.local_addr()?;
        let server = serve(listener, &state, &push)?;
        Ok(Self {
            address,
            server,
            state,
            push,
        })
    }

    /// Where it listens; with port 0 the system has chosen one.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The handles its endpoints use.
    pub const fn state(&self) -> &AppState {
        &self.state
    }

    /// A handle that can stop the server at once.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until `stop` resolves; then is not ready any more, closes the WebSocket sessions, answers what is in
    /// flight, and ends.
    ///
    /// # Errors
    /// The listener broke.
    pub async fn run(self, stop: impl Future<Output = ()> + 'static) -> anyhow::Result<()> {
        let Self {
            server,
            state,
            push,
            ..
        } = self;
        state.observability.watch_actors();
        let handle = server.handle();
        let ending = actix_web::rt::spawn(async move {
            stop.await;
            tracing::info!("ending: new clients are sent elsewhere");
            state.draining.begin();
            tokio::time::sleep(state.http.drain).await;
            push.close(PATIENCE_WITH_SESSIONS).await;
            handle.stop(true).await;
        });
        let outcome = server.await;
        ending.abort();
        Ok(outcome?)
    }
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn serve(listener: TcpListener, state: &AppState, push: &Push) -> anyhow::Result<Server> {
    let prometheus = http_metrics(state)?;
    let description = api::description::openapi();
    let endpoints = Endpoints::of(&description);
    let description = Data::new(Description(Tagged::json(&description)?));
    let http = state.http.clone();
    let data = Data::new(state.clone());
    let push = Data::new(push.clone());
    let app = move || {
        let state = data.get_ref();
        App::new()
            .into_utoipa_app()
            .app_data(data.clone())
            .app_data(push.clone())
            .app_data(endpoints.clone())
            .app_data(description.clone())
            .configure(api::endpoints)
            .default_service(web::to(fallback))
            .into_app()
            .service(docs::swagger_ui())
            .wrap(from_fn(docs::loosen_policy))
            .wrap(cookie::middleware(
                state.session_middleware_key.clone(),
                &state.session,
            ))
            .wrap(from_fn(rekey::rekey))
            .wrap(from_fn(csrf::refuse_foreign_origins))
            .wrap(from_fn(limit::limit_addresses))
            .wrap(Condition::new(
                has_foreign_pages(&state.http),
                cors(&state.http),
            ))
            .wrap(from_fn(compress::compress))
            .wrap(headers::security_headers(state.session.cookie_secure))
            .wrap(prometheus.clone())
            .wrap(TracingLogger::<span::RequestSpan>::new())
            .wrap(from_fn(method::known_method))
            .wrap(from_fn(trace::trace))
    };
    let patience = Patience {
        keep_alive: http.keep_alive,
        head: http.header_timeout,
        disconnect: DISCONNECT,
        stuck: STUCK_AFTER,
    };
    let server = Server::build()
        .workers(http.threads)
        .max_concurrent_connections(http.max_connections)
        .shutdown_timeout(http.shutdown_timeout.as_secs())
        .disable_signals();
    Ok(listen(server, listener, patience, app)?.run())
}

fn http_metrics(state: &AppState) -> anyhow::Result<PrometheusMetrics> {
    PrometheusMetricsBuilder::new("")
        .registry(state.observability.registry.clone())
        .mask_unmatched_patterns("unmatched")
        .build()
        .map_err(|error| anyhow!("can't register the HTTP metrics: {error}"))
}

/// Whether pages of other origins may use the API; without any, CORS is off.
const fn has_foreign_pages(http: &HttpConfig) -> bool {
    !http.allowed_origins.is_empty()
}

fn cors(http: &HttpConfig) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            "content-type",
            "idempotency-key",
            "traceparent",
            "if-none-match",
        ])
        .expose_headers(["trace-id", "location", "retry-after", "etag"])
        .supports_credentials()
        .max_age(3600);
    let origins = http.allowed_origins.iter();
    origins.fold(cors, |cors, origin| cors.allowed_origin(origin))
}
