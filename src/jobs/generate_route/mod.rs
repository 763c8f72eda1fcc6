//! Generate the walk of a request in the ledger: load, supervise, store, announce.

mod announce;
mod claim;
mod flight;
mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;
use tokio::join;
use tracing::Span;
use uuid::Uuid;
use wildside_actors::engine_pool::PoolFailure;
use wildside_actors::route_supervisor::{GenerateRoute, RouteFailure};
use wildside_engine::network::Network;
use wildside_engine::walk::reach::{OutOfReach, Reach};
use wildside_engine::{Poi, Walk};

use self::claim::Claimed;
use self::flight::{Boarding, Flight};
use super::sparse_themes::enrich_sparse_themes;
use super::{JobContext, JobError, Perform, Performed};
use crate::db::ledger::params::RouteParams;
use crate::db::ledger::route_requests::{CompletedRequest, Completion, RouteRequest};
use crate::db::routes::{NewRoute, Route};
use crate::queue::GenerateRouteJob;
use crate::walks::route_cache::CacheKey;

/// Between the engine's deadline and the job's, for what comes before and after it.
const STORE_RESERVE: Duration = Duration::from_secs(5);

impl Perform for GenerateRouteJob {
    async fn perform(&self, context: &JobContext) -> Result<Performed, JobError> {
        let started = Instant::now();
        match Situation::of(self, context).await? {
            Situation::Lead(work, known, _flight) => {
                let outcome = work.lead(known).await;
                observe_duration(started, context);
                outcome?;
            }
            Situation::Follow(work) => work.follow().await?,
            Situation::Ended(request) => announce::end(&request, context).await?,
            Situation::Gone => {}
        }
        Ok(Performed::Done)
    }

    async fn give_up(&self, context: &JobContext, error: &JobError) -> Result<(), JobError> {
        match claim::claim(self, context).await? {
            Claimed::Mine(request) => {
                let work = Work::new(self, request, context);
                work.fail(error.code(), error.message_for_user()).await
            }
            Claimed::Ended(_) | Claimed::Gone => Ok(()),
        }
    }
}

/// Situation in which a run finds its request.
enum Situation<'a> {
    /// The request is this run's to compute, unless the walk of an earlier flight answers it.
    Lead(Work<'a>, Option<Uuid>, Option<Flight>),
    /// Another run computes its like.
    Follow(Work<'a>),
    /// It has ended already.
    Ended(RouteRequest),
    /// It is gone.
    Gone,
}

impl<'a> Situation<'a> {
    /// Claims the request, and boards the flight of its like meanwhile.
    async fn of(job: &'a GenerateRouteJob, context: &'a JobContext) -> Result<Self, JobError> {
        let key = CacheKey::stored(job.cache_key.clone());
        let (claimed, boarding) = join!(
            claim::begin(job, context),
            flight::board(&context.cache, &key),
        );
        let work = |request| Work::new(job, request, context);
        Ok(match (claimed?, boarding) {
            (Claimed::Mine(request), Boarding::Lead { flight, known }) => {
                Self::Lead(work(request), known, flight)
            }
            (Claimed::Mine(request), Boarding::Follow) => Self::Follow(work(request)),
            (Claimed::Ended(request), _) => Self::Ended(request),
            (Claimed::Gone, _) => Self::Gone,
        })
    }
}

fn observe_duration(started: Instant, context: &JobContext) {
    let seconds = started.elapsed().as_secs_f64();
    context
        .metrics
        .route_generation_duration_seconds
        .observe(seconds);
}

/// Work on a request that this run has claimed.
struct Work<'a> {
    job: &'a GenerateRouteJob,
    request: RouteRequest,
    key: CacheKey,
    context: &'a JobContext,
}

impl<'a> Work<'a> {
    fn new(job: &'a GenerateRouteJob, request: RouteRequest, context: &'a JobContext) -> Self {
        Self {
            job,
            request,
            key: CacheKey::stored(job.cache_key.clone()),
            context,
        }
    }

    /// Answers the request with the best walk that there is now; where it had little to choose from, the next one shall
    /// have more.
    async fn lead(&self, known: Option<Uuid>) -> Result<(), JobError> {
        if self.end_with(known).await? {
            return Ok(());
        }
        let params = RouteParams::deserialize(&self.request.params)?;
        let reach = match params.reach() {
            Ok(reach) => reach,
            Err(cause) => return self.fail(OutOfReach::CODE, &cause.to_string()).await,
        };
        let departure = params.departure().unwrap_or_else(Utc::now);
        let (pois, streets) = join!(
            self.load_places(&params, departure, reach),
            self.load_streets(reach)
        );
        let pois = pois?;
        let outcome = self
            .answer(&params, departure, pois.clone(), streets?)
            .await;
        enrich_sparse_themes(&params, &pois, self.request.trace_id, self.context).await;
        outcome
    }

