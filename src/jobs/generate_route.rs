//! Generate the walk of a request in the ledger.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use serde::Deserialize;
use serde_json::json;
use tokio::join;
use tracing::{Instrument, Span};
use uuid::Uuid;
use wildside_actors::route_supervisor::{GenerateRoute, RouteFailure};
use wildside_actors::{Status, StatusEvent};
use wildside_engine::network::{CellId, Network};
use wildside_engine::{NoWalk, Poi, Walk, bounding_box};

use super::flight::{Flight, Turn};
use super::sparse_themes::enrich_sparse_themes;
use super::stage::in_stage;
use super::{JobContext, JobError, Perform};
use crate::db::ledger::params::RouteParams;
use crate::db::ledger::route_requests::{Claim, CompletedRequest, Completion, RouteRequest};
use crate::db::routes::{NewRoute, Route};
use crate::queue::GenerateRouteJob;
use crate::walks::announcer;
use crate::walks::route_cache::CacheKey;
use wildside_engine::walk::reach::{OutOfReach, Reach};

/// Streets are loaded this far beyond the outermost place, so that a way round is known too.
const STREET_MARGIN_METRES: f64 = 300.0;
/// Between the engine's deadline and the job's, for what comes before and after it.
const STORE_RESERVE: Duration = Duration::from_secs(5);

impl Perform for GenerateRouteJob {
    async fn perform(&self, context: &JobContext) -> Result<(), JobError> {
        let started = Instant::now();
        let key = CacheKey::stored(self.cache_key.clone());
        // Redis is asked in this order, so that whoever takes the lead knows of all flights that have landed.
        let (claimed, turn, known) = join!(
            begin(self, context),
            Flight::board(&context.redis, &key),
            context.cache.get(&key),
        );
        let outcome = match (claimed, &turn) {
            (Ok(Claimed::Mine(request)), Turn::Lead(_)) => {
                let outcome = lead(&request, &key, known, context).await;
                observe_duration(started, context);
                outcome
            }
            (Ok(Claimed::Mine(request)), Turn::Follow) => follow(&request, &key, context).await,
            (Ok(Claimed::Over(request)), _) => tell_end(request, context).await,
            (Err(error), _) => Err(error),
        };
        if let Turn::Lead(Some(flight)) = turn {
            // The next job need not wait for it.
            tokio::spawn(flight.land());
        }
        outcome
    }

    async fn give_up(&self, context: &JobContext, error: &JobError) -> Result<(), JobError> {
        match claim(self, context).await? {
            Claimed::Mine(request) => {
                fail(&request, error.code(), error.message_for_user(), context).await
            }
            Claimed::Over(_) => Ok(()),
        }
    }
}

/// What a claim comes to.
enum Claimed {
    /// The request is the caller's to work on.
    Mine(RouteRequest),
    /// It has ended; `None`: it is gone.
    Over(Option<RouteRequest>),
}

/// Claims the request and tells that it is worked on; nobody waits until that is heard, for what is said later on the same
/// connection is heard later.
async fn begin(job: &GenerateRouteJob, context: &JobContext) -> Result<Claimed, JobError> {
    let claimed = claim(job, context).await?;
    if let Claimed::Mine(request) = &claimed
        && let Some(event) = announcer::event(request)
    {
        let announcer = context.announcer.clone();
        tokio::spawn(async move { announcer.send(&event).await }.in_current_span());
    }
    Ok(claimed)
}

async fn claim(job: &GenerateRouteJob, context: &JobContext) -> Result<Claimed, JobError> {
    if let Some(request) = context.claims.submit(Claim(job.request_id)).await? {
        return Ok(Claimed::Mine(request));
    }
    let mut connection = context.db.get().await?;
    let found = RouteRequest::find(&mut connection, job.request_id).await?;
    if found.as_ref().is_none_or(|found| found.status.is_final()) {
        return Ok(Claimed::Over(found));
    }
    // Somebody had it locked.
    match RouteRequest::claim(&mut connection, job.request_id).await? {
        Some(request) => Ok(Claimed::Mine(request)),
        None => Ok(Claimed::Over(
            RouteRequest::find(&mut connection, job.request_id).await?,
        )),
    }
}

fn observe_duration(started: Instant, context: &JobContext) {
    let seconds = started.elapsed().as_secs_f64();
    context
        .metrics
        .route_generation_duration_seconds
        .observe(seconds);
}

