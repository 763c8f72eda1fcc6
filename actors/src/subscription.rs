//! Subscribing to the status events, and noticing that what is published does not arrive.
//!
//! After a fail-over the address leads to another server, while the old one may keep its connections, answer each PING
//! and hear of nothing any more. So the subscriber calls over a new connection, and listens for itself.

use std::time::Duration;

use redis::aio::{PubSubSink, PubSubStream};
use redis::{RedisError, RedisResult};
use tokio::time::timeout;
use uuid::Uuid;

use crate::event::all_channels;
use crate::redis_bridge::ClientSource;

/// The calls of one subscriber, numbered, on a channel of its own.
pub(crate) struct Echo {
    channel: String,
    /// Number of the last call.
    last: u64,
    /// Number of the last call that Redis has taken and that should be heard.
    awaited: u64,
    /// Number of the last call that was heard.
    heard: u64,
}

impl Echo {
    pub(crate) fn new() -> Self {
        Self {
            channel: format!("wildside:echo:{}", Uuid::new_v4().simple()),
            last: 0,
            awaited: 0,
            heard: 0,
        }
    }

    /// Channels to subscribe to besides.
    pub(crate) fn channel(&self) -> &str {
        &self.channel
    }

    /// Awaits no call any more: the subscription is new, or what has arrived could not be read until now.
    pub(crate) fn excuse(&mut self) {
        self.awaited = 0;
    }

    /// Number of the next call.
    pub(crate) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Awaits a call that Redis has taken.
    pub(crate) fn called(&mut self, number: u64) {
        self.awaited = number;
    }

    /// Hears a call. One that Redis took without saying so is heard as well, and stands for no other.
    pub(crate) fn heard(&mut self, call: &[u8]) {
        let number = str::from_utf8(call).ok().and_then(|call| call.parse().ok());
        self.heard = self.heard.max(number.unwrap_or_default());
    }

    /// A call was not heard, which was long ago by the time of the next.
    pub(crate) fn is_missing(&self) -> bool {
        self.heard < self.awaited
    }
}

/// Subscribes to the events of all users and to one's own calls.
pub(crate) async fn subscribe(
    clients: ClientSource,
    echo: String,
    patience: Duration,
) -> Result<(PubSubSink, PubSubStream), String> {
    let connecting = async {
        let mut connection = clients.client()?.get_async_pubsub().await?;
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
pub(crate) async fn call(
    clients: ClientSource,
    channel: String,
    number: u64,
    patience: Duration,
) -> bool {
    let calling = async {
        let mut connection = clients.client()?.get_multiplexed_async_connection().await?;
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(channel).arg(number);
        publish.exec_async(&mut connection).await
    };
    let called: Result<RedisResult<()>, _> = timeout(patience, calling).await;
    matches!(called, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_stands_for_itself() {
        let mut echo = Echo::new();
        let (untold, first) = (echo.next(), echo.next());
        echo.heard(untold.to_string().as_bytes());
        echo.called(first);
        assert!(echo.is_missing(), "what was heard is another call");
        echo.heard(first.to_string().as_bytes());
        assert!(!echo.is_missing());

        let second = echo.next();
        echo.called(second);
        echo.excuse();
        assert!(!echo.is_missing(), "nothing could be heard");
        let third = echo.next();
        echo.called(third);
        assert!(echo.is_missing(), "the excuse is used up");
    }
}
