//! Generating walks on threads of a pool, whose answers are checked before anybody is told.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use actix::{Handler, Message, ResponseFuture};
use tracing::Span;
use wildside_engine::network::Network;
use wildside_engine::{NoWalk, Poi, Walk, WalkRequest, generate_route};

use crate::engine_pool::{PoolConfig, PoolFailure};
use crate::envelope::{Measured, Outcome};
use crate::handle::ActorHandle;
use crate::pool_supervisor::PoolSupervisor;
use crate::registry::ActorRegistry;
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
            Err(RouteFailure::Pool(PoolFailure::Busy)) => Outcome::Refused("busy"),
            Err(failure) => Outcome::Failed(failure.code()),
        }
    }
}

/// Cause for which no walk was generated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RouteFailure {
    /// There is none; trying again will not help.
    #[error(transparent)]
    NoWalk(#[from] NoWalk),
    /// The engine answered with an impossible walk.
    #[error("the engine gave an impossible walk: {0}")]
    InvalidResult(&'static str),
    /// The engine gave no answer.
    #[error(transparent)]
    Pool(#[from] PoolFailure),
}

impl RouteFailure {
    /// A stable machine code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoWalk(cause) => cause.code(),
            Self::InvalidResult(_) => "invalid_result",
            Self::Pool(PoolFailure::Busy) => "busy",
            Self::Pool(PoolFailure::DeadlineExceeded) => "deadline_exceeded",
            Self::Pool(PoolFailure::Panicked) => "engine_panicked",
            Self::Pool(PoolFailure::Stopped) => "engine_stopped",
        }
    }
}

/// The work of [`RouteSupervisor`], with its engine.
pub struct Walking(Engine);

impl fmt::Debug for Walking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Walking")
    }
}

/// The supervisor of route generation.
pub type RouteSupervisor = PoolSupervisor<Walking>;

/// Room of the mailbox.
const MAILBOX: usize = 64;

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
        Self::supervise(
            "route_supervisor",
            MAILBOX,
            Walking(engine),
            config,
            registry,
        )
    }
}

impl Handler<GenerateRoute> for RouteSupervisor {
    type Result = ResponseFuture<Result<Walk, RouteFailure>>;

    fn handle(&mut self, message: GenerateRoute, _: &mut Self::Context) -> Self::Result {
        let engine = self.work.0.clone();
        self.compute(message.deadline, move || {
            message.span.in_scope(|| generate(&engine, &message))
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