/// Computes the walk, unless it is known from an earlier flight that has landed since the request was made.
async fn lead(
    request: &RouteRequest,
    key: &CacheKey,
    known: Option<Uuid>,
    context: &JobContext,
) -> Result<(), JobError> {
    if is_answered(request, key, known, context).await? {
        return Ok(());
    }
    let params = RouteParams::deserialize(&request.params)?;
    let reach = match params.reach() {
        Ok(reach) => reach,
        Err(cause) => return fail(request, OutOfReach::CODE, &cause.to_string(), context).await,
    };
    let pois = load_pois(&params, reach, key, context).await?;
    compute(request, key, &params, pois, context).await
}

/// The best walk that there is now; where it had little to choose from, the next one shall have more.
async fn compute(
    request: &RouteRequest,
    key: &CacheKey,
    params: &RouteParams,
    pois: Arc<[Poi]>,
    context: &JobContext,
) -> Result<(), JobError> {
    let outcome = answer(request, key, params, pois.clone(), context).await;
    enrich_sparse_themes(params, &pois, request.trace_id, context).await;
    outcome
}

/// Load, compute, store, announce.
async fn answer(
    request: &RouteRequest,
    key: &CacheKey,
    params: &RouteParams,
    pois: Arc<[Poi]>,
    context: &JobContext,
) -> Result<(), JobError> {
    let network = load_network(params, &pois, context).await?;
    let computing = generate(params, pois, network, context);
    let walk = match in_stage("computing", 0.3, request, context, computing).await? {
        Ok(walk) => walk,
        Err(no_walk) => return fail(request, no_walk.code(), &explain(&no_walk), context).await,
    };

    let computed = analytics_of(params, &walk);
    let completion = Completion {
        request_id: request.id,
        attempt: request.attempt,
        route: NewRoute::new(walk)?,
    };
    let route_id = completion.route.id;
    let storing = context.completions.submit(completion);
    let finished = in_stage("storing", 0.9, request, context, storing).await?;
    if finished.is_empty() {
        tracing::warn!("another worker has taken the request over");
        return Ok(());
    }
    join!(
        context.cache.put(key, route_id),
        announce_completions(&finished, context)
    );
    if let Some(user_id) = request.user_id {
        context
            .analytics
            .capture("RouteComputed", user_id, computed);
    }
    tracing::info!(route.id = %route_id, requests = finished.len(), "walk stored");
    Ok(())
}

fn analytics_of(params: &RouteParams, walk: &Walk) -> serde_json::Value {
    json!({
        "route_duration_minutes": params.duration_minutes(),
        "poi_count": walk.stops.len(),
        "distance_metres": walk.distance_metres.round(),
        "theme_count": params.themes().len(),
    })
}

async fn load_pois(
    params: &RouteParams,
    reach: Reach,
    key: &CacheKey,
    context: &JobContext,
) -> Result<Arc<[Poi]>, JobError> {
    let areas = key.areas();
    let pois = context.places.candidates(params, reach, &areas).await?;
    tracing::debug!(pois = pois.len(), "places loaded");
    Ok(pois.into())
}

/// The street cells around everything that the walk may touch.
async fn load_network(
    params: &RouteParams,
    pois: &[Poi],
    context: &JobContext,
) -> Result<Network, JobError> {
    let places = pois.iter().map(|poi| poi.location);
    let everything = params.ends().chain(places);
    let (south_west, north_east) = bounding_box(everything, STREET_MARGIN_METRES);
    let cells = context
        .network
        .cells(&CellId::covering(south_west, north_east))
        .await?;
    tracing::debug!(cells = cells.len(), "streets loaded");
    Ok(Network::join(cells))
}

/// Asks the engine; that there is no walk is an answer too.
async fn generate(
    params: &RouteParams,
    pois: Arc<[Poi]>,
    network: Network,
    context: &JobContext,
) -> Result<Result<Walk, NoWalk>, JobError> {
    let budget = context
        .limits
        .engine_budget
        .min(context.limits.timeout.saturating_sub(STORE_RESERVE));
    let question = GenerateRoute {
        request: params.to_walk_request(),
        pois,
        network,
        deadline: Instant::now() + budget,
        span: Span::current(),
    };
    match context.routes.ask(question).await {
        Ok(Ok(walk)) => Ok(Ok(walk)),
        Ok(Err(RouteFailure::NoWalk(no_walk))) => Ok(Err(no_walk)),
        Ok(Err(failure)) => Err(failure.into()),
        Err(_) => Err(JobError::Busy),
    }
}

