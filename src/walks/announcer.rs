//! Telling the world how a request for a walk fares.
//!
//! The ledger is the truth. After each transition that it accepted, one event goes over Redis pub/sub to the sessions
//! of the user. An event that gets lost is made up for by the snapshot from the ledger on the next connect.

use std::time::Duration;

use redis::AsyncCommands;
use tokio::time::timeout;
use wildside_actors::{Status, StatusError, StatusEvent};

use crate::db::ledger::route_requests::{CompletedRequest, RouteRequest};
use crate::shared_redis::Redis;

/// An announcement is not worth a longer wait.
const TIME_BUDGET: Duration = Duration::from_millis(500);

/// Publishes events; clones share the connection.
#[derive(Debug, Clone)]
pub struct Announcer {
    redis: Redis,
}

impl Announcer {
    /// An announcer on a shared connection.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Tells the user's sessions where the request stands. Nobody is told once the account is gone.
    pub async fn announce(&self, request: &RouteRequest) {
        if let Some(event) = event(request) {
            self.send(&event).await;
        }
    }

    /// Tells the sessions of the event's user.
    pub async fn send(&self, event: &StatusEvent) {
        let published = timeout(TIME_BUDGET, self.publish(event)).await;
        match published {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(request.id = %event.request_id, %error, "status not announced");
            }
            Err(_) => {
                tracing::warn!(request.id = %event.request_id, "status not announced: redis is slow");
            }
        }
    }

    async fn publish(&self, event: &StatusEvent) -> redis::RedisResult<()> {
        let json = serde_json::to_vec(event).map_err(std::io::Error::other)?;
        self.redis.clone().publish(event.channel(), json).await
    }
}

/// The event that says what the ledger says; `None` if there is no user to tell.
pub fn event(request: &RouteRequest) -> Option<StatusEvent> {
    Some(StatusEvent {
        user_id: request.user_id?,
        request_id: request.id,
        status: request.status,
        route_id: request.route_id,
        error: error(request),
        progress: request.progress,
        stage: request.stage.clone(),
        updated_at: request.updated_at,
        trace_id: request.trace_id,
    })
}

/// The event that a request has ended in a walk; `None` if there is no user to tell.
pub fn completion(request: &CompletedRequest) -> Option<StatusEvent> {
    Some(StatusEvent {
        user_id: request.user_id?,
        request_id: request.id,
        status: Status::Complete,
        route_id: Some(request.route_id),
        error: None,
        progress: Some(1.0),
        stage: None,
        updated_at: request.updated_at,
        trace_id: request.trace_id,
    })
}

fn error(request: &RouteRequest) -> Option<StatusError> {
    Some(StatusError {
        code: request.error_code.clone()?,
        message: request.error_message.clone().unwrap_or_default(),
    })
}
