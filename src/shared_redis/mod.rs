//! The one multiplexed Redis connection that a process shares for short commands.

mod client;
pub mod eviction;
mod patience;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use arc_swap::ArcSwap;
use futures::FutureExt;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, Pipeline, RedisError, RedisFuture, RedisResult, Value};

use crate::config::{RedisConfig, RedisServer};
pub use client::client;
pub use patience::{Failure, within};
pub use trouble::Trouble;

/// No short command takes longer than this on a healthy network.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(1500);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// Commands that may wait to be written.
const PIPELINE: usize = 1024;
/// A connection is given at least this long before it is replaced.
const REPLACED_AFTER: Duration = Duration::from_secs(1);

/// A handle to a Redis that connects when first used and again whenever the connection is lost. Clones share
/// the connection.
///
/// While Redis is away commands fail within about two seconds; nobody waits for it to come back.
///
/// # Errors
/// The URL is not a Redis URL, or a file of a secret can't be read.
pub fn connect(server: impl Into<RedisServer>) -> RedisResult<Redis> {
    let server = server.into();
    let client = client(&server)?;
    let database = client.get_connection_info().redis_settings().db();
    let link = ArcSwap::from_pointee(Link::new(client)?);
    Ok(Redis(Arc::new(Shared {
        server,
        database,
        link,
    })))
}

/// Handles to the Redis of the queue, and to that of the cache, which may be the same.
///
/// # Errors
/// As [`connect`]; the error names the variable.
pub fn connect_both(config: &RedisConfig) -> anyhow::Result<(Redis, Redis)> {
    let queue = connect(&config.queue).context("REDIS_URL")?;
    let cache = config.cache.as_ref().map(connect).transpose();
    let cache = cache.context("REDIS_CACHE_URL")?;
    Ok((queue.clone(), cache.unwrap_or(queue)))
}

/// A connection that is replaced when it is lost, and also when it leads to a server that is not the one to turn to any
/// more: after a fail-over the address leads elsewhere, while the connection to the old primary stays open.
///
/// Clones share the connection.
#[derive(Clone)]
pub struct Redis(Arc<Shared>);

struct Shared {
    server: RedisServer,
    database: i64,
    link: ArcSwap<Link>,
}

/// Connection for commands until it is replaced.
struct Link {
    manager: ConnectionManager,
    since: Instant,
}

impl Link {
    /// Connects when first used, and looks the address up then.
    fn new(client: Client) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_pipeline_buffer_size(PIPELINE)
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_millis(500));
        Ok(Self {
            manager: client.get_connection_manager_lazy(config)?,
            since: Instant::now(),
        })
    }
}

impl Redis {
    /// Replaces the connection, unless somebody has done so already or it is young. The password and the certificates are
    /// read anew.
    fn replace(&self, link: &Arc<Link>, error: &RedisError) {
        if link.since.elapsed() < REPLACED_AFTER {
            return;
        }
        let Ok(next) = client(&self.0.server).and_then(Link::new) else {
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
        self.0.database
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
/// that loads its data, a node that the keys have left, one that does not know us or whom we do not trust. One that was refused a login is never
/// tried again by itself.
fn leads_astray(error: &RedisError) -> bool {
    matches!(
        Trouble::of(error),
        Trouble::Replica | Trouble::Loading | Trouble::Cluster | Trouble::Login | Trouble::Tls(_)
    )
}
