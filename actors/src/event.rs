//! The status of a route request, as it crosses Redis pub/sub.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Count of the fixed pub/sub channels over which users are spread.
pub const SHARDS: u8 = 16;

/// Status of a route request. Statuses only ever move forward, by [`Status::rank`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted and waiting.
    Pending,
    /// A worker is on it.
    InProgress,
    /// Ended in a route.
    Complete,
    /// Ended without one.
    Failed,
}

impl Status {
    /// Position in the order of statuses. A maintainer may have a failed request tried again, so that it is complete after all.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::InProgress => 1,
            Self::Failed => 2,
            Self::Complete => 3,
        }
    }

    /// True if nothing follows by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Failed)
    }

    /// The name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }
}

/// Cause for which a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusError {
    /// A stable machine code.
    pub code: String,
    /// A sentence that a person understands.
    pub message: String,
}

/// A request has reached a status. Published as JSON on [`StatusEvent::channel`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusEvent {
    /// User of the request.
    pub user_id: Uuid,
    /// The request.
    pub request_id: Uuid,
    /// The status it has reached.
    pub status: Status,
    /// The route, once complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_id: Option<Uuid>,
    /// The cause, once failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<StatusError>,
    /// Share of the work done, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<f32>,
    /// Stage that is being worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Time at which the status was reached.
    pub updated_at: DateTime<Utc>,
    /// Trace of the HTTP request that began it all.
    pub trace_id: Uuid,
}

impl StatusEvent {
    /// The channel on which this event is published.
    pub fn channel(&self) -> String {
        channel(shard_of(self.user_id))
    }
}

/// The shard of a user, below [`SHARDS`]. Random ids spread evenly by their last byte.
pub fn shard_of(user_id: Uuid) -> u8 {
    user_id.as_bytes()[15] % SHARDS
}

/// Name of a shard's channel.
pub fn channel(shard: u8) -> String {
    format!("wildside:events:{shard}")
}

/// The channels of all shards.
pub fn all_channels() -> Vec<String> {
    (0..SHARDS).map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_names_only_what_is_there() {
        let event = StatusEvent {
            user_id: Uuid::from_u128(0x13),
            request_id: Uuid::from_u128(2),
            status: Status::InProgress,
            route_id: None,
            error: None,
            progress: Some(0.5),
            stage: None,
            updated_at: DateTime::from_timestamp_millis(1_500).unwrap_or_default(),
            trace_id: Uuid::nil(),
        };
        let json = serde_json::to_value(&event).unwrap_or_default();
        assert_eq!(
            json,
            serde_json::json!({
                "user_id": "00000000-0000-0000-0000-000000000013",
                "request_id": "00000000-0000-0000-0000-000000000002",
                "status": "in_progress",
                "progress": 0.5,
                "updated_at": "1970-01-01T00:00:01.500Z",
                "trace_id": "00000000-0000-0000-0000-000000000000",
            })
        );
        assert_eq!(
            serde_json::from_value::<StatusEvent>(json).ok(),
            Some(event.clone())
        );
        assert_eq!(event.channel(), "wildside:events:3");
    }
}
