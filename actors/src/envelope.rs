//! The envelope in which every message travels: it measures mailbox depth, wait, handling time and outcome,
//! and turns a panic of a handler into a restart of its actor.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use actix::dev::{MessageResponse, OneshotSender};
use actix::{Actor, ActorContext, Handler, Message};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::broker::Issued;
use crate::stats::MessageStats;

/// A message whose handling is measured.
pub trait Measured: Message {
    /// Its name in metrics.
    const NAME: &'static str;

    /// Outcome by which an answer is counted.
    fn outcome(_answer: &Self::Result) -> Outcome {
        Outcome::Ok
    }
}

/// Outcome of handling a message; labels come from a fixed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As intended.
    Ok,
    /// The answer is no, for a cause that lies in what was asked: no failure of the actor.
    Refused(&'static str),
    /// A failure, and its cause.
    Failed(&'static str),
}

impl Outcome {
    /// The label in metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused(cause) | Self::Failed(cause) => cause,
        }
    }
}

/// A message on its way through a mailbox.
pub struct Env<M: Measured> {
    message: Option<M>,
    sent_at: Instant,
    stats: Arc<MessageStats>,
}

impl<M: Measured> Env<M> {
    pub(crate) fn new(message: M, stats: Arc<MessageStats>) -> Self {
        stats.enter();
        Self {
            message: Some(message),
            sent_at: Instant::now(),
            stats,
        }
    }

    /// The envelope of a message that came through the broker.
    pub(crate) fn issued(issued: Issued<M>, stats: Arc<MessageStats>) -> Self {
        stats.enter();
        Self {
            message: Some(issued.message),
            sent_at: issued.issued_at,
            stats,
        }
    }

    /// Hands the message to its handler. If that panics, the actor is stopped (and, if supervised, restarted) and
    /// the sender is answered [`actix::MailboxError::Closed`].
    pub(crate) fn deliver<A>(
        mut self,
        actor: &mut A,
        ctx: &mut A::Context,
    ) -> Delivered<M, A::Result>
    where
        A: Actor + Handler<M>,
    {
        let begun_at = Instant::now();
        self.stats.begun(self.sent_at, begun_at);
        let message = self.message.take();
        let response = message.and_then(|message| {
            let handle = || Handler::<M>::handle(actor, message, ctx);
            catch_unwind(AssertUnwindSafe(handle))
                .map_err(|panic| log_panic(M::NAME, &*panic))
                .ok()
        });
        if response.is_none() {
            self.stats.ended(begun_at, Outcome::Failed("panicked"));
            ctx.stop();
        }
        Delivered {
            response,
            begun_at,
            stats: self.stats.clone(),
            _message: std::marker::PhantomData,
        }
    }

    /// Delivers a message that nobody waits to be answered.
    pub(crate) fn deliver_unanswered<A>(self, actor: &mut A, ctx: &mut A::Context)
    where
        A: Actor + Handler<M>,
    {
        MessageResponse::<A, Self>::handle(self.deliver(actor, ctx), ctx, None);
    }
}

impl<M: Measured> Drop for Env<M> {
    fn drop(&mut self) {
        self.stats.leave();
    }
}

impl<M: Measured> Message for Env<M> {
    type Result = M::Result;
}

impl<M: Measured> fmt::Debug for Env<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("message", &M::NAME)
            .field("sent_at", &self.sent_at)
            .finish_non_exhaustive()
    }
}

/// Answer of a handler, on its way to the sender.
pub struct Delivered<M, R> {
    response: Option<R>,
    begun_at: Instant,
    stats: Arc<MessageStats>,
    _message: std::marker::PhantomData<M>,
}

impl<M, R> fmt::Debug for Delivered<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivered")
            .field("begun_at", &self.begun_at)
            .finish_non_exhaustive()
    }
}

impl<A, M, R> MessageResponse<A, Env<M>> for Delivered<M, R>
where
    A: Actor,
    M: Measured,
    R: MessageResponse<A, M>,
{
    fn handle(self, ctx: &mut A::Context, tx: Option<OneshotSender<M::Result>>) {
        let Self {
            response,
            begun_at,
            stats,
            ..
        } = self;
        let Some(response) = response else { return };
        if tx.is_none() {
            response.handle(ctx, None);
            stats.ended(begun_at, Outcome::Ok);
            return;
        }
        let (answer_tx, mut answer_rx) = oneshot::channel();
        response.handle(ctx, Some(answer_tx));
        match answer_rx.try_recv() {
            Err(TryRecvError::Empty) => {
                actix::spawn(
                    async move { finish::<M>(answer_rx.await.ok(), begun_at, &stats, tx) },
                );
            }
            answer => finish::<M>(answer.ok(), begun_at, &stats, tx),
        }
    }
}

