//! Making an account.

use actix_session::Session;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde_json::json;
use utoipa::ToSchema;

use super::profile::Profile;
use crate::accounts::attempts::Place;
use crate::accounts::password::PasswordHashing;
use crate::accounts::{self, NAME_LENGTH, check_username};
use crate::api::cost::Dear;
use crate::api::error::ApiError;
use crate::api::extract::{Body, Bound, ClientAddress, Fields, FromFields, values};
use crate::api::fault::FaultCode;
use crate::api::session::{Device, LoginSession};
use crate::api::state::AppState;
use crate::db::users::{NewUser, Role, User};

/// A name and a password for a new account.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"username": "ada", "password": "correct horse battery staple", "display_name": "Ada Lovelace"}))]
pub struct SignUp {
    /// Letters, digits and `._@+-`; upper and lower case are the same.
    #[schema(pattern = "^[A-Za-z0-9._@+-]*$")]
    username: String,
    /// 12 characters to 256 bytes, and none of the passwords that are tried first.
    #[schema(write_only)]
    password: String,
    /// Default: the username.
    #[schema(schema_with = values::name_schema)]
    display_name: Option<String>,
}

impl FromFields for SignUp {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let username = fields.required("username", username);
        let password = fields.required("password", values::new_password);
        let display_name = values::text(fields, "display_name", values::NAME);
        Some(Self {
            username: username?,
            password: password?,
            display_name,
        })
    }
}

fn username(fields: &mut Fields<'_>, key: &str) -> Option<String> {
    fields.bound(key, Bound::Characters(NAME_LENGTH));
    match check_username(fields.string(key)?) {
        Ok(name) => Some(name),
        Err(why) => {
            fields.fault(key, FaultCode::InvalidUsername, why);
            None
        }
    }
}

/// Sign up.
///
/// Makes an account and logs it in.
#[utoipa::path(tag = "users", request_body = SignUp, responses(
    (status = 201, description = "The account, and a session cookie", body = Profile,
        headers(("Set-Cookie" = String, description = "The session"))),
    (status = 409, description = "The name is taken", body = crate::api::error::ErrorBody),
))]
#[post("/users")]
pub async fn sign_up(
    state: Data<AppState>,
    address: ClientAddress,
    device: Device,
    session: Session,
    body: Body<SignUp>,
) -> Result<HttpResponse, ApiError> {
    let sign_up = body.value;
    Dear::NewPassword.charge(&state, address)?;
    let address = address.limit_key();
    let passwords = state.passwords.on_behalf_of(address);
    state.attempts.sign_ups.begin(address).await?;
    let user = match sign_up.carry_out(&state, &passwords).await {
        Ok(user) => user,
        // Who asks for one name after the other learns which are taken.
        Err(taken @ ApiError::Conflict(..)) => return Err(taken),
        Err(error) => {
            state.attempts.sign_ups.take_back(address).await;
            return Err(error);
        }
    };
    let place = Place {
        address,
        device: Some(device.id()),
    };
    // Somebody else may have had the name before.
    state.attempts.logins.forget(&user.username).await;
    let name = user.username.to_ascii_lowercase();
    state.attempts.logins.remember(&name, place).await;
    LoginSession::begin(&session, user.id, user.session_generation)?;
    state.analytics.capture("UserSignup", user.id, json!({}));
    let mut response = HttpResponse::Created();
    if let Some(device) = device.cookie(&state.session) {
        response.cookie(device);
    }
    Ok(response.json(Profile::from(user)))
}

impl SignUp {
    async fn carry_out(
        self,
        state: &AppState,
        passwords: &PasswordHashing,
    ) -> Result<User, ApiError> {
        if let Some(why) = passwords.weakness(self.password.clone()).await? {
            return Err(ApiError::invalid("password", FaultCode::WeakPassword, why));
        }
        let password_hash = passwords.hash(self.password).await?;
        let new_user = NewUser {
            username: &self.username,
            display_name: self.display_name.as_deref().unwrap_or(&self.username),
            role: Role::User.as_str(),
        };
        let mut connection = state.db.get().await?;
        Ok(accounts::create(&mut connection, new_user, password_hash).await??)
    }
}
