//! Changing a user.

use actix_session::Session;
use actix_web::web::{Data, Json};
use actix_web::{patch, put};
use diesel_async::AsyncConnection;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::profile::{self, Profile};
use crate::api::error::{ApiError, ErrorBody, Fault};
use crate::api::extract::{Body, CurrentUser, Fields, FromFields, values};
use crate::db::Connection;
use crate::db::users::{Credentials, User, UserChanges};
use crate::session::LoginSession;
use crate::state::AppState;

/// Changes; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"display_name": "Ada", "preferences": {"unit_system": "imperial"}, "expected_revision": 1}))]
pub struct ProfilePatch {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    display_name: Option<String>,
    /// The new password; needs `current_password`, and ends all other login sessions.
    #[schema(min_length = 12, max_length = 256, write_only)]
    password: Option<String>,
    #[schema(write_only)]
    current_password: Option<String>,
    #[schema(value_type = Option<PreferencesPatch>)]
    preferences: Option<UserChanges>,
    /// Refused if the user has changed since this revision.
    #[schema(minimum = 1)]
    expected_revision: Option<i32>,
}

/// Preferences to change.
#[derive(Debug, ToSchema)]
pub struct PreferencesPatch {
    #[schema(minimum = 0, maximum = 1)]
    pub popularity_bias: Option<f64>,
    #[schema(minimum = 15, maximum = 180)]
    pub duration_minutes: Option<i32>,
    pub accessibility: Option<profile::AccessibilityPatch>,
    /// `metric` or `imperial`.
    #[schema(pattern = "^(metric|imperial)$")]
    pub unit_system: Option<String>,
}

impl FromFields for ProfilePatch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let password = fields.string("password").map(str::to_owned);
        let current_password = fields.string("current_password").map(str::to_owned);
        if password.is_some() && current_password.is_none() {
            fields.fault(
                "current_password",
                "required",
                "is required to change the password",
            );
        }
        Some(Self {
            display_name: values::text(fields, "display_name", 100),
            password,
            current_password,
            preferences: fields.object("preferences", |fields| Some(preferences(fields))),
            expected_revision: fields.integer("expected_revision", 1..=i32::MAX),
        })
    }
}

fn preferences(fields: &mut Fields<'_>) -> UserChanges {
    let lit = fields.object("accessibility", |fields| {
        Some((
            fields.boolean("avoid_stairs"),
            fields.boolean("prefer_well_lit"),
        ))
    });
    let (avoid_stairs, prefer_well_lit) = lit.unwrap_or_default();
    UserChanges {
        popularity_bias: fields
            .number("popularity_bias", 0.0..=1.0)
            .map(|bias| Some(bias as f32)),
        duration_minutes: fields.integer("duration_minutes", 15..=180).map(Some),
        avoid_stairs,
        prefer_well_lit,
        unit_system: fields.word("unit_system", &["metric", "imperial"]),
        ..UserChanges::default()
    }
}

/// Change my profile, preferences or password.
#[utoipa::path(tag = "users", request_body = ProfilePatch, security(("session" = [])), responses(
    (status = 200, description = "The profile as it is now", body = Profile),
    (status = 403, description = "The current password is wrong", body = ErrorBody),
    (status = 409, description = "`revision_mismatch`, with both numbers", body = ErrorBody),
))]
#[patch("/users/me")]
pub async fn change_me(
    state: Data<AppState>,
    user: CurrentUser,
    session: Session,
    body: Body<ProfilePatch>,
) -> Result<Json<Profile>, ApiError> {
    let ProfilePatch {
        display_name,
        password,
        current_password,
        preferences,
        expected_revision,
    } = body.value;
    let hash = match (password, current_password) {
        (Some(new), Some(current)) => Some(new_hash(&state, &user, new, current).await?),
        _ => None,
    };
    let changes = UserChanges {
        display_name,
        ..preferences.unwrap_or_default()
    };
    let mut connection = state.db.get().await?;
    let changes_password = hash.is_some();
    let user = connection
        .transaction(async |connection| {
            let user = change(connection, user.id, expected_revision, &changes).await?;
            let Some(password_hash) = hash else {
                return Ok::<_, ApiError>(user);
            };
            Credentials {
                user_id: user.id,
                password_hash,
            }
            .upsert(connection)
            .await?;
            let generation = User::end_sessions(connection, user.id).await?;
            Ok(User {
                session_generation: generation.unwrap_or_default(),
                ..user
            })
        })
        .await?;
    if changes_password {
        LoginSession::begin(&session, user.id, user.session_generation)?;
    }
    Ok(Json(user.into()))
}