/// Counts the answer and passes it on; no answer means that the future which should have given it panicked or was dropped.
fn finish<M: Measured>(
    answer: Option<M::Result>,
    begun_at: Instant,
    stats: &MessageStats,
    tx: Option<OneshotSender<M::Result>>,
) {
    let outcome = answer
        .as_ref()
        .map_or(Outcome::Failed("unanswered"), M::outcome);
    stats.ended(begun_at, outcome);
    if let (Some(answer), Some(tx)) = (answer, tx) {
        // The sender may have stopped waiting.
        let _ = tx.send(answer);
    }
}

fn log_panic(message: &'static str, panic: &(dyn Any + Send)) {
    tracing::error!(message, panic = panic_text(panic), "handler panicked");
}

/// The text of a panic, if it has one.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use actix::{Context, ResponseFuture, Supervised, Supervisor};
    use prometheus::{Registry, TextEncoder};

    use super::*;
    use crate::handle::ActorHandle;
    use crate::metrics::ActorMetrics;
    use crate::stats::ActorStats;

    /// Does as it is told.
    struct Subject(Arc<ActorStats>);

    #[derive(Clone, Copy)]
    enum Order {
        Answer,
        Refuse,
        Panic,
        PanicLater,
    }

    impl Message for Order {
        type Result = Result<(), ()>;
    }

    impl Measured for Order {
        const NAME: &'static str = "Order";

        fn outcome(answer: &Self::Result) -> Outcome {
            answer.map_or(Outcome::Refused("no"), |()| Outcome::Ok)
        }
    }

    impl Actor for Subject {
        type Context = Context<Self>;
    }

    impl Supervised for Subject {
        fn restarting(&mut self, _: &mut Self::Context) {
            self.0.restarted("panicked");
        }
    }

    impl Handler<Env<Order>> for Subject {
        type Result = Delivered<Order, ResponseFuture<Result<(), ()>>>;

        fn handle(&mut self, envelope: Env<Order>, ctx: &mut Self::Context) -> Self::Result {
            envelope.deliver(self, ctx)
        }
    }

    impl Handler<Order> for Subject {
        type Result = ResponseFuture<Result<(), ()>>;

        fn handle(&mut self, order: Order, _: &mut Self::Context) -> Self::Result {
            assert!(!matches!(order, Order::Panic), "as told");
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                assert!(!matches!(order, Order::PanicLater), "as told");
                if matches!(order, Order::Answer) {
                    Ok(())
                } else {
                    Err(())
                }
            })
        }
    }

    #[actix::test]
    async fn every_message_is_counted_however_it_ends() {
        let registry = Registry::new();
        let stats = ActorStats::new("subject", 16, ActorMetrics::register(&registry).unwrap());
        let subject = Subject(stats.clone());
        let address = Supervisor::start(|_| subject);
        let subject = ActorHandle::new(address, stats.clone());

        assert_eq!(subject.ask(Order::Answer).await, Ok(Ok(())));
        assert_eq!(subject.ask(Order::Refuse).await, Ok(Err(())));
        assert!(subject.ask(Order::PanicLater).await.is_err());
        assert_eq!(stats.restarts(), 0);
        assert!(subject.ask(Order::Panic).await.is_err());
        assert_eq!(subject.ask(Order::Answer).await, Ok(Ok(())));

        assert_eq!(
            (
                stats.handled(),
                stats.failed(),
                stats.restarts(),
                stats.depth()
            ),
            (3, 2, 1, 0)
        );
        let text = TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap();
        for (outcome, count) in [("ok", 2), ("no", 1), ("unanswered", 1), ("panicked", 1)] {
            let line = format!(
                "actor_messages_total{{actor=\"subject\",message=\"Order\",outcome=\"{outcome}\"}} {count}"
            );
            assert!(text.contains(&line), "no {line} in\n{text}");
        }
        assert!(text.contains("actor_restarts_total{actor=\"subject\",reason=\"panicked\"} 1"));
    }
}
