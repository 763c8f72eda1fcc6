//! Asking for a walk.

use std::slice;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ReqData};
use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{RouteBody, Sources};
use super::coverage;
use super::included;
use super::status::RequestState;
use crate::api::cost::Dear;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::extract::{Body, ClientAddress, CurrentUser};
use crate::api::idempotency::{self, ClientKey, Written};
use crate::api::middleware::trace::TraceId;
use crate::api::state::AppState;
use crate::db::city::areas::AreaState;
use crate::db::ledger::idempotency::IdempotencyKey;
use crate::db::ledger::params::RouteParams;
use crate::db::ledger::route_requests::{Acceptance, NewRouteRequest, RouteRequest};
use crate::db::{Batched, Connection};
use crate::queue::{GenerateRouteJob, Job};
use crate::shared_redis::within;
use crate::walks::admission::Full;
use crate::walks::route_cache::CacheKey;

/// Longest wait of an answer for Redis to take the event and the job.
const SET_OFF_BUDGET: Duration = Duration::from_millis(75);

/// The request was accepted; the walk follows, or is there already.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "request_id": "01939c2e-7f1b-7c3a-9c1e-0242ac120002",
    "status_url": "/api/v1/routes/status/01939c2e-7f1b-7c3a-9c1e-0242ac120002",
    "status": "pending"
}))]
pub struct Accepted {
    request_id: Uuid,
    /// Address of the status.
    status_url: String,
    /// `pending`, or `complete` if an earlier walk answers the request.
    status: RequestState,
    /// The walk, if there is one already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, required = false)]
    route_id: Option<Uuid>,
}

/// Ask for a walk.
///
/// The walk is made in the background. The WebSocket `/ws` tells how it fares; so does `status_url`.
#[utoipa::path(tag = "routes", request_body = RouteBody, security(("session" = [])),
    params(("Idempotency-Key" = Option<Uuid>, Header, description = "The same key and body get the same answer for a day")),
    responses(
        (status = 202, description = "Accepted", body = Accepted, headers(("Location" = String, description = "The status_url"))),
        (status = 409, description = "The idempotency key came with another body before", body = ErrorBody),
        (status = 422, description = "No walk can begin or end there: `outside_coverage`, `no_walkable_way_nearby` or, for an end too far away, `out_of_reach`. The same code for a place to be included that is too far away; `unknown_place` for one that there is not", body = ErrorBody),
    ))]
#[post("/routes")]
pub async fn create_route(
    state: Data<AppState>,
    address: ClientAddress,
    user: CurrentUser,
    trace: ReqData<TraceId>,
    key: ClientKey,
    body: Body<RouteBody>,
) -> Result<HttpResponse, ApiError> {
    state.quotas.routes.check(&user.id)?;
    state
        .themes
        .require(&state.db, "interest_theme_ids", body.value.themes())
        .await?;
    let key = key.of(user.id, "POST /routes", body.digest);
    let (params, sources) = body.value.into_params(&user);
    let request = Request {
        address,
        user_id: user.id,
        trace_id: trace.0,
        params,
        sources,
        key,
    };
    let areas = state
        .coverage
        .within_reach(&state.db, &request.params)
        .await?;
    included::require(&state.db, &request.params).await?;
    let (written, accepted) = request.accept(&state, &areas).await?;
    if let Some(accepted) = accepted {
        set_off(&state, &accepted, areas).await;
    }
    Ok(written.respond())
}

struct Request {
    address: ClientAddress,
    user_id: Uuid,
    trace_id: Uuid,
    params: RouteParams,
    sources: Sources,
    key: Option<IdempotencyKey>,
}

/// Parameters as the ledger keeps them. Where its values come from is no part of what is asked for: who says it and who
/// prefers it share a walk.
#[derive(Serialize)]
struct Asked<'a> {
    #[serde(flatten)]
    params: &'a RouteParams,
    sources: Sources,
}

impl Request {
    /// Writes the request into the ledger; there is no row to set off if the key replays an earlier answer.
    async fn accept(
        self,
        state: &AppState,
        areas: &[AreaState],
    ) -> Result<(Written, Option<RouteRequest>), ApiError> {
        let cache_key = CacheKey::new(&self.params, areas);
        // No connection to the database is held while Redis is asked, which may be slow.
        let (known, room) = tokio::join!(state.cache.get(&cache_key), state.admission.check());
        if known.is_none()
            && let Err(refusal) = self.afford(room, state)
        {
            return Ok((self.promised(state).await?.ok_or(refusal)?, None));
        }
        let wanted = self.acceptance(&cache_key)?;
        if self.key.is_none() {
            let row = self.write(Desk::Shared(state), wanted, known, room).await?;
            return Ok((written(&row)?, Some(row)));
        }
        let mut accepted = None;
        let written = idempotency::once(&state.db, self.key.as_ref(), async |connection| {
            let row = self.write(Desk::Own(connection), wanted, known, room);
            written(accepted.insert(row.await?))
        });
        Ok((written.await?, accepted))
    }

