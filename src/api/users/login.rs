//! Logging in and out.

use actix_session::Session;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, post};
use serde_json::json;
use utoipa::ToSchema;

use super::profile::Profile;
use crate::api::error::ApiError;
use crate::api::extract::{Body, ClientAddress, CurrentUser, Fields, FromFields};
use crate::db::users::{Credentials, User};
use crate::password::LONGEST_BYTES;
use crate::session::LoginSession;
use crate::state::AppState;

/// A name and its password.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"username": "ada", "password": "correct horse battery staple"}))]
pub struct Login {
    username: String,
    #[schema(write_only)]
    password: String,
}

impl FromFields for Login {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let username = fields.required("username", Fields::string);
        let password = fields.required("password", Fields::string);
        Some(Self {
            username: username?.to_owned(),
            password: password?.to_owned(),
        })
    }
}

/// Log in.
///
/// An unknown name and a wrong password get the same answer after the same time.
#[utoipa::path(tag = "users", request_body = Login, responses(
    (status = 200, description = "The profile, and a session cookie", body = Profile,
        headers(("Set-Cookie" = String, description = "The session"))),
    (status = 401, description = "The name or the password is wrong", body = crate::api::error::ErrorBody),
))]
#[post("/login")]
pub async fn login(
    state: Data<AppState>,
    address: ClientAddress,
    session: Session,
    body: Body<Login>,
) -> Result<Json<Profile>, ApiError> {
    let Login { username, password } = body.value;
    let (from, name) = (address.limit_key().to_string(), username.to_lowercase());
    state.attempts.addresses.begin(&from).await?;
    state.attempts.names.begin(&name).await?;
    let user = authenticate(&state, &username, password).await?;
    state.attempts.addresses.forgive(&from).await;
    state.attempts.names.forgive(&name).await;
    LoginSession::begin(&session, user.id, user.session_generation)?;
    state.analytics.capture("UserLogin", user.id, json!({}));
    Ok(Json(user.into()))
}

async fn authenticate(
    state: &AppState,
    username: &str,
    password: String,
) -> Result<User, ApiError> {
    // PostgreSQL text can't hold NUL, and no password is that long: nobody has these, but it takes as long to say so.
    let possible = password.len() <= LONGEST_BYTES && !username.contains('\0');
    let name = if possible { username } else { "" };
    let credentials = Credentials::find_by_name(&mut *state.db.get().await?, name).await?;
    let (user_id, stored) = credentials
        .map(|known| (known.user_id, known.password_hash))
        .unzip();
    let password = if possible { password } else { String::new() };
    if !state.passwords.verify(password, stored).await? {
        return Err(ApiError::WrongCredentials);
    }
    let user = User::find(&mut *state.db.get().await?, user_id.unwrap_or_default()).await?;
    user.ok_or(ApiError::WrongCredentials)
}

/// Log out.
///
/// Ends every login session of the user, on all devices.
#[utoipa::path(tag = "users", security(("session" = [])), responses((status = 204, description = "Logged out")))]
#[post("/logout")]
pub async fn logout(
    state: Data<AppState>,
    user: CurrentUser,
    session: Session,
) -> Result<HttpResponse, ApiError> {
    User::end_sessions(&mut *state.db.get().await?, user.id).await?;
    session.purge();
    Ok(HttpResponse::NoContent().finish())
}
