//! Logging in and out.

use actix_session::Session;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde_json::json;
use utoipa::ToSchema;

use super::profile::Profile;
use crate::accounts::attempts::Place;
use crate::accounts::canonical_name;
use crate::accounts::password::{LONGEST_BYTES, PasswordHashing};
use crate::api::cost::Dear;
use crate::api::error::ApiError;
use crate::api::extract::{Body, ClientAddress, CurrentUser, Fields, FromFields};
use crate::api::session::{Device, LoginSession};
use crate::api::state::AppState;
use crate::db::users::{Credentials, User};

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
/// An unknown name and a wrong password get the same answer after the same time. After many failures the next has to wait;
/// where the name has logged in before, be it from this address or, by the cookie `wildside_device`, on this device, only
/// what failed there counts.
#[utoipa::path(tag = "users", request_body = Login, responses(
    (status = 200, description = "The profile, and a session cookie", body = Profile,
        headers(("Set-Cookie" = String, description = "The session"))),
    (status = 401, description = "The name or the password is wrong", body = crate::api::error::ErrorBody),
))]
#[post("/login")]
pub async fn login(
    state: Data<AppState>,
    address: ClientAddress,
    device: Device,
    session: Session,
    body: Body<Login>,
) -> Result<HttpResponse, ApiError> {
    let Login { username, password } = body.value;
    let name = canonical_name(&username);
    Dear::Login.charge(&state, address)?;
    let address = address.limit_key();
    let place = Place {
        address,
        device: device.known(),
    };
    let attempt = state.attempts.logins.begin(name.as_deref(), place).await?;
    let passwords = state.passwords.on_behalf_of(address);
    let user = match authenticate(&state, &passwords, name, password).await {
        Ok(user) => user,
        Err(ApiError::WrongCredentials) => return Err(ApiError::WrongCredentials),
        Err(error) => {
            attempt.take_back().await;
            return Err(error);
        }
    };
    attempt.succeed(device.id()).await;
    LoginSession::begin(&session, user.id, user.session_generation)?;
    state.analytics.capture("UserLogin", user.id, json!({}));
    let mut response = HttpResponse::Ok();
    if let Some(device) = device.cookie(&state.session) {
        response.cookie(device);
    }
    Ok(response.json(Profile::from(user)))
}

async fn authenticate(
    state: &AppState,
    passwords: &PasswordHashing,
    name: Option<String>,
    password: String,
) -> Result<User, ApiError> {
    // No name and no password is like that: nobody has these, but it takes as long to say so.
    let possible = name.filter(|_| password.len() <= LONGEST_BYTES);
    let password = possible.as_ref().map_or_else(String::new, |_| password);
    let name = possible.unwrap_or_default();
    let known = Credentials::find_by_name(&mut *state.db.get().await?, &name).await?;
    let (known, generation) = known.unzip();
    let (user_id, stored) = known
        .map(|known| (known.user_id, known.password_hash))
        .unzip();
    if !passwords.verify(password, stored).await? {
        return Err(ApiError::WrongCredentials);
    }
    let user = User::find(&mut *state.db.get().await?, user_id.unwrap_or_default()).await?;
    let user = user.ok_or(ApiError::WrongCredentials)?;
    // Should the password have been changed meanwhile, the session is one of those that this has ended.
    Ok(User {
        session_generation: generation.unwrap_or_default(),
        ..user
    })
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