    /// Supervise, store, announce.
    async fn answer(
        &self,
        params: &RouteParams,
        departure: DateTime<Utc>,
        pois: Arc<[Poi]>,
        network: Network,
    ) -> Result<(), JobError> {
        let computing = self.supervise(params, departure, pois, network);
        let walk = match self.in_stage("computing", 0.3, computing).await {
            Ok(walk) => walk,
            Err(RouteFailure::NoWalk(no_walk)) => {
                return self.fail(no_walk.code(), &words::explain(&no_walk)).await;
            }
            Err(failure) => return Err(failure.into()),
        };
        let computed = analytics_of(params, &walk);
        let same_until = same_until(params, departure, &walk);
        let finished = self.store(walk, same_until).await?;
        let Some(route_id) = finished.first().map(|request| request.route_id) else {
            tracing::warn!("another worker has taken the request over");
            return Ok(());
        };
        join!(
            self.context.cache.put(&self.key, route_id, same_until),
            announce::completions(&finished, self.context)
        );
        if let Some(user_id) = self.request.user_id {
            let analytics = &self.context.analytics;
            analytics.capture("RouteComputed", user_id, computed);
        }
        tracing::info!(route.id = %route_id, requests = finished.len(), "walk stored");
        Ok(())
    }

    async fn load_places(
        &self,
        params: &RouteParams,
        departure: DateTime<Utc>,
        reach: Reach,
    ) -> Result<Arc<[Poi]>, JobError> {
        let places = &self.context.places;
        let pois = places
            .candidates(params, departure, reach, &self.job.areas)
            .await?;
        tracing::debug!(pois = pois.len(), "places loaded");
        Ok(pois.into())
    }

    /// The streets that can be walked in the time.
    async fn load_streets(&self, reach: Reach) -> Result<Network, JobError> {
        let cells = self.context.network.cells(&reach.street_cells()).await?;
        tracing::debug!(cells = cells.len(), "streets loaded");
        Ok(Network::join(cells))
    }

    /// Has the engine compute, on a thread of its supervisor.
    async fn supervise(
        &self,
        params: &RouteParams,
        departure: DateTime<Utc>,
        pois: Arc<[Poi]>,
        network: Network,
    ) -> Result<Walk, RouteFailure> {
        let limits = &self.context.limits;
        let budget = limits
            .engine_budget
            .min(limits.timeout.saturating_sub(STORE_RESERVE));
        let mut request = params.to_walk_request();
        request.choice.departure = Some(departure);
        let question = GenerateRoute {
            request,
            pois,
            network,
            deadline: Instant::now() + budget,
            span: Span::current(),
        };
        let answer = self.context.routes.ask(question).await;
        answer.unwrap_or(Err(PoolFailure::Stopped.into()))
    }

    /// Stores the walk; answers the requests that it has ended, none if this run was fenced meanwhile.
    async fn store(
        &self,
        walk: Walk,
        same_until: Option<DateTime<Utc>>,
    ) -> Result<Vec<CompletedRequest>, JobError> {
        let completion = Completion {
            request_id: self.request.id,
            attempt: self.request.attempt,
            route: NewRoute::new(walk, same_until)?,
        };
        let storing = self.context.completions.submit(completion);
        Ok(self.in_stage("storing", 0.9, storing).await?)
    }

    /// Waits for the leader, who ends this request as well, unless he fails or began before the request was made.
    async fn follow(&self) -> Result<(), JobError> {
        let JobContext { cache, .. } = self.context;
        let known = match flight::await_landing(cache, &self.key).await {
            Ok(known) => known,
            Err(error) => {
                tracing::debug!(%error, "computing without single flight");
                return self.lead(None).await;
            }
        };
        if self.end_with(known).await? {
            return Ok(());
        }
        self.tell_end().await
    }

    /// Ends the request with the walk that is `known` for its like; false if there is none any more.
    async fn end_with(&self, known: Option<Uuid>) -> Result<bool, JobError> {
        let Some(route_id) = known else {
            return Ok(false);
        };
        let mut connection = self.context.db.get().await?;
        if !Route::exists(&mut connection, route_id).await? {
            self.context.cache.remove(&self.key).await;
            return Ok(false);
        }
        let finished = self.request.complete(&mut connection, route_id).await?;
        drop(connection);
        match finished {
            Some(finished) => self.context.announcer.announce(&finished).await,
            None => self.tell_end().await?,
        }
        Ok(true)
    }

    /// Tells how the request has ended, which this run could not end.
    async fn tell_end(&self) -> Result<(), JobError> {
        let request = {
            let mut connection = self.context.db.get().await?;
            RouteRequest::find(&mut connection, self.request.id).await?
        };
        match request {
            Some(request) => announce::end(&request, self.context).await,
            None => Ok(()),
        }
    }

    /// Ends the request without a walk.
    async fn fail(&self, code: &str, message: &str) -> Result<(), JobError> {
        let failed = {
            let mut connection = self.context.db.get().await?;
            self.request.fail(&mut connection, code, message).await?
        };
        if let Some(failed) = failed {
            tracing::info!(code, "request failed");
            self.context.announcer.announce(&failed).await;
        }
        Ok(())
    }
}

/// Time until which a walk answers other requests for one that begins when it is made.
fn same_until(
    params: &RouteParams,
    departure: DateTime<Utc>,
    walk: &Walk,
) -> Option<DateTime<Utc>> {
    let seconds = walk.same_for.filter(|_| params.departure().is_none())?;
    Some(departure + TimeDelta::seconds(i64::from(seconds)))
}

fn analytics_of(params: &RouteParams, walk: &Walk) -> serde_json::Value {
    json!({
        "route_duration_minutes": params.duration_minutes(),
        "poi_count": walk.stops.len(),
        "distance_metres": walk.distance_metres.round(),
        "theme_count": params.themes().len(),
    })
}
