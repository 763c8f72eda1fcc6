//! Supervisor of a pool of engine threads: the capacity for one kind of work, how much of it may wait, deadlines, and
//! what becomes of failures.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, Context, Handler, Message, ResponseFuture, Supervised};

use crate::engine_pool::{EnginePool, PoolConfig, PoolFailure};
use crate::envelope::{Delivered, Env, Measured};
use crate::handle::ActorHandle;
use crate::registry::{ActorRegistry, Observation, Observe};
use crate::stats::ActorStats;

/// Takes no more work; the computations in flight are finished.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Stop;

impl Measured for Stop {
    const NAME: &'static str = "Stop";
}

/// The supervisor of a pool whose threads do work of the kind `W`, in messages that each kind has of its own.
pub struct PoolSupervisor<W> {
    pool: EnginePool,
    pub(crate) work: W,
    stats: Arc<ActorStats>,
}

impl<W: Unpin + 'static> PoolSupervisor<W> {
    /// Starts a supervisor and its threads. Messages leave the mailbox at once, to wait in the pool.
    pub(crate) fn supervise(
        name: &'static str,
        mailbox: usize,
        work: W,
        config: PoolConfig,
        registry: &ActorRegistry,
    ) -> ActorHandle<Self> {
        let stats = registry.stats(name, mailbox);
        let supervisor = Self {
            pool: EnginePool::start(config, stats.clone()),
            work,
            stats: stats.clone(),
        };
        registry.supervise(stats, supervisor)
    }

    /// Computes on a thread of the pool, waiting for one no longer than until `deadline`.
    pub(crate) fn compute<T, E>(
        &self,
        deadline: Instant,
        compute: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> ResponseFuture<Result<T, E>>
    where
        T: Send + 'static,
        E: From<PoolFailure> + Send + 'static,
    {
        let pool = self.pool.clone();
        Box::pin(async move { pool.run(deadline, compute).await? })
    }
}

impl<W> fmt::Debug for PoolSupervisor<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.stats.name())
            .field("pool", &self.pool.state())
            .finish_non_exhaustive()
    }
}

impl<W: Unpin + 'static> Actor for PoolSupervisor<W> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(self.stats.capacity());
    }
}

impl<W: Unpin + 'static> Supervised for PoolSupervisor<W> {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.stats.restarted("panicked");
    }
}

impl<W, M> Handler<Env<M>> for PoolSupervisor<W>
where
    W: Unpin + 'static,
    Self: Handler<M>,
    M: Measured,
{
    type Result = Delivered<M, <Self as Handler<M>>::Result>;

    fn handle(&mut self, envelope: Env<M>, ctx: &mut Self::Context) -> Self::Result {
        envelope.deliver(self, ctx)
    }
}

impl<W: Unpin + 'static> Handler<Stop> for PoolSupervisor<W> {
    type Result = ();

    fn handle(&mut self, _: Stop, _: &mut Self::Context) {
        self.pool.close();
    }
}

impl<W: Unpin + 'static> Handler<Observe> for PoolSupervisor<W> {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Observation {
        self.pool.observe()
    }
}
