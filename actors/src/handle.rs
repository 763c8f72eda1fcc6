//! Handles by which messages are sent to actors.

use std::fmt;
use std::sync::Arc;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, MailboxError, Recipient};

use crate::envelope::{Env, Measured};
use crate::stats::{ActorStats, MessageStats};

/// The address of an actor and the counts of its mailbox. Cheap to clone, usable from any runtime.
pub struct ActorHandle<A: Actor> {
    address: Addr<A>,
    stats: Arc<ActorStats>,
}

impl<A: Actor> ActorHandle<A> {
    pub(crate) const fn new(address: Addr<A>, stats: Arc<ActorStats>) -> Self {
        Self { address, stats }
    }

    /// The counts of the actor.
    pub const fn stats(&self) -> &Arc<ActorStats> {
        &self.stats
    }

    /// Sends a message and waits for the answer. A full mailbox takes it all the same: whoever asks has but one
    /// question open, so that the number of askers is the bound.
    ///
    /// # Errors
    /// [`MailboxError`] if the actor is gone or failed while it handled this message.
    pub async fn ask<M>(&self, message: M) -> Result<M::Result, MailboxError>
    where
        A: Handler<Env<M>>,
        A::Context: ToEnvelope<A, Env<M>>,
        M: Measured + Send + Unpin + 'static,
        M::Result: Send,
    {
        self.address
            .send(Env::new(message, self.stats.message::<M>()))
            .await
    }

    /// Leaves a message and does not wait for the answer. The mailbox's capacity does not bind it: for messages
    /// whose number is bounded elsewhere and which must not be lost.
    #[expect(clippy::disallowed_methods, reason = "see above")]
    pub(crate) fn leave<M>(&self, message: M)
    where
        A: Handler<Env<M>>,
        A::Context: ToEnvelope<A, Env<M>>,
        M: Measured + Send + 'static,
        M::Result: Send,
    {
        self.address
            .do_send(Env::new(message, self.stats.message::<M>()));
    }
}

impl<A: Actor> Clone for ActorHandle<A> {
    fn clone(&self) -> Self {
        Self {
            address: self.address.clone(),
            stats: self.stats.clone(),
        }
    }
}

impl<A: Actor> fmt::Debug for ActorHandle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ActorHandle")
            .field(&self.stats.name())
            .finish()
    }
}

/// A sender of one type of message, bounded by the capacity of the mailbox as long as it is not cloned.
pub(crate) struct Outlet<M: Measured + Send>
where
    M::Result: Send,
{
    recipient: Recipient<Env<M>>,
    stats: Arc<MessageStats>,
}

/// The mailbox took no more, or is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undelivered;

impl<M: Measured + Send> Outlet<M>
where
    M::Result: Send,
{
    pub(crate) const fn new(recipient: Recipient<Env<M>>, stats: Arc<MessageStats>) -> Self {
        Self { recipient, stats }
    }

    pub(crate) fn try_send(&self, message: M) -> Result<(), Undelivered> {
        let envelope = Env::new(message, self.stats.clone());
        self.recipient.try_send(envelope).map_err(|_| {
            self.stats.undelivered();
            Undelivered
        })
    }
}

impl<M: Measured + Send> fmt::Debug for Outlet<M>
where
    M::Result: Send,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Outlet").field(&M::NAME).finish()
    }
}
