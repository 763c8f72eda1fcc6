//! Changing a user.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, patch};
use diesel_async::AsyncConnection;
use utoipa::ToSchema;
use uuid::Uuid;
use wildside_engine::walk::limits;

use super::profile::{self, Profile};
use crate::accounts::password::PasswordHashing;
use crate::api::cost::Dear;
use crate::api::error::{ApiError, ErrorBody, Fault};
use crate::api::extract::{Body, ClientAddress, CurrentUser, Fields, FromFields, values};
use crate::api::fault::{FaultCode, FaultFacts};
use crate::api::idempotency::{self, ClientKey, Written};
use crate::api::session::LoginSession;
use crate::api::state::AppState;
use crate::db::Connection;
use crate::db::ledger::idempotency::IdempotencyKey;
use crate::db::users::{Credentials, User, UserChanges};

const WRONG_PASSWORD: ApiError = ApiError::Forbidden("the current password is wrong");

/// Changes; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"display_name": "Ada", "preferences": {"unit_system": "imperial"}, "expected_revision": 1}))]
pub struct ProfilePatch {
    #[schema(schema_with = values::name_schema)]
    display_name: Option<String>,
    /// The new password; needs `current_password`, and ends all other login sessions.
    #[schema(write_only)]
    password: Option<String>,
    #[schema(write_only)]
    current_password: Option<String>,
    #[schema(value_type = Option<PreferencesPatch>)]
    preferences: Option<UserChanges>,
    /// Refused if the user has changed since this revision.
    expected_revision: Option<i32>,
}

/// Preferences to change.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"duration_minutes": 90, "unit_system": "imperial"}))]
pub struct PreferencesPatch {
    pub popularity_bias: Option<f64>,
    pub duration_minutes: Option<i32>,
    pub accessibility: Option<profile::AccessibilityPatch>,
    pub unit_system: Option<profile::UnitSystem>,
}

impl FromFields for ProfilePatch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let password = values::new_password(fields, "password");
        let current_password = fields.string("current_password").map(str::to_owned);
        if password.is_some() && current_password.is_none() {
            fields.fault(
                "current_password",
                FaultCode::Required,
                "is required to change the password",
            );
        }
        Some(Self {
            display_name: values::text(fields, "display_name", values::NAME),
            password,
            current_password,
            preferences: fields.object("preferences", |fields| Some(preferences(fields))),
            expected_revision: fields.integer("expected_revision", 1..=i32::MAX),
        })
    }
}

fn preferences(fields: &mut Fields<'_>) -> UserChanges {
    let accessibility = values::accessibility(fields, "accessibility");
    UserChanges {
        popularity_bias: fields
            .number("popularity_bias", 0.0..=1.0)
            .map(|bias| Some(bias as f32)),
        duration_minutes: fields
            .integer("duration_minutes", limits::MINUTES)
            .map(Some),
        avoid_stairs: accessibility.avoid_stairs,
        prefer_well_lit: accessibility.prefer_well_lit,
        unit_system: fields.word("unit_system", &["metric", "imperial"]),
        ..UserChanges::default()
    }
}

/// Change my profile, preferences or password.
#[utoipa::path(tag = "users", request_body = ProfilePatch, security(("session" = [])),
    params(("Idempotency-Key" = Option<Uuid>, Header, description = "Does not count when a password is sent: nothing of it is kept")),
    responses(
        (status = 200, description = "The profile as it is now", body = Profile),
        (status = 403, description = "The current password is wrong, or the page is of a foreign origin", body = ErrorBody),
        (status = 404, description = "The account has been deleted in the meantime", body = ErrorBody),
        (status = 409, description = "`revision_mismatch`, with both numbers, or the idempotency key came with another body before", body = ErrorBody),
    ))]
