//! The server: listens, serves, and ends in good order.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::Data;
use actix_web::{App, Error, web};
use anyhow::Context;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use wildside_listen::crowd::Crowd;
use wildside_listen::{Patience, listen};

use crate::api::conditional::Tagged;
use crate::api::docs::{self, Description};
use crate::api::extract::ClientAddress;
use crate::api::fallback::{Endpoints, fallback};
use crate::api::middleware::count::{self, HttpMetrics};
use crate::api::middleware::{compress, csrf, headers, limit, method, span, trace};
use crate::api::push::Push;
use crate::api::session::{cookie, rekey};
use crate::api::state::AppState;
use crate::api::web_app::WebApp;
use crate::config::Config;
use crate::telemetry::observability::Observability;
use crate::{api, config::HttpConfig};

/// A client to which nothing could be delivered for this long is gone, or as good as.
const STUCK_AFTER: Duration = Duration::from_secs(30);
/// Time for a client to close its end of a connection.
const DISCONNECT: Duration = Duration::from_secs(5);
/// Time for WebSocket sessions to say goodbye.
const PATIENCE_WITH_SESSIONS: Duration = Duration::from_secs(3);

/// A server that listens and is not run yet.
pub struct Application {
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    server: Server,
    admin_server: Option<Server>,
    state: AppState,
    push: Push,
}

impl Application {
    /// Binds the address and prepares everything. Must be called within an actix `System`.
    ///
    /// # Errors
    /// The address is taken, or a part of the configuration can't be used.
    pub fn build(config: &Config, observability: Observability) -> anyhow::Result<Self> {
        let state = AppState::new(config, observability)?;
        let push = Push::start(&config.redis.queue, &state)?;
        let public = bind("WILDSIDE_BIND", config.http.bind)?;
        let admin = config.http.admin_bind;
        let admin = admin.map(|address| bind("WILDSIDE_ADMIN_BIND", address));
        let admin = admin.transpose()?;
        let address = public.local_addr()?;
        let admin_address = admin.as_ref().map(TcpListener::local_addr).transpose()?;
        let all = Parts::new(config, &state, &push, api::endpoints)?;
        let (server, admin_server) = serve(public, admin, &all)?;
        Ok(Self {
            address,
            admin_address,
            server,
            admin_server,
            state,
            push,
        })
    }

    /// Address that it listens on; with port 0 the system has chosen one.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address for maintainers, if it is not the same.
    pub const fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
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
            admin_server,
            state,
            push,
            ..
        } = self;
        state.observability.watch_actors();
        let handle = server.handle();
        let admin = admin_server.map(|admin| (admin.handle(), actix_web::rt::spawn(admin)));
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
        if let Some((handle, served)) = admin {
            handle.stop(true).await;
            served.await??;
        }
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

fn bind(variable: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("{variable}: can't listen on {address}"))
}

/// Serves the public, and on a listener of their own the maintainers, who otherwise come in by the same door. A server
/// counts the connections of all its listeners together, so that each has its own.
fn serve(
    public: TcpListener,
    admin: Option<TcpListener>,
    all: &Parts,
) -> anyhow::Result<(Server, Option<Server>)> {
    let all = all.clone();
    let http = &all.state.http;
    let (patience, crowd) = (patience(http), crowd(http));
    let server = |threads| {
        Server::build()
            .workers(threads)
            .max_concurrent_connections(http.max_connections)
            .shutdown_timeout(http.shutdown_timeout.as_secs())
            .disable_signals()
    };
    let Some(admin) = admin else {
        let server = listen(server(http.threads), public, patience, crowd, move || {
            app(&all)
        });
        return Ok((server?.run(), None));
    };
    let few = all.with(api::public_endpoints);
    let public = listen(server(http.threads), public, patience, crowd, move || {
        app(&few)
    });
    let admin = listen(server(1), admin, patience, Crowd::unlimited(), move || {
        app(&all)
    });
    Ok((public?.run(), Some(admin?.run())))
}

/// Adds endpoints to an application.
type Configure = fn(&mut ServiceConfig<'_>);

/// Parts that the threads of a listener share.
#[derive(Clone)]
struct Parts {
    state: Data<AppState>,
    push: Data<Push>,
    description: Data<Description>,
    web: Data<WebApp>,
    metrics: Data<HttpMetrics>,
    endpoints: Endpoints,
    configure: Configure,
}

impl Parts {
    fn new(
        config: &Config,
        state: &AppState,
        push: &Push,
        configure: Configure,
    ) -> anyhow::Result<Self> {
        let description = Tagged::json(&api::description::openapi())?;
        Ok(Self {
            state: Data::new(state.clone()),
            push: Data::new(push.clone()),
            description: Data::new(Description(description)),
            web: Data::new(WebApp::new(&config.tiles)?),
            metrics: Data::new(HttpMetrics::register(&state.observability.registry)?),
            endpoints: Endpoints::of(configure),
            configure,
        })
    }

    /// Copy of the parts for other endpoints.
    fn with(&self, configure: Configure) -> Self {
        Self {
            endpoints: Endpoints::of(configure),
            configure,
            ..self.clone()
        }
    }
}

/// Endpoints, and what every request goes through on its way to one, from the last to the first.
fn app(
    parts: &Parts,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let state = parts.state.get_ref();
    App::new()
        .into_utoipa_app()
        .app_data(parts.state.clone())
        .app_data(parts.push.clone())
        .app_data(parts.endpoints.clone())
        .app_data(parts.description.clone())
        .app_data(parts.web.clone())
        .app_data(parts.metrics.clone())
        .configure(parts.configure)
        .default_service(web::to(fallback))
        .into_app()
        .service(docs::swagger_ui())
        .configure(api::web)
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
        .wrap(headers::security_headers(hsts(state)))
        .wrap(from_fn(count::count_requests))
        .wrap(TracingLogger::<span::RequestSpan>::new())
        .wrap(from_fn(method::known_method))
        .wrap(from_fn(trace::trace))
}

const fn patience(http: &HttpConfig) -> Patience {
    Patience {
        keep_alive: http.keep_alive,
        head: http.header_timeout,
        disconnect: DISCONNECT,
        stuck: STUCK_AFTER,
    }
}

/// Counts the connections of each client. Behind a proxy all have the address of it.
fn crowd(http: &HttpConfig) -> Crowd {
    let config = http.clone();
    let counted_as = move |peer: IpAddr| {
        let client = ClientAddress(peer.to_canonical());
        (!config.is_trusted(peer)).then(|| client.limit_key())
    };
    Crowd::new(http.connections_per_address, Arc::new(counted_as))
}

/// HSTS: for how long browsers are told to use HTTPS alone, where that is in use at all.
fn hsts(state: &AppState) -> Option<Duration> {
    Some(state.http.hsts).filter(|hsts| state.session.cookie_secure && !hsts.is_zero())
}

/// CORS for pages of other origins; without any, it is off.
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
    origins.fold(cors, |cors, origin| {
        cors.allowed_origin(&origin.to_string())
    })
}