/// Waits for the leader, who ends this request as well, unless he fails or began before the request was made.
async fn follow(
    request: &RouteRequest,
    key: &CacheKey,
    context: &JobContext,
) -> Result<(), JobError> {
    if let Err(error) = Flight::await_landing(&context.redis, key).await {
        tracing::debug!(%error, "computing without single flight");
        return lead(request, key, None, context).await;
    }
    let known = context.cache.get(key).await;
    if is_answered(request, key, known, context).await? {
        return Ok(());
    }
    find_and_tell_end(request.id, context).await
}

/// Ends the request with the walk that is `known` for its like; false if there is none any more.
async fn is_answered(
    request: &RouteRequest,
    key: &CacheKey,
    known: Option<Uuid>,
    context: &JobContext,
) -> Result<bool, JobError> {
    let Some(route_id) = known else {
        return Ok(false);
    };
    let mut connection = context.db.get().await?;
    if !Route::exists(&mut connection, route_id).await? {
        context.cache.remove(key).await;
        return Ok(false);
    }
    let finished = request.complete(&mut connection, route_id).await?;
    drop(connection);
    match finished {
        Some(finished) => context.announcer.announce(&finished).await,
        None => find_and_tell_end(request.id, context).await?,
    }
    Ok(true)
}

/// Tells how a request stands that this job could not end.
async fn find_and_tell_end(request_id: Uuid, context: &JobContext) -> Result<(), JobError> {
    let request = {
        let mut connection = context.db.get().await?;
        RouteRequest::find(&mut connection, request_id).await?
    };
    tell_end(request, context).await
}

/// Says how a request has ended that ended without this job: whoever ended it may have died before it could say so, and
/// sessions send no status twice. One that has not ended is to be tried again.
async fn tell_end(request: Option<RouteRequest>, context: &JobContext) -> Result<(), JobError> {
    match request {
        Some(request) if request.status.is_final() => {
            tracing::info!("the request has ended already");
            context.announcer.announce(&request).await;
            Ok(())
        }
        Some(_) => Err(JobError::Busy),
        None => Ok(()),
    }
}

async fn fail(
    request: &RouteRequest,
    code: &str,
    message: &str,
    context: &JobContext,
) -> Result<(), JobError> {
    let failed = {
        let mut connection = context.db.get().await?;
        request.fail(&mut connection, code, message).await?
    };
    if let Some(failed) = failed {
        tracing::info!(code, "request failed");
        context.announcer.announce(&failed).await;
    }
    Ok(())
}

/// Tells all whose requests ended together in a walk, a number of them at a time.
async fn announce_completions(finished: &[CompletedRequest], context: &JobContext) {
    const AT_A_TIME: usize = 64;
    stream::iter(finished)
        .for_each_concurrent(AT_A_TIME, |request| announce_completion(request, context))
        .await;
}

/// A request that ended before its own job had begun still goes through all statuses.
async fn announce_completion(request: &CompletedRequest, context: &JobContext) {
    let Some(complete) = announcer::completion(request) else {
        return;
    };
    if request.attempt == 0 {
        let begun = StatusEvent {
            status: Status::InProgress,
            route_id: None,
            progress: Some(0.0),
            ..complete.clone()
        };
        context.announcer.send(&begun).await;
    }
    context.announcer.send(&complete).await;
}

/// Why there is no walk, as a person would say it.
fn explain(no_walk: &NoWalk) -> String {
    match no_walk {
        NoWalk::NothingToSee => {
            "We found nothing that fits your themes within this time. Try more themes or a longer walk.".into()
        }
        NoWalk::BudgetTooSmall { needed_seconds } => {
            format!("The time is too short: this walk needs at least {} minutes.", needed_seconds.div_ceil(60))
        }
        NoWalk::NoWalkableWayNearby { .. } => "There is no street or path to walk on near the start.".into(),
        NoWalk::EndUnreachable => "The end can't be reached on foot from the start.".into(),
        NoWalk::DeadlineExceeded => "The walk took too long to compute. Please try a shorter one.".into(),
        NoWalk::InvalidRequest(cause) => format!("The request is not valid: {cause}."),
    }
}
