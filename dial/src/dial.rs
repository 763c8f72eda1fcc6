//! Connecting to the hosts of a `PostgreSQL` URL, one after the other.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rand::seq::SliceRandom;
use tokio::net::{UnixStream, lookup_host};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::config::{Host, LoadBalanceHosts};
use tokio_postgres::{Client, Config};

use crate::door::{Door, Watch, in_the_clear, patience, within};
use crate::target::Target;
use crate::translation::Settings;
use crate::trouble::{ConnectError, Trouble};
use crate::wire::Condemned;

const PORT: u16 = 5432;

/// A client, and the task that carries its messages, which ends with it or when it is aborted.
#[derive(Debug)]
pub struct Dialled {
    /// Client for statements.
    pub client: Client,
    /// Task that carries its messages.
    pub carrier: AbortHandle,
    /// Settings of its transactions, if the URL says that a pooler lends sessions for single ones.
    pub lent: Option<Settings>,
}

/// Connects to the first host of `target` that takes its user; an error that condemns the session is noted in `condemned`.
///
/// # Errors
/// The cause at the last host.
pub async fn dial(target: &Target, condemned: &Condemned) -> Result<Dialled, ConnectError> {
    let lent = target.is_lent.then(Settings::default);
    let mut failed = ConnectError::new(Trouble::Url, "names no host".to_owned());
    for role in target.role.rounds() {
        let watch = Watch {
            condemned,
            role: *role,
            lent: lent.as_ref(),
        };
        for place in places(&target.config) {
            match Box::pin(place.reach(target, watch)).await {
                Ok(dialled) => return Ok(Dialled { lent, ..dialled }),
                Err(error) => failed = error.at(&place.to_string()),
            }
        }
    }
    Err(failed)
}

/// A host, under the name that its certificate has and at the address that a `hostaddr` gives it.
struct Place {
    name: Host,
    address: Option<String>,
    port: u16,
}

/// The hosts in the order in which they are tried.
fn places(config: &Config) -> Vec<Place> {
    let (names, addresses, ports) = (
        config.get_hosts(),
        config.get_hostaddrs(),
        config.get_ports(),
    );
    let mut places = Vec::new();
    for index in 0..names.len().max(addresses.len()) {
        let address = addresses.get(index).map(ToString::to_string);
        let name = names.get(index).cloned();
        let name = name.or_else(|| address.clone().map(Host::Tcp));
        let port = ports.get(index).or(ports.first()).copied();
        let port = port.unwrap_or(PORT);
        places.extend(name.map(|name| Place {
            name,
            address,
            port,
        }));
    }
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        places.shuffle(&mut rand::rng());
    }
    places
}

/// The file of a Unix socket.
fn socket(folder: &Path, port: u16) -> String {
    format!("{}/.s.PGSQL.{port}", folder.display())
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.name, &self.address) {
            (_, Some(address)) => write!(f, "{address}:{}", self.port),
            (Host::Tcp(name), None) => write!(f, "{name}:{}", self.port),
            (Host::Unix(folder), None) => f.write_str(&socket(folder, self.port)),
        }
    }
}

impl Place {
    /// Tries every address of the host. A socket of this machine needs no TLS, and has none.
    async fn reach(&self, target: &Target, watch: Watch<'_>) -> Result<Dialled, ConnectError> {
        let patience = patience(&target.config);
        let name = match (&self.name, &self.address) {
            (Host::Unix(folder), None) => {
                let entering = async {
                    let stream = UnixStream::connect(socket(folder, self.port)).await?;
                    in_the_clear(&target.config, stream, watch).await
                };
                return within(patience, entering).await;
            }
            (Host::Tcp(name), None) => name,
            (_, Some(address)) => address,
        };
        let mut failed = ConnectError::new(Trouble::Host, "it has no address".to_owned());
        for address in look_up(name, self.port, patience).await? {
            let door = Door {
                target,
                address,
                host: self.host(),
                watch,
            };
            match door.enter().await {
                Ok(entered) => return Ok(entered),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Name that the certificate of the host has.
    fn host(&self) -> &str {
        match &self.name {
            Host::Tcp(name) => name,
            Host::Unix(_) => self.address.as_deref().unwrap_or_default(),
        }
    }
}

async fn look_up(
    name: &str,
    port: u16,
    patience: Duration,
) -> Result<impl Iterator<Item = SocketAddr>, ConnectError> {
    let unknown = |cause: String| ConnectError::new(Trouble::Host, cause);
    let addresses = timeout(patience, lookup_host((name, port))).await;
    let addresses = addresses.map_err(|_| unknown(format!("no address within {patience:?}")))?;
    addresses.map_err(|error| unknown(error.to_string()))
}
