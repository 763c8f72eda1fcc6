//! The user's own account.

use actix_session::Session;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get};

use super::profile::Profile;
use crate::api::error::ApiError;
use crate::api::extract::CurrentUser;
use crate::db::users::User;
use crate::state::AppState;

/// Who am I?
#[utoipa::path(tag = "users", security(("session" = [])), responses(
    (status = 200, description = "My profile", body = Profile),
))]
#[get("/users/me")]
pub async fn me(CurrentUser(user): CurrentUser) -> Json<Profile> {
    Json(user.into())
}

/// Delete my account.
///
/// Everything personal goes. Walks stay for others, without a name.
#[utoipa::path(tag = "users", security(("session" = [])), responses((status = 204, description = "Deleted")))]
#[delete("/users/me")]
pub async fn delete_me(
    state: Data<AppState>,
    user: CurrentUser,
    session: Session,
) -> Result<HttpResponse, ApiError> {
    User::delete(&mut *state.db.get().await?, user.id).await?;
    session.purge();
    Ok(HttpResponse::NoContent().finish())
}
