//! Subscribing to the status events, and noticing that what is published does not arrive.
//!
//! After a fail-over the address leads to another server, while the old one may keep its connections, answer each PING
//! and hear of nothing any more. So the subscriber calls over a new connection, and listens for itself.

use std::time::Duration;

use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, RedisError, RedisResult};
use tokio::time::timeout;
use uuid::Uuid;

use crate::event::all_channels;

/// The calls of one subscriber, on a channel of its own.
pub(crate) struct Echo {
    channel: String,
    called: u64,
    heard: u64,
}

impl Echo {
    pub(crate) fn new() -> Self {
        Self {
            channel: format!("wildside:echo:{}", Uuid::new_v4().simple()),
            called: 0,
            heard: 0,
        }
    }

    /// Channels to subscribe to besides.
    pub(crate) fn channel(&self) -> &str {
        &self.channel
    }

    /// A new subscription has heard nothing, and need not have.
    pub(crate) fn forget(&mut self) {
        (self.called, self.heard) = (0, 0);
    }

    pub(crate) fn called(&mut self) {
        self.called += 1;
    }

    pub(crate) fn heard(&mut self) {
        self.heard += 1;
    }

    /// A call was not heard, which was long ago by the time of the next.
    pub(crate) fn is_missing(&self) -> bool {
        self.heard < self.called
    }
}

/// Subscribes to the events of all users and to one's own calls.
pub(crate) async fn subscribe(
    client: Client,
    echo: String,
    patience: Duration,
) -> Result<(PubSubSink, PubSubStream), String> {
    let connecting = async {
        let mut connection = client.get_async_pubsub().await?;
        connection.subscribe(all_channels()).await?;
        connection.subscribe(echo).await?;
        Ok(connection.split())
    };
    let connected: Result<Result<_, RedisError>, _> = timeout(patience, connecting).await;
    connected
        .map_err(|_| "no connection in time".to_owned())?
        .map_err(|error| error.to_string())
}

/// Calls over a new connection, for which the address is looked up anew; whether Redis has taken the call.
pub(crate) async fn call(client: Client, channel: String, patience: Duration) -> bool {
    let calling = async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(channel).arg("");
        publish.exec_async(&mut connection).await
    };
    let called: Result<RedisResult<()>, _> = timeout(patience, calling).await;
    matches!(called, Ok(Ok(())))
}
