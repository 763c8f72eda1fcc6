//! Messages of the broker, from the bridge to the hub.

use std::sync::Arc;
use std::time::Instant;

use actix::Message;
use tokio::sync::OwnedSemaphorePermit;

use crate::envelope::Measured;
use crate::event::StatusEvent;

/// A message given to the broker. It notes the time itself, for the broker knows no envelopes.
#[derive(Debug, Clone)]
pub struct Issued<M> {
    pub(crate) message: M,
    pub(crate) issued_at: Instant,
}

impl<M> Issued<M> {
    /// A message that is issued now.
    pub fn now(message: M) -> Self {
        Self {
            message,
            issued_at: Instant::now(),
        }
    }
}

impl<M> Message for Issued<M> {
    type Result = ();
}

/// Events that arrived together. Cheap to clone, as the broker copies each message for each subscriber and keeps
/// the last one.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct EventBatch {
    /// The events, in the order of their arrival.
    pub events: Arc<[Arc<StatusEvent>]>,
    /// Given back when the last copy is dropped: the broker's queue has no bound of its own.
    pub(crate) _credit: Option<Arc<OwnedSemaphorePermit>>,
}

impl EventBatch {
    /// A batch that is not bound by a bridge's credit.
    pub fn new(events: Vec<Arc<StatusEvent>>) -> Self {
        Self {
            events: events.into(),
            _credit: None,
        }
    }
}

impl Measured for EventBatch {
    const NAME: &'static str = "EventBatch";
}

/// Events may have been missed: bring every session up to date.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Resync;

impl Measured for Resync {
    const NAME: &'static str = "Resync";
}
