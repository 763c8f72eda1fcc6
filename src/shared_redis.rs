//! The one multiplexed Redis connection that a process shares for short commands.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo, RedisResult};

/// No short command takes longer than this on a healthy network.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(1500);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// Data that the other side has not acknowledged for this long means a dead connection, as when a cable is pulled.
#[cfg(target_os = "linux")]
const DEAD_AFTER: Duration = Duration::from_secs(5);
/// Commands that may wait to be written.
const PIPELINE: usize = 1024;

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
pub fn connect(url: &str) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_pipeline_buffer_size(PIPELINE)
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(500));
    client(url)?.get_connection_manager_lazy(config)
}
