//! An HTTP server for connections that become WebSockets by the thousand.
//!
//! `actix_web::HttpServer` leaves a WebSocket with the HTTP/1 dispatcher, which holds two buffers of 8 KB for as long as
//! it lasts, more than all the rest of a session. Here the dispatcher hands such a connection over to
//! `upgrade`; apart from that, this is what `HttpServer::listen` does.

mod client;
pub mod crowd;
mod name_run;
mod upgrade;

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::ServerBuilder;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, map_config,
};
use actix_web::Error;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use futures::FutureExt;
use futures::future::Either;
use socket2::SockRef;

use crate::client::{Client, Turn};
use crate::crowd::Crowd;
use crate::upgrade::upgrade;

/// Bytes that the kernel keeps for a client that does not read, where it would otherwise keep megabytes.
const SEND_BUFFER: usize = 64 * 1024;

/// Time limits of a client.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until the next request on an open connection.
    pub keep_alive: Duration,
    /// For the head of each request.
    pub head: Duration,
    /// To close its end of a connection that the server has closed.
    pub disconnect: Duration,
    /// To take the data it was sent.
    pub stuck: Duration,
}

/// Serves what `app` makes on `listener` to a crowd of clients; each worker has one for requests and one for upgrades.
///
/// # Errors
/// The listener can't be used.
pub fn listen<F, I, S, B>(
    server: ServerBuilder,
    listener: TcpListener,
    patience: Patience,
    crowd: Crowd,
    app: F,
) -> io::Result<ServerBuilder>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let stopping = server.graceful_shutdown_signal();
    server.listen("http", listener, move || {
        let service = || {
            map_config(app().into_factory().map_err(Into::into), |()| {
                AppConfig::default()
            })
        };
        let in_turn = apply_fn_factory(service(), move |request: Request, app: &_| {
            let turn = request.conn_data::<Rc<Turn>>();
            let answering = turn.map(|turn| turn.answer(patience.keep_alive));
            Service::<Request>::call(app, request).map(move |answer| {
                drop(answering);
                answer
            })
        });
        let (stopping, crowd) = (stopping.clone(), crowd.clone());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(patience.keep_alive)
            .client_request_timeout(patience.head)
            .client_disconnect_timeout(patience.disconnect)
            .local_addr(address)
            .on_connect_ext(move |client: &Client, data| {
                bound_socket(client.socket(), patience.stuck);
                data.insert(client.turn());
            })
            .finish(in_turn)
            .upgrade(Some(upgrade(service(), patience.disconnect)));
        apply_fn_factory(http, move |socket: TcpStream, http: &_| {
            let peer = socket.peer_addr().ok();
            // No async block: it would take the room of the connection twice.
            match crowd.enter(peer.map(|peer| peer.ip())) {
                Ok(place) => {
                    let client = Client::new(socket, patience);
                    let connection = Service::call(http, (client, Protocol::Http1, peer));
                    Either::Left(connection.map(move |ended| {
                        drop(place);
                        ended
                    }))
                }
                Err(too_many) => Either::Right(too_many.tell(socket).map(Ok)),
            }
        })
    })
}

/// Bounds what a client that does not read may cost: the kernel keeps little for it, and ends the connection when no
/// data could be delivered for `stuck_after`. The actor of a blocked socket is never woken and can't do so itself.
/// Without effect where the system knows no `TCP_USER_TIMEOUT`.
fn bound_socket(stream: &TcpStream, stuck_after: Duration) {
    // Else the system keeps a status back until the last frame is acknowledged, which takes a phone a while.
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let bounded = socket.set_send_buffer_size(SEND_BUFFER);
    #[cfg(target_os = "linux")]
    let bounded = bounded.and_then(|()| socket.set_tcp_user_timeout(Some(stuck_after)));
    #[cfg(not(target_os = "linux"))]
    let _ = stuck_after;
    if let Err(error) = bounded {
        tracing::debug!(%error, "socket not bounded");
    }
}
