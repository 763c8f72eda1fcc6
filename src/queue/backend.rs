//! The end of a subscription that Apalis polls.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::task::Task;
use apalis_core::worker::context::WorkerContext;
use tokio::sync::mpsc;
use tower_layer::Identity;

use super::delivery::Delivery;

/// Yields the jobs of a [`Subscription`](super::Subscription) to an Apalis worker.
///
/// It never fails and never ends before the subscription is closed: what goes wrong in Redis is dealt with behind it.
#[derive(Debug)]
pub struct StreamBackend<J> {
    deliveries: Arc<Mutex<mpsc::Receiver<Delivery<J>>>>,
}

/// Makes backends, one at a time: a new one goes on where the last one was.
#[derive(Debug)]
pub struct BackendSource<J> {
    deliveries: Arc<Mutex<mpsc::Receiver<Delivery<J>>>>,
}

impl<J> BackendSource<J> {
    pub(super) fn new(deliveries: Arc<Mutex<mpsc::Receiver<Delivery<J>>>>) -> Self {
        Self { deliveries }
    }

    /// A backend for an Apalis worker.
    pub fn backend(&self) -> StreamBackend<J> {
        StreamBackend {
            deliveries: self.deliveries.clone(),
        }
    }
}

impl<J> Backend for StreamBackend<J> {
    type Task = Task<Delivery<J>>;
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        let mut deliveries = self
            .deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        deliveries
            .poll_recv(cx)
            .map(|delivery| delivery.map(|delivery| Ok(Task::new(delivery))))
    }

    fn poll_close(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl<J> BackendConfig for StreamBackend<J> {
    type Args = Delivery<J>;
    type Id = String;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}