#[patch("/users/me")]
pub async fn change_me(
    state: Data<AppState>,
    address: ClientAddress,
    user: CurrentUser,
    session: Session,
    key: ClientKey,
    body: Body<ProfilePatch>,
) -> Result<HttpResponse, ApiError> {
    let key = key.of(user.id, "PATCH /users/me", body.digest);
    let ProfilePatch {
        display_name,
        password,
        current_password,
        preferences,
        expected_revision,
    } = body.value;
    let changes = UserChanges {
        display_name,
        ..preferences.unwrap_or_default()
    };
    let (Some(new), Some(current)) = (password, current_password) else {
        return Ok(write(&state, user.id, key, expected_revision, &changes)
            .await?
            .respond());
    };
    state.quotas.passwords.check(&user.id)?;
    Dear::NewPassword.charge(&state, address)?;
    // Of one address, however many accounts it has.
    let passwords = state.passwords.on_behalf_of(address.limit_key());
    let password = NewPassword::accept(&state, &passwords, &user, new, current).await?;
    let mut connection = state.db.get().await?;
    let user = connection
        .transaction(async |connection| {
            lock(connection, user.id, expected_revision).await?;
            let user = change(connection, user.id, &changes).await?;
            password.set(connection, user).await
        })
        .await?;
    LoginSession::begin(&session, user.id, user.session_generation)?;
    Ok(HttpResponse::Ok().json(Profile::from(user)))
}

/// Changes a user once for each key.
///
/// # Errors
/// `conflict` if the expected revision is not the current one, or the key came with another body before.
pub async fn write(
    state: &AppState,
    id: Uuid,
    key: Option<IdempotencyKey>,
    expected_revision: Option<i32>,
    changes: &UserChanges,
) -> Result<Written, ApiError> {
    idempotency::once(&state.db, key.as_ref(), async |connection| {
        lock(connection, id, expected_revision).await?;
        let user = change(connection, id, changes).await?;
        Written::new(StatusCode::OK, &Profile::from(user))
    })
    .await
}

/// A password in the place of another.
struct NewPassword {
    /// The hash that the current password was compared with.
    current_hash: String,
    hash: String,
}

impl NewPassword {
    /// Refuses whoever does not know the current password, and a new one that is weak.
    async fn accept(
        state: &AppState,
        passwords: &PasswordHashing,
        user: &User,
        new: String,
        current: String,
    ) -> Result<Self, ApiError> {
        let stored = Credentials::find(&mut *state.db.get().await?, user.id).await?;
        let stored = stored.map(|known| known.password_hash);
        let matches = passwords.verify(current, stored.clone()).await?;
        let Some(current_hash) = stored.filter(|_| matches) else {
            return Err(WRONG_PASSWORD);
        };
        if let Some(why) = passwords.weakness(new.clone()).await? {
            return Err(ApiError::invalid("password", FaultCode::WeakPassword, why));
        }
        let hash = passwords.hash(new).await?;
        Ok(Self { current_hash, hash })
    }

    /// Sets the password, and ends all login sessions; refused if it has been changed since it was looked at.
    async fn set(self, connection: &mut Connection, user: User) -> Result<User, ApiError> {
        let new = Credentials {
            user_id: user.id,
            password_hash: self.hash,
        };
        if new.replace(connection, &self.current_hash).await? == 0 {
            return Err(WRONG_PASSWORD);
        }
        let generation = User::end_sessions(connection, user.id).await?;
        Ok(User {
            session_generation: generation.unwrap_or_default(),
            ..user
        })
    }
}

/// Locks a user in a transaction of the caller: writes to the user, and to what belongs to it, come one after the other.
///
/// # Errors
/// `conflict` if the expected revision is not the current one.
pub async fn lock(
    connection: &mut Connection,
    id: Uuid,
    expected_revision: Option<i32>,
) -> Result<(), ApiError> {
    let revision = User::lock(connection, id).await?;
    check_revision(
        expected_revision,
        revision.ok_or(ApiError::NotFound("user"))?,
    )
}

/// Changes a user that the caller has locked.
///
/// # Errors
/// The database is away.
pub async fn change(
    connection: &mut Connection,
    id: Uuid,
    changes: &UserChanges,
) -> Result<User, ApiError> {
    User::update(connection, id, changes).await?;
    User::find(connection, id)
        .await?
        .ok_or(ApiError::NotFound("user"))
}

/// Refuses a change that was made with an older state in mind.
///
/// # Errors
/// `conflict` with both numbers.
pub fn check_revision(expected: Option<i32>, actual: i32) -> Result<(), ApiError> {
    match expected {
        Some(expected) if expected != actual => {
            let fault = Fault::new(
                "expected_revision",
                FaultCode::RevisionMismatch,
                "somebody changed it in the meantime",
            );
            let fault = fault.with(FaultFacts {
                expected: Some(expected),
                actual: Some(actual),
                ..FaultFacts::default()
            });
            Err(ApiError::Conflict(
                "it has changed in the meantime",
                vec![fault],
            ))
        }
        _ => Ok(()),
    }
}
