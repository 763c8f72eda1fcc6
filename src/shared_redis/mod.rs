//! The one multiplexed Redis connection that a process shares for short commands.

mod patience;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures::FutureExt;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{
    Client, Cmd, IntoConnectionInfo, Pipeline, RedisError, RedisFuture, RedisResult, Value,
};

pub use patience::{Failure, within};
pub use trouble::Trouble;

/// No short command takes longer than this on a healthy network.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(1500);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// Data that the other side has not acknowledged for this long means a dead connection, as when a cable is pulled.
#[cfg(target_os = "linux")]
const DEAD_AFTER: Duration = Duration::from_secs(5);
/// Commands that may wait to be written.
const PIPELINE: usize = 1024;
/// A connection is given at least this long before it is replaced.
const REPLACED_AFTER: Duration = Duration::from_secs(1);

/// A client of Redis at `url` whose connections send at once and notice a dead peer.
///
/// # Errors
/// The URL is not a Redis URL.
pub fn client(url: &str) -> RedisResult<Client> {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(DEAD_AFTER);
    Client::open(url.into_connection_info()?.set_tcp_settings(settings))
}

/// A handle to Redis at `url` that connects when first used and again whenever the connection is lost. Clones share
/// the connection.
///
/// While Redis is away commands fail within about two seconds; nobody waits for it to come back.
///
/// # Errors
/// The URL is not a Redis URL.
pub fn connect(url: &str) -> RedisResult<Redis> {
    let client = client(url)?;
    let link = ArcSwap::from_pointee(Link::new(&client)?);
    Ok(Redis(Arc::new(Shared { client, link })))
}

/// A connection that is replaced when it is lost, and also when it leads to a server that is not the one to turn to any
/// more: after a fail-over the address leads elsewhere, while the connection to the old primary stays open.
///
/// Clones share the connection.
#[derive(Clone)]
pub struct Redis(Arc<Shared>);

struct Shared {
    client: Client,
    link: ArcSwap<Link>,
}

/// Connection for commands until it is replaced.
struct Link {
    manager: ConnectionManager,
    since: Instant,
}

impl Link {
    /// Connects when first used, and looks the address up then.
    fn new(client: &Client) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_pipeline_buffer_size(PIPELINE)
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_millis(500));
        Ok(Self {
            manager: client.clone().get_connection_manager_lazy(config)?,
            since: Instant::now(),
        })
    }
}

impl Redis {
    /// Replaces the connection, unless somebody has done so already or it is young.
    fn replace(&self, link: &Arc<Link>, error: &RedisError) {
        if link.since.elapsed() < REPLACED_AFTER {
            return;
        }
        let Ok(next) = Link::new(&self.0.client) else {
            return;
        };
        let before = self.0.link.compare_and_swap(link, Arc::new(next));
        if Arc::ptr_eq(&before, link) {
            tracing::warn!(%error, "redis is connected to anew");
        }
    }
}

impl ConnectionLike for Redis {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        async move {
            let link = self.0.link.load_full();
            let answer = link.manager.clone().send_packed_command(command).await;
            let answer = answer.and_then(Value::extract_error);
            if let Some(error) = answer.as_ref().err().filter(|error| leads_astray(error)) {
                self.replace(&link, error);
            }
            answer
        }
        .boxed()
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        async move {
            let link = self.0.link.load_full();
            let mut manager = link.manager.clone();
            let answers = manager.send_packed_commands(pipeline, offset, count).await;
            let errors = match &answers {
                Ok(answers) => answers.iter().find_map(refusal),
                Err(error) => Some(error.clone()),
            };
            if let Some(error) = errors.filter(leads_astray) {
                self.replace(&link, &error);
            }
            answers
        }
        .boxed()
    }

    fn get_db(&self) -> i64 {
        self.0.client.get_connection_info().redis_settings().db()
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

/// The error that one answer of a pipeline is.
fn refusal(answer: &Value) -> Option<RedisError> {
    match answer {
        Value::ServerError(error) => Some(error.clone().into()),
        _ => None,
    }
}

/// Test for an error after which another connection may lead to a server that does better: a demoted primary, a server
/// that loads its data, a node that the keys have left, one that does not know us. One that was refused a login is never
/// tried again by itself.
fn leads_astray(error: &RedisError) -> bool {
    matches!(
        Trouble::of(error),
        Trouble::Replica | Trouble::Loading | Trouble::Cluster | Trouble::Login
    )
}
