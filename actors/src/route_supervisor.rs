//! Owns the capacity for generating walks: engine threads, how many may wait, deadlines, and what becomes of failures.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, Context, Handler, Message, ResponseFuture, Supervised, Supervisor};
use tracing::Span;
use wildside_engine::network::Network;
use wildside_engine::{NoWalk, Poi, Walk, WalkRequest, generate_route};

use crate::engine_pool::{EnginePool, PoolConfig, PoolError};
use crate::envelope::{Delivered, Env, Measured, Outcome};
use crate::handle::ActorHandle;
use crate::registry::{ActorRegistry, Observation, Observe};
use crate::stats::ActorStats;
use crate::walk_check;

/// Generates a walk: [`generate_route`], or what takes its place where an instant, hanging or failing engine is needed.
pub type Engine =
    Arc<dyn Fn(&WalkRequest, &[Poi], &Network, Instant) -> Result<Walk, NoWalk> + Send + Sync>;

/// Generates a walk on an engine thread.
#[derive(Message)]
#[rtype(result = "Result<Walk, RouteFailure>")]
pub struct GenerateRoute {
    /// Request for a walk.
    pub request: WalkRequest,
    /// The candidates within reach.
    pub pois: Arc<[Poi]>,
    /// The street cells around the start.
    pub network: Network,
    /// Deadline at which the best walk found is taken; passed to the engine and enforced outside of it.
    pub deadline: Instant,
    /// The span in which the engine works.
    pub span: Span,
}

impl fmt::Debug for GenerateRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the request: it holds locations.
        f.debug_struct("GenerateRoute")
            .field("pois", &self.pois.len())
            .finish_non_exhaustive()
    }
}

impl Measured for GenerateRoute {
    const NAME: &'static str = "GenerateRoute";

    fn outcome(answer: &Self::Result) -> Outcome {
        match answer {
            Ok(_) => Outcome::Ok,
            Err(RouteFailure::NoWalk(_)) => Outcome::Refused("no_walk"),
            Err(RouteFailure::Busy) => Outcome::Refused("busy"),
            Err(failure) => Outcome::Failed(failure.code()),
        }
    }
}

/// Error for which no walk was generated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RouteFailure {
    /// There is none; trying again will not help.
    #[error(transparent)]
    NoWalk(#[from] NoWalk),
    /// Too many requests wait for a thread.
    #[error("too many walks are being computed")]
    Busy,
    /// The engine did not answer in time, or no thread was free in time.
    #[error("the walk took too long to compute")]
    DeadlineExceeded,
    /// The engine panicked.
    #[error("the engine failed")]
    Panicked,
    /// The engine answered with an impossible walk.
    #[error("the engine gave an impossible walk: {0}")]
    InvalidResult(&'static str),
    /// The supervisor takes no more work: it shuts down, or too many of its threads hang.
    #[error("the engine is stopped")]
    Stopped,
}

impl RouteFailure {
    /// A stable machine code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoWalk(cause) => cause.code(),
            Self::Busy => "busy",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Panicked => "engine_panicked",
            Self::InvalidResult(_) => "invalid_result",
            Self::Stopped => "engine_stopped",
        }
    }

    /// True if another try may succeed.
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::NoWalk(_))
    }
}

impl From<PoolError> for RouteFailure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Busy => Self::Busy,
            PoolError::DeadlineExceeded => Self::DeadlineExceeded,
            PoolError::Panicked => Self::Panicked,
            PoolError::Stopped => Self::Stopped,
        }
    }
}

/// Takes no more requests; the ones in flight are finished.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct StopRoutes;

impl Measured for StopRoutes {
    const NAME: &'static str = "StopRoutes";
}

/// The supervisor of route generation.
pub struct RouteSupervisor {
    pool: EnginePool,
    engine: Engine,
    stats: Arc<ActorStats>,
}

impl RouteSupervisor {
    /// Starts the supervisor and its threads with the real engine. Must be called on an actix `System`.
    pub fn start(config: PoolConfig, registry: &ActorRegistry) -> ActorHandle<Self> {
        Self::start_with_engine(config, Arc::new(generate_route), registry)
    }

    /// Starts the supervisor with another engine.
    pub fn start_with_engine(
        config: PoolConfig,
        engine: Engine,
        registry: &ActorRegistry,
    ) -> ActorHandle<Self> {
        let stats = registry.stats("route_supervisor", MAILBOX);
        let pool = EnginePool::start(config, stats.clone());
        let supervisor = Self {
            pool,
            engine,
            stats: stats.clone(),
        };
        let address = Supervisor::start(|_| supervisor);
        registry.add(stats.clone(), address.clone().recipient());
        ActorHandle::new(address, stats)
    }
}

/// Room of the mailbox. Requests leave it at once, to wait in the pool.
const MAILBOX: usize = 64;

impl fmt::Debug for RouteSupervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteSupervisor")
            .field("pool", &self.pool.state())
            .finish_non_exhaustive()
    }
}

impl Actor for RouteSupervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
    }
}

impl Supervised for RouteSupervisor {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.stats.restarted("panicked");
    }
}

impl<M> Handler<Env<M>> for RouteSupervisor
where
    Self: Handler<M>,
    M: Measured,
{
    type Result = Delivered<M, <Self as Handler<M>>::Result>;

    fn handle(&mut self, envelope: Env<M>, ctx: &mut Self::Context) -> Self::Result {
        envelope.deliver(self, ctx)
    }
}

impl Handler<GenerateRoute> for RouteSupervisor {
    type Result = ResponseFuture<Result<Walk, RouteFailure>>;

    fn handle(&mut self, message: GenerateRoute, _: &mut Self::Context) -> Self::Result {
        let (pool, engine) = (self.pool.clone(), self.engine.clone());
        Box::pin(async move {
            let deadline = message.deadline;
            pool.run(deadline, move || {
                message.span.in_scope(|| generate(&engine, &message))
            })
            .await?
        })
    }
}

fn generate(engine: &Engine, message: &GenerateRoute) -> Result<Walk, RouteFailure> {
    let walk = engine(
        &message.request,
        &message.pois,
        &message.network,
        message.deadline,
    )?;
    walk_check::check(&walk, &message.request, &message.pois)
        .map_err(RouteFailure::InvalidResult)?;
    Ok(walk)
}

impl Handler<StopRoutes> for RouteSupervisor {
    type Result = ();

    fn handle(&mut self, _: StopRoutes, _: &mut Self::Context) {
        self.pool.close();
    }
}

impl Handler<Observe> for RouteSupervisor {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Observation {
        self.pool.observe()
    }
}
