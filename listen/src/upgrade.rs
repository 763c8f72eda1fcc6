//! A connection whose client asks for a WebSocket. The application answers it like any other; what follows is carried
//! without a buffer: what comes in is copied from the stack in its true size, what goes out is given to the socket as
//! it is.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_codec::{Encoder, Framed};
use actix_http::body::{BoxBody, MessageBody};
use actix_http::error::PayloadError;
use actix_http::h1::{Codec, Message};
use actix_http::{ConnectionType, Payload, Request, Response, StatusCode};
use actix_service::{Service, ServiceFactory, apply_fn_factory};
use actix_web::Error;
use actix_web::rt::net::TcpStream;
use bytes::{Bytes, BytesMut};
use futures::Stream;
use socket2::SockRef;
use tokio::time::timeout;

use crate::client::Client;

/// Bytes read at once.
const CHUNK: usize = 2048;
/// Longest time for a client to read an answer that is no WebSocket.
const LONGEST_ANSWER: Duration = Duration::from_mins(1);

/// The service for `HttpService::upgrade`, which answers with `app`. A client that was sent the end may take as long as
/// `patience` to close its side.
pub(crate) fn upgrade<A, B>(
    app: A,
    patience: Duration,
) -> impl ServiceFactory<
    (Request, Framed<Client, Codec>),
    Config = A::Config,
    Response = (),
    Error = Error,
    InitError = A::InitError,
    Service: 'static,
    Future: 'static,
>
where
    A: ServiceFactory<Request, Error = Error> + 'static,
    A::Response: Into<Response<B>>,
    A::Service: 'static,
    <A::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    apply_fn_factory(
        app,
        move |(request, framed): (Request, _), app: &A::Service| {
            let (connection, incoming) = Connection::new(framed);
            let (request, _) = request.replace_payload(Payload::Stream {
                payload: Box::pin(incoming) as _,
            });
            // Boxed, so that a connection does not keep the room of what has long been answered.
            let answer = Box::pin(app.call(request));
            async move {
                let response = match answer.await {
                    Ok(response) => response.into().map_into_boxed_body(),
                    Err(error) => error.error_response().into(),
                };
                if let Err(error) = connection.answer(response, patience).await {
                    tracing::debug!(%error, "connection lost");
                }
                Ok(())
            }
        },
    )
}

/// The sending half.
struct Connection {
    socket: Rc<TcpStream>,
    codec: Codec,
    /// Remainder of earlier answers that is still to be sent.
    unsent: BytesMut,
}

impl Connection {
    fn new(framed: Framed<Client, Codec>) -> (Self, Incoming) {
        let parts = framed.into_parts();
        let socket = Rc::new(parts.io.into_socket());
        let incoming = Incoming {
            early: Bytes::copy_from_slice(&parts.read_buf),
            socket: socket.clone(),
        };
        let connection = Self {
            socket,
            codec: parts.codec,
            unsent: parts.write_buf,
        };
        (connection, incoming)
    }

    /// Sends the response, and ends the connection after it.
    async fn answer(self, response: Response<BoxBody>, patience: Duration) -> io::Result<()> {
        let Self {
            socket,
            mut codec,
            unsent: mut head,
        } = self;
        let (mut response, body) = response.into_parts();
        let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if !is_upgraded {
            let head = response.head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        codec.encode(Message::Item((response, body.size())), &mut head)?;
        send(&socket, &head).await?;
        drop(head);
        if is_upgraded {
            send_raw(&socket, body).await?;
        } else {
            timeout(LONGEST_ANSWER, send_encoded(&socket, body, codec)).await??;
        }
        SockRef::from(&*socket).shutdown(Shutdown::Write)?;
        // Closed with something unread, the connection would be reset, and the client might never see the end.
        drop(timeout(patience, discard(&socket)).await);
        Ok(())
    }
}

async fn send_raw(socket: &TcpStream, body: BoxBody) -> io::Result<()> {
    let mut body = pin!(body);
    while let Some(part) = next_part(body.as_mut()).await? {
        send(socket, &part).await?;
    }
    Ok(())
}

async fn send_encoded(socket: &TcpStream, body: BoxBody, mut codec: Codec) -> io::Result<()> {
    let mut body = pin!(body);
    loop {
        let part = next_part(body.as_mut()).await?;
        let (is_last, mut encoded) = (part.is_none(), BytesMut::new());
        codec.encode(Message::Chunk(part), &mut encoded)?;
        send(socket, &encoded).await?;
        if is_last {
            return Ok(());
        }
    }
}

async fn next_part(mut body: Pin<&mut BoxBody>) -> io::Result<Option<Bytes>> {
    let part = poll_fn(|cx| body.as_mut().poll_next(cx)).await.transpose();
    part.map_err(|error| io::Error::other(error.to_string()))
}

async fn send(socket: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match socket.try_write(bytes) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => socket.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads until the client closes its side.
pub(crate) async fn discard(socket: &TcpStream) -> io::Result<()> {
    // On the heap: as part of the future, it would be there for as long as the connection.
    let mut chunk = vec![0; CHUNK];
    while poll_fn(|cx| poll_read(socket, cx, &mut chunk)).await? > 0 {}
    Ok(())
}

fn poll_read(
    socket: &TcpStream,
    cx: &mut Context<'_>,
    chunk: &mut [u8],
) -> Poll<io::Result<usize>> {
    loop {
        ready!(socket.poll_read_ready(cx))?;
        match socket.try_read(chunk) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => return Poll::Ready(read),
        }
    }
}

/// The receiving half: what the client sends after the head of its request.
struct Incoming {
    /// Bytes that came together with the head.
    early: Bytes,
    socket: Rc<TcpStream>,
}

impl Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.early.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.early))));
        }
        let mut chunk = [0; CHUNK];
        Poll::Ready(match ready!(poll_read(&self.socket, cx, &mut chunk)) {
            Ok(0) => None,
            Ok(read) => Some(Ok(Bytes::copy_from_slice(&chunk[..read]))),
            Err(error) => Some(Err(error.into())),
        })
    }
}
