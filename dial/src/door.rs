//! Coming in at one address of a host: TLS or not, login, and whether it is the server that is wanted.

use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::dial::Dialled;
use crate::role::Role;
use crate::target::Target;
use crate::tls::{Mode, Tls};
use crate::translation::Settings;
use crate::trouble::{ConnectError, Trouble};
use crate::wire::{Condemned, Wire};

/// Longest try of one address, if the URL has no `connect_timeout`.
const PATIENCE: Duration = Duration::from_secs(4);
/// Silence after which a peer is asked whether it is still there, and how long it may leave that unanswered.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Question whether the server has TLS (`SSLRequest`).
const HAVE_YOU_TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
const YES: u8 = b'S';
const NO: u8 = b'N';

/// A stream under TLS.
type Covered = <MakeRustlsConnect as MakeTlsConnect<TcpStream>>::Stream;

/// An address of a host, and all that is needed to come in there.
pub(crate) struct Door<'a> {
    pub(crate) target: &'a Target,
    pub(crate) address: SocketAddr,
    pub(crate) host: &'a str,
    pub(crate) watch: Watch<'a>,
}

/// Eyes on the messages of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    pub(crate) condemned: &'a Condemned,
    /// Role that the server has to have.
    pub(crate) role: Role,
    /// Settings of each transaction, behind a pooler.
    pub(crate) lent: Option<&'a Settings>,
}

impl Watch<'_> {
    fn wire<S>(self, stream: S) -> Wire<S> {
        Wire::new(stream, self.condemned.clone(), self.lent)
    }
}

impl Door<'_> {
    /// Comes in with TLS or without, as the mode says; each try has its time.
    pub(crate) async fn enter(&self) -> Result<Dialled, ConnectError> {
        let mode = self.target.tls.mode;
        if mode == Mode::Disable {
            return self.try_once(false).await;
        }
        if mode == Mode::Allow {
            return match self.try_once(false).await {
                Err(error) if error.trouble == Trouble::Access => self.try_once(true).await,
                entered => entered,
            };
        }
        match self.try_once(true).await {
            Err(error) if mode == Mode::Prefer && error.trouble.may_be_of_tls() => {
                self.try_once(false).await.map_err(|_| error)
            }
            entered => entered,
        }
    }

    async fn try_once(&self, covered: bool) -> Result<Dialled, ConnectError> {
        let config = &self.target.config;
        within(patience(config), async {
            let stream = connect(config, self.address).await?;
            if covered {
                Box::pin(self.under_tls(stream)).await
            } else {
                in_the_clear(config, stream, self.watch).await
            }
        })
        .await
    }

    /// Logs in under TLS, if the server has it; without if that will do.
    async fn under_tls(&self, mut stream: TcpStream) -> Result<Dialled, ConnectError> {
        let Target { config, tls, .. } = self.target;
        if !tls.is_direct && !has_tls(&mut stream).await? {
            if tls.mode < Mode::Require {
                return in_the_clear(config, stream, self.watch).await;
            }
            let cause = "the server has no TLS, which sslmode asks for";
            return Err(ConnectError::new(Trouble::NoTls, cause.to_owned()));
        }
        let reading = tls.clone();
        let client = spawn_blocking(move || Tls::client(&reading)).await;
        let (client, identity) = client.map_err(io::Error::other)??;
        let mut tls = MakeRustlsConnect::new(client);
        let Ok(connector) = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut tls, self.host);
        let entered = async {
            let shaken = connector.connect(stream).await;
            let stream: Covered = shaken.map_err(ConnectError::of_handshake)?;
            let mut config = config.clone();
            config.ssl_mode(SslMode::Require);
            config.ssl_negotiation(SslNegotiation::Direct);
            let wire = self.watch.wire(stream);
            let (client, connection) = config.connect_raw(wire, UnderTls).await?;
            settle(self.watch.role, client, connection).await
        };
        entered.await.map_err(|error| {
            if identity.is_missing() && error.may_be_for_want_of_a_certificate() {
                error.with_trouble(Trouble::ClientCertificate)
            } else {
                error
            }
        })
    }
}

/// Question whether the server has TLS.
async fn has_tls(stream: &mut TcpStream) -> Result<bool, ConnectError> {
    stream.write_all(&HAVE_YOU_TLS).await?;
    match stream.read_u8().await? {
        YES => Ok(true),
        NO => Ok(false),
        _ => {
            let cause = "it does not answer the question for TLS as PostgreSQL does";
            Err(ConnectError::new(Trouble::Tls, cause.to_owned()))
        }
    }
}

/// TLS that is there already.
struct UnderTls;

impl<S: TlsStream + Unpin> TlsConnect<S> for UnderTls {
    type Stream = S;
    type Error = io::Error;
    type Future = Ready<io::Result<S>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(stream))
    }
}

pub(crate) async fn in_the_clear<S>(
    config: &Config,
    stream: S,
    watch: Watch<'_>,
) -> Result<Dialled, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut config = config.clone();
    config.ssl_mode(SslMode::Disable);
    let wire = watch.wire(stream);
    let (client, connection) = config.connect_raw(wire, NoTls).await?;
    settle(watch.role, client, connection).await
}

/// Has the messages of a connection carried, and looks at the server.
async fn settle<S, T>(
    role: Role,
    client: Client,
    connection: Connection<S, T>,
) -> Result<Dialled, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: TlsStream + Unpin + Send + 'static,
{
    let carrier = tokio::spawn(async move {
        // Whoever waits for an answer is told the same.
        let _ = connection.await;
    });
    let carrier = carrier.abort_handle();
    if let Err(error) = role.check(&client).await {
        carrier.abort();
        return Err(error);
    }
    Ok(Dialled {
        client,
        carrier,
        lent: None,
    })
}

async fn connect(config: &Config, address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(
        config.get_tcp_user_timeout().copied().unwrap_or(KEEPALIVE),
    ))?;
    if config.get_keepalives() {
        let time = config.get_keepalives_idle().min(KEEPALIVE);
        let interval = config.get_keepalives_interval().unwrap_or(KEEPALIVE / 3);
        let mut keepalive = TcpKeepalive::new().with_time(time).with_interval(interval);
        if let Some(retries) = config.get_keepalives_retries() {
            keepalive = keepalive.with_retries(retries);
        }
        socket.set_tcp_keepalive(&keepalive)?;
    }
    Ok(stream)
}

/// Longest look-up of a name, and longest try of an address.
pub(crate) fn patience(config: &Config) -> Duration {
    config.get_connect_timeout().copied().unwrap_or(PATIENCE)
}

pub(crate) async fn within(
    patience: Duration,
    entering: impl Future<Output = Result<Dialled, ConnectError>>,
) -> Result<Dialled, ConnectError> {
    timeout(patience, entering).await.unwrap_or_else(|_| {
        let cause = format!("no answer within {patience:?}");
        Err(ConnectError::new(Trouble::Silence, cause))
    })
}
