//! The one multiplexed Redis connection that a process shares for short commands.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};

/// No short command takes longer than this on a healthy network.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(1500);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// A handle to Redis at `url` that connects when first used and again whenever the connection is lost. Clones share
/// the connection.
///
/// While Redis is away commands fail within about two seconds; nobody waits for it to come back.
///
/// # Errors
/// The URL is not a Redis URL.
pub fn connect(url: &str) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(500));
    Client::open(url)?.get_connection_manager_lazy(config)
}