async fn new_hash(
    state: &AppState,
    user: &User,
    new: String,
    current: String,
) -> Result<String, ApiError> {
    state.quotas.passwords.check(&user.id)?;
    let stored = Credentials::find(&mut *state.db.get().await?, user.id).await?;
    if !state
        .passwords
        .verify(current, stored.map(|known| known.password_hash))
        .await?
    {
        return Err(ApiError::Forbidden("the current password is wrong"));
    }
    if let Some(why) = state.passwords.weakness(new.clone()).await? {
        return Err(ApiError::invalid("password", "weak_password", why));
    }
    Ok(state.passwords.hash(new).await?)
}

/// Changes a user in a transaction of the caller.
///
/// # Errors
/// `conflict` if the expected revision is not the current one.
pub async fn change(
    connection: &mut Connection,
    id: Uuid,
    expected_revision: Option<i32>,
    changes: &UserChanges,
) -> Result<User, ApiError> {
    let user = User::lock(connection, id)
        .await?
        .ok_or(ApiError::NotFound("user"))?;
    check_revision(expected_revision, user.revision)?;
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
                "revision_mismatch",
                "somebody changed it in the meantime",
            );
            let fault = fault.with("expected", expected).with("actual", actual);
            Err(ApiError::Conflict(
                "it has changed in the meantime",
                vec![fault],
            ))
        }
        _ => Ok(()),
    }
}

/// The themes a user likes.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"interest_theme_ids": ["f47ac10b-58cc-4372-a567-0e02b2c3d479"], "expected_revision": 1}))]
pub struct InterestsBody {
    #[schema(max_items = 100)]
    interest_theme_ids: Vec<Uuid>,
    #[schema(minimum = 1)]
    expected_revision: Option<i32>,
}

impl FromFields for InterestsBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let ids = fields.required("interest_theme_ids", |fields, key| {
            fields.uuids(key, 0..=100)
        });
        let expected_revision = fields.integer("expected_revision", 1..=i32::MAX);
        Some(Self {
            interest_theme_ids: ids?,
            expected_revision,
        })
    }
}

/// The interests as they are now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Interests {
    user_id: Uuid,
    interest_theme_ids: Vec<Uuid>,
    #[schema(example = 2)]
    revision: i32,
}

/// Replace my interests.
#[utoipa::path(tag = "users", request_body = InterestsBody, security(("session" = [])), responses(
    (status = 200, description = "The interests as they are now", body = Interests),
    (status = 409, description = "`revision_mismatch`, with both numbers", body = ErrorBody),
))]
#[put("/users/me/interests")]
pub async fn put_interests(
    state: Data<AppState>,
    user: CurrentUser,
    body: Body<InterestsBody>,
) -> Result<Json<Interests>, ApiError> {
    let InterestsBody {
        interest_theme_ids,
        expected_revision,
    } = body.value;
    state
        .themes
        .require(&state.db, "interest_theme_ids", &interest_theme_ids)
        .await?;
    let mut connection = state.db.get().await?;
    let user = connection
        .transaction(async |connection| {
            User::set_interests(connection, user.id, &interest_theme_ids).await?;
            change(
                connection,
                user.id,
                expected_revision,
                &UserChanges::default(),
            )
            .await
        })
        .await?;
    Ok(Json(Interests {
        user_id: user.id,
        interest_theme_ids: user.interest_theme_ids,
        revision: user.revision,
    }))
}
