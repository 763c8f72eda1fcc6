//! The user's own account.

use actix_session::Session;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get};

use super::profile::Profile;
use crate::api::error::ApiError;
use crate::api::extract::CurrentUser;
use crate::api::state::AppState;
use crate::db::users::deleted_accounts;

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
/// It is gone at once, and whatever is personal with it. Walks stay for those who have the same, without a name and a time; all
/// others are removed within minutes.
#[utoipa::path(tag = "users", security(("session" = [])), responses((status = 204, description = "Deleted")))]
#[delete("/users/me")]
pub async fn delete_me(
    state: Data<AppState>,
    user: CurrentUser,
    session: Session,
) -> Result<HttpResponse, ApiError> {
    deleted_accounts::mark(&mut *state.db.get().await?, user.id).await?;
    state.attempts.logins.forget(&user.username).await;
    session.purge();
    Ok(HttpResponse::NoContent().finish())
}
