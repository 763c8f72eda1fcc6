//! Connecting to the hosts of a `PostgreSQL` URL, one after the other.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rand::seq::SliceRandom;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::config::{Host, LoadBalanceHosts, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::db::connection::trouble::{ConnectError, Trouble};
use crate::db::connection::wire::{Condemned, Wire};

/// Longest try of one address, if the URL has no `connect_timeout`.
const PATIENCE: Duration = Duration::from_secs(4);
/// Silence after which a peer is asked whether it is still there, and how long it may leave that unanswered.
const KEEPALIVE: Duration = Duration::from_secs(15);
const PORT: u16 = 5432;
const NAME: &str = "wildside";

/// A client of the first host that takes it, and the task that carries its messages.
pub(super) async fn dial(
    url: &str,
    condemned: &Condemned,
) -> Result<(Client, AbortHandle), ConnectError> {
    let mut config: Config = url.parse().map_err(|error| ConnectError::of_url(&error))?;
    if config.get_application_name().is_none() {
        config.application_name(NAME);
    }
    let mut failed = ConnectError::new(Trouble::Url, "names no host".to_owned());
    for (host, port) in hosts(&config) {
        let place = match &host {
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Unix(folder) => socket(folder, port),
        };
        match reach(&config, &host, port, condemned).await {
            Ok(reached) => return Ok(reached),
            Err(error) => failed = error.at(&place),
        }
    }
    Err(failed)
}

/// The hosts in the order in which they are tried; a `hostaddr` stands for the name beside it.
fn hosts(config: &Config) -> Vec<(Host, u16)> {
    let (names, addresses, ports) = (
        config.get_hosts(),
        config.get_hostaddrs(),
        config.get_ports(),
    );
    let mut hosts = Vec::new();
    for index in 0..names.len().max(addresses.len()) {
        let address = addresses.get(index).map(ToString::to_string);
        let host = address.map(Host::Tcp).or_else(|| names.get(index).cloned());
        let port = ports.get(index).or(ports.first()).copied();
        hosts.extend(host.map(|host| (host, port.unwrap_or(PORT))));
    }
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        hosts.shuffle(&mut rand::rng());
    }
    hosts
}

/// The file of a Unix socket.
fn socket(folder: &Path, port: u16) -> String {
    format!("{}/.s.PGSQL.{port}", folder.display())
}

/// Tries every address of a host.
async fn reach(
    config: &Config,
    host: &Host,
    port: u16,
    condemned: &Condemned,
) -> Result<(Client, AbortHandle), ConnectError> {
    let name = match host {
        Host::Unix(folder) => {
            let stream = UnixStream::connect(socket(folder, port));
            return enter(config, stream, condemned).await;
        }
        Host::Tcp(name) => name,
    };
    let unknown = |error: io::Error| ConnectError::new(Trouble::Host, error.to_string());
    let patience = patience(config);
    let addresses = timeout(patience, lookup_host((name.as_str(), port)));
    let addresses = addresses.await.unwrap_or_else(|_| {
        let cause = format!("no address within {patience:?}");
        Err(io::Error::new(io::ErrorKind::TimedOut, cause))
    });
    let addresses = addresses.map_err(unknown)?;
    let mut failed = ConnectError::new(Trouble::Host, "it has no address".to_owned());
    for address in addresses {
        match enter(config, connect(config, address), condemned).await {
            Ok(entered) => return Ok(entered),
            Err(error) => failed = error,
        }
    }
    Err(failed)
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
fn patience(config: &Config) -> Duration {
    config.get_connect_timeout().copied().unwrap_or(PATIENCE)
}

/// Logs in over a stream, within the time for one address.
async fn enter<S>(
    config: &Config,
    stream: impl Future<Output = io::Result<S>>,
    condemned: &Condemned,
) -> Result<(Client, AbortHandle), ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let patience = patience(config);
    let entered = timeout(patience, async {
        let wire = Wire::new(stream.await?, condemned.clone());
        let (client, connection) = config.connect_raw(wire, NoTls).await?;
        let carrier = tokio::spawn(async move {
            // Whoever waits for an answer is told the same.
            let _ = connection.await;
        });
        let carrier = carrier.abort_handle();
        if let Err(error) = check_attributes(config, &client).await {
            carrier.abort();
            return Err(error);
        }
        Ok((client, carrier))
    });
    entered.await.unwrap_or_else(|_| {
        let cause = format!("no answer within {patience:?}");
        Err(ConnectError::new(Trouble::Silence, cause))
    })
}

/// Check of `target_session_attrs`: the server is the one that writes, or one that does not, as is wanted.
async fn check_attributes(config: &Config, client: &Client) -> Result<(), ConnectError> {
    let wanted = match config.get_target_session_attrs() {
        TargetSessionAttrs::ReadWrite => "off",
        TargetSessionAttrs::ReadOnly => "on",
        _ => return Ok(()),
    };
    let answer = client.simple_query("SHOW transaction_read_only").await?;
    let is_wanted = answer.iter().any(
        |message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some(wanted)),
    );
    if is_wanted {
        return Ok(());
    }
    let cause = format!("transaction_read_only is not {wanted}");
    Err(ConnectError::new(Trouble::Role, cause))
}
