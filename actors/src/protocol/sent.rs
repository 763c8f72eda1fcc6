//! Which statuses a connection has been sent.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::event::{Status, StatusEvent};

/// Requests that are remembered at least.
const REMEMBERED: usize = 256;

/// Snapshots bring back what was finished in the last 5 minutes; with a margin for clocks, nothing older comes again.
const REPEATED_FOR: TimeDelta = TimeDelta::minutes(10);

/// The furthest status that was sent for each request, so that statuses never go backwards and none is sent twice,
/// however many paths bring it. Memory is bounded by forgetting the longest known requests.
#[derive(Debug, Default)]
pub(super) struct SentStatuses {
    requests: VecDeque<Sent>,
}

#[derive(Debug)]
struct Sent {
    request_id: Uuid,
    position: (u8, u16),
    updated_at: DateTime<Utc>,
}

impl SentStatuses {
    /// Whether the event is news for this connection; if so, it counts as sent.
    pub(super) fn admit(&mut self, event: &StatusEvent) -> bool {
        let position = position(event);
        if let Some(sent) = self
            .requests
            .iter_mut()
            .rev()
            .find(|sent| sent.request_id == event.request_id)
        {
            let news = position > sent.position;
            if news {
                sent.position = position;
                sent.updated_at = event.updated_at;
            }
            return news;
        }
        self.make_room(event.updated_at);
        self.requests.push_back(Sent {
            request_id: event.request_id,
            position,
            updated_at: event.updated_at,
        });
        true
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    fn make_room(&mut self, now: DateTime<Utc>) {
        while let Some(oldest) = self.requests.front() {
            let finished = oldest.position.0 == Status::Complete.rank();
            let forgettable = finished && now - oldest.updated_at > REPEATED_FOR;
            if !forgettable && self.requests.len() < REMEMBERED {
                break;
            }
            self.requests.pop_front();
        }
    }
}

/// Where an event stands in the course of its request: its status, then its progress in thousandths.
fn position(event: &StatusEvent) -> (u8, u16) {
    let progress = match event.status {
        Status::InProgress => event.progress.unwrap_or(0.0).clamp(0.0, 1.0),
        _ => 0.0,
    };
    (event.status.rank(), (progress * 1000.0) as u16)
}
