//! Notes of a walker about a walk.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::saved::require_own;
use crate::api::error::{ApiError, ErrorBody, Fault};
use crate::api::extract::{Body, CurrentUser, Fields, FromFields, PathId, parse_id, values};
use crate::api::fault::FaultCode;
use crate::api::idempotency::{self, ClientKey, Written};
use crate::api::state::AppState;
use crate::api::users::change::lock;
use crate::db::Connection;
use crate::db::routes::walker::{MAX_NOTES, RouteNote, stop_ids};

/// A note.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "8a6e0804-2bd0-4672-b79d-d97027f9071a", "poi_id": 24_094_959_931_i64, "body": "Come back for the cake.", "created_at": "2026-11-25T10:40:00Z"}))]
pub struct NoteView {
    id: Uuid,
    /// The stop it is about, if it is about one.
    poi_id: Option<i64>,
    body: String,
    created_at: DateTime<Utc>,
}

impl From<RouteNote> for NoteView {
    fn from(
        RouteNote {
            id,
            poi_id,
            body,
            created_at,
        }: RouteNote,
    ) -> Self {
        Self {
            id,
            poi_id,
            body,
            created_at,
        }
    }
}

/// A note to add.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"body": "Come back for the cake."}))]
pub struct NoteBody {
    #[schema(schema_with = values::note_schema)]
    body: String,
    /// A stop of this walk.
    poi_id: Option<i64>,
}

impl FromFields for NoteBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let body = fields.required("body", |fields, key| {
            values::text(fields, key, values::NOTE)
        });
        let poi_id = fields.big_integer("poi_id");
        Some(Self {
            body: body?,
            poi_id,
        })
    }
}

/// My notes on a walk, oldest first.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 200, description = "At most 200 notes", body = Vec<NoteView>),
))]
#[get("/routes/{route_id}/notes")]
pub async fn notes(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<Json<Vec<NoteView>>, ApiError> {
    let mut connection = state.db.get().await?;
    require_own(&mut connection, id, user.id).await?;
    let notes = RouteNote::of_walk(&mut connection, user.id, id).await?;
    Ok(Json(notes.into_iter().map(NoteView::from).collect()))
}

/// Write a note.
#[utoipa::path(tag = "routes", request_body = NoteBody, security(("session" = [])),
    params(("route_id" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)), responses(
    (status = 201, description = "The note", body = NoteView),
    (status = 409, description = "There are 200 notes already, or the idempotency key came with another body before", body = ErrorBody),
))]
#[post("/routes/{route_id}/notes")]
pub async fn add_note(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
    key: ClientKey,
    body: Body<NoteBody>,
) -> Result<HttpResponse, ApiError> {
    let key = key.of(user.id, "POST /routes/notes", body.digest);
    let NoteBody { body, poi_id } = body.value;
    let written = idempotency::once(&state.db, key.as_ref(), async |connection| {
        lock(connection, user.id, None).await?;
        require_own(connection, id, user.id).await?;
        check_stop(connection, id, poi_id).await?;
        if RouteNote::count(connection, user.id, id).await? >= MAX_NOTES {
            let fault = Fault::new("", FaultCode::TooManyNotes, "a walk has at most 200 notes");
            return Err(ApiError::Conflict("there are too many notes", vec![fault]));
        }
        let note = RouteNote::insert(connection, user.id, id, poi_id, &body).await?;
        Written::new(StatusCode::CREATED, &NoteView::from(note))
    });
    Ok(written.await?.respond())
}

async fn check_stop(
    connection: &mut Connection,
    route_id: Uuid,
    poi_id: Option<i64>,
) -> Result<(), ApiError> {
    match poi_id {
        Some(poi_id) if !stop_ids(connection, route_id).await?.contains(&poi_id) => {
            Err(ApiError::invalid(
                "poi_id",
                FaultCode::UnknownStop,
                "is not a stop of this walk",
            ))
        }
        _ => Ok(()),
    }
}

/// Delete a note.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path), ("note_id" = Uuid, Path)), responses(
    (status = 204, description = "Deleted"),
))]
#[delete("/routes/{route_id}/notes/{note_id}")]
pub async fn delete_note(
    state: Data<AppState>,
    user: CurrentUser,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (route_id, note_id) = (parse_id(&path.0)?, parse_id(&path.1)?);
    let deleted =
        RouteNote::delete(&mut *state.db.get().await?, user.id, route_id, note_id).await?;
    if deleted == 1 {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ApiError::NotFound("note"))
    }
}
