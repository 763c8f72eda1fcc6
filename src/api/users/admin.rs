//! Users as an admin sees them; a user sees the own.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, patch};
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::write;
use super::profile::Profile;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::extract::{Admin, Body, CurrentUser, Fields, FromFields, Params, PathId, values};
use crate::api::idempotency::ClientKey;
use crate::api::page::{Page, PageParams};
use crate::api::state::AppState;
use crate::db::users::deleted_accounts;
use crate::db::users::{Role, User, UserChanges};

/// All users, in order of their sign-up.
#[utoipa::path(tag = "admin", security(("session" = [])), params(PageParams), responses(
    (status = 200, description = "A page of users", body = Page<Profile>),
    (status = 403, description = "Not an admin", body = ErrorBody),
))]
#[get("/users")]
pub async fn list_users(
    state: Data<AppState>,
    _admin: Admin,
    Params(page): Params<PageParams>,
) -> Result<Json<Page<Profile>>, ApiError> {
    let from = page.cursor.map(|cursor| (cursor.at, cursor.id));
    let rows = User::page(
        &mut *state.db.get().await?,
        from,
        page.backwards(),
        page.rows(),
    )
    .await?;
    Ok(Json(page.page(rows, "/users", "", |user| {
        (user.created_at, user.id)
    })))
}

/// One user: for an admin, and for the user.
#[utoipa::path(tag = "users", security(("session" = [])), params(("user_id" = Uuid, Path)), responses(
    (status = 200, description = "The user", body = Profile),
))]
#[get("/users/{user_id}")]
pub async fn show_user(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<Json<Profile>, ApiError> {
    require_access(&user, id)?;
    let user = User::find(&mut *state.db.get().await?, id)
        .await?
        .ok_or(ApiError::NotFound("user"))?;
    Ok(Json(user.into()))
}

/// Changes; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"display_name": "Ada", "expected_revision": 1}))]
pub struct UserPatch {
    #[schema(schema_with = values::name_schema)]
    display_name: Option<String>,
    /// Only an admin may change it.
    #[schema(value_type = Option<Role>)]
    role: Option<&'static str>,
    expected_revision: Option<i32>,
}

impl FromFields for UserPatch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            display_name: values::text(fields, "display_name", values::NAME),
            role: fields.word("role", &["user", "admin"]),
            expected_revision: fields.integer("expected_revision", 1..=i32::MAX),
        })
    }
}

/// Change one user: for an admin, and for the user.
#[utoipa::path(tag = "users", request_body = UserPatch, security(("session" = [])),
    params(("user_id" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)), responses(
    (status = 200, description = "The user as it is now", body = Profile),
    (status = 403, description = "Only an admin may change a role, or the page is of a foreign origin", body = ErrorBody),
    (status = 409, description = "`revision_mismatch`, with both numbers, or the idempotency key came with another body before", body = ErrorBody),
))]
#[patch("/users/{user_id}")]
pub async fn change_user(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
    key: ClientKey,
    body: Body<UserPatch>,
) -> Result<HttpResponse, ApiError> {
    let key = key.of(user.id, "PATCH /users", body.digest);
    let UserPatch {
        display_name,
        role,
        expected_revision,
    } = body.value;
    require_access(&user, id)?;
    if role.is_some() && user.role != Role::Admin {
        return Err(ApiError::Forbidden("only an admin may change a role"));
    }
    let changes = UserChanges {
        display_name,
        role,
        ..UserChanges::default()
    };
    let written = write(&state, id, key, expected_revision, &changes).await?;
    Ok(written.respond())
}

/// Delete a user.
///
/// Like `DELETE /users/me`, of anybody: the account and its login sessions are gone at once.
#[utoipa::path(tag = "admin", security(("session" = [])), params(("user_id" = Uuid, Path)), responses(
    (status = 204, description = "Deleted"),
    (status = 403, description = "Not an admin", body = ErrorBody),
    (status = 404, description = "There is no such user", body = ErrorBody),
))]
#[delete("/users/{user_id}")]
pub async fn delete_user(
    state: Data<AppState>,
    admin: Admin,
    PathId(id): PathId<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let mut connection = state.db.get().await?;
    let user = User::find(&mut connection, id).await?;
    if !deleted_accounts::mark(&mut connection, id).await? {
        return Err(ApiError::NotFound("user"));
    }
    drop(connection);
    if let Some(user) = user {
        state.attempts.logins.forget(&user.username).await;
    }
    tracing::info!(deleted.id = %id, admin.id = %admin.0.id, "an admin deleted an account");
    Ok(HttpResponse::NoContent().finish())
}

/// Others are not confirmed to exist.
fn require_access(user: &User, id: Uuid) -> Result<(), ApiError> {
    if user.role == Role::Admin || user.id == id {
        Ok(())
    } else {
        Err(ApiError::NotFound("user"))
    }
}