    /// Room for a walk that has to be computed, within the budget of the address.
    fn afford(&self, room: Result<(), Full>, state: &AppState) -> Result<(), ApiError> {
        room?;
        let minutes = self.params.duration_minutes();
        Ok(Dear::Walk { minutes }.charge(state, self.address)?)
    }

    fn acceptance(&self, cache_key: &CacheKey) -> Result<Acceptance, ApiError> {
        let asked = Asked {
            params: &self.params,
            sources: self.sources,
        };
        let params =
            serde_json::to_value(asked).map_err(|error| ApiError::Internal(error.into()))?;
        let key = cache_key.as_str().to_owned();
        Ok(Acceptance {
            request: NewRouteRequest::new(self.user_id, params, key, self.trace_id),
            ends: self.params.ends().collect(),
        })
    }

    /// Earlier answer under the key, which stays promised while there is no room for more. Who has none takes no
    /// connection.
    async fn promised(&self, state: &AppState) -> Result<Option<Written>, ApiError> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        idempotency::answered(&mut *state.db.get().await?, key).await
    }

    /// The request is answered by the `known` walk, if that is still stored, and else by a worker.
    async fn write(
        &self,
        mut desk: Desk<'_>,
        wanted: Acceptance,
        known: Option<Uuid>,
        room: Result<(), Full>,
    ) -> Result<RouteRequest, ApiError> {
        if let Some(route_id) = known {
            let answered = desk.with(async |connection| {
                let answered = wanted.request.insert_answered(connection, route_id);
                Ok(answered.await?)
            });
            if let Some(row) = answered.await? {
                return Ok(row);
            }
        }
        room?;
        if let Some(row) = desk.accept(wanted).await? {
            return Ok(row);
        }
        let refused = desk
            .with(async |connection| Err(coverage::no_way_nearby(connection, &self.params).await));
        refused.await
    }
}

/// Connection on which a request is written.
enum Desk<'a> {
    /// Any, for no longer than one statement, which may be of others as well.
    Shared(&'a AppState),
    /// The one of an idempotency key's transaction.
    Own(&'a mut Connection),
}

impl Desk<'_> {
    async fn with<T>(
        &mut self,
        statement: impl AsyncFnOnce(&mut Connection) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match self {
            Self::Shared(state) => statement(&mut *state.db.get().await?).await,
            Self::Own(connection) => statement(connection).await,
        }
    }

    async fn accept(&mut self, wanted: Acceptance) -> Result<Option<RouteRequest>, ApiError> {
        match self {
            Self::Shared(state) => Ok(state.acceptances.submit(wanted).await?),
            Self::Own(connection) => {
                let mut rows = Acceptance::run_all(connection, slice::from_ref(&wanted)).await?;
                Ok(rows.pop().flatten())
            }
        }
    }
}

fn written(row: &RouteRequest) -> Result<Written, ApiError> {
    let accepted = Accepted {
        request_id: row.id,
        status_url: format!("{}/routes/status/{}", crate::api::PREFIX, row.id),
        status: row.status.into(),
        route_id: row.route_id,
    };
    Written::new(StatusCode::ACCEPTED, &accepted)
}

/// Tells the user's sessions, and a worker if there is work. The request is in the ledger: while Redis is away, slow or
/// full, the answer does not wait for it, and the sweep of the workers queues the job later.
async fn set_off(state: &AppState, request: &RouteRequest, areas: Vec<AreaState>) {
    let announced = state.announcer.announce(request);
    if request.status.is_final() {
        // Redis has just answered with the walk, and no sweep makes up for this event.
        return announced.await;
    }
    let told = within(SET_OFF_BUDGET, async {
        let job = GenerateRouteJob {
            request_id: request.id,
            trace_id: request.trace_id,
            cache_key: request.cache_key.clone(),
            areas,
        };
        // The job goes first: the user waits for it.
        let (pushed, ()) = tokio::join!(state.queue.push(&job), announced);
        pushed
    });
    let outcome = told.await;
    state.admission.queued(&outcome);
    let Err(error) = outcome else {
        return;
    };
    tracing::warn!(request.id = %request.id, %error, "job not queued; the sweep will");
    let failures = &state.observability.metrics.job_push_failures_total;
    failures.with_label_values(&[GenerateRouteJob::QUEUE]).inc();
}
