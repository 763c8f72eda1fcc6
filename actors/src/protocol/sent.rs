//! Statuses that a connection has been sent.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::event::{Status, StatusEvent};

/// Requests that are remembered at most: more than a user may make while snapshots repeat them.
const REMEMBERED: usize = 1024;

/// Snapshots bring back what was finished in the last 5 minutes; with a margin for clocks, nothing older comes again.
const REPEATED_FOR: TimeDelta = TimeDelta::minutes(10);

/// The furthest status that was sent for each request, so that statuses never go backwards and none is sent twice,
/// however many paths bring it. Memory is bounded by forgetting the longest known requests.
#[derive(Debug, Default)]
pub(super) struct SentStatuses {
    requests: FxHashMap<Uuid, Sent>,
    /// The requests in the order in which they became known.
    order: VecDeque<Uuid>,
}

#[derive(Debug)]
struct Sent {
    position: (u8, u16),
    updated_at: DateTime<Utc>,
}

impl SentStatuses {
    /// True if the event is news for this connection; it counts as sent then.
    pub(super) fn admit(&mut self, event: &StatusEvent) -> bool {
        let next = Sent {
            position: position(event),
            updated_at: event.updated_at,
        };
        if let Some(sent) = self.requests.get_mut(&event.request_id) {
            let news = next.position > sent.position;
            if news {
                *sent = next;
            }
            return news;
        }
        self.make_room(event.updated_at);
        self.order.push_back(event.request_id);
        self.requests.insert(event.request_id, next);
        true
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    fn make_room(&mut self, now: DateTime<Utc>) {
        while let Some(oldest) = self.order.front().and_then(|id| self.requests.get(id)) {
            let finished = oldest.position.0 >= Status::Failed.rank();
            let forgettable = finished && now - oldest.updated_at > REPEATED_FOR;
            if !forgettable && self.requests.len() < REMEMBERED {
                break;
            }
            if let Some(id) = self.order.pop_front() {
                self.requests.remove(&id);
            }
        }
    }
}

/// Position of an event in the course of its request: its status, then its progress in thousandths.
fn position(event: &StatusEvent) -> (u8, u16) {
    let progress = match event.status {
        Status::InProgress => event.progress.unwrap_or(0.0).clamp(0.0, 1.0),
        _ => 0.0,
    };
    (event.status.rank(), (progress * 1000.0) as u16)
}
