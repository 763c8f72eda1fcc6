//! Interests of a user.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, put};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::{change, lock};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::extract::{Body, CurrentUser, Fields, FromFields, values};
use crate::api::idempotency::{self, ClientKey, Written};
use crate::api::state::AppState;
use crate::db::users::{User, UserChanges};

/// The themes a user likes.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"interest_theme_ids": ["f47ac10b-58cc-4372-a567-0e02b2c3d479"], "expected_revision": 1}))]
pub struct InterestsBody {
    interest_theme_ids: Vec<Uuid>,
    expected_revision: Option<i32>,
}

impl FromFields for InterestsBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let ids = fields.required("interest_theme_ids", |fields, key| {
            fields.uuids(key, values::THEMES)
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
#[schema(example = json!({"user_id": "3f1c9a52-6f0e-4a0b-9d57-2b1c6e8f4a10", "interest_theme_ids": ["f47ac10b-58cc-4372-a567-0e02b2c3d479"], "revision": 2}))]
pub struct Interests {
    user_id: Uuid,
    interest_theme_ids: Vec<Uuid>,
    revision: i32,
}

impl From<User> for Interests {
    fn from(user: User) -> Self {
        Self {
            user_id: user.id,
            interest_theme_ids: user.interest_theme_ids,
            revision: user.revision,
        }
    }
}

/// Replace my interests.
#[utoipa::path(tag = "users", request_body = InterestsBody, security(("session" = [])),
    params(("Idempotency-Key" = Option<Uuid>, Header)), responses(
    (status = 200, description = "The interests as they are now", body = Interests),
    (status = 404, description = "The account has been deleted in the meantime", body = ErrorBody),
    (status = 409, description = "`revision_mismatch`, with both numbers, or the idempotency key came with another body before", body = ErrorBody),
))]
#[put("/users/me/interests")]
pub async fn put_interests(
    state: Data<AppState>,
    user: CurrentUser,
    key: ClientKey,
    body: Body<InterestsBody>,
) -> Result<HttpResponse, ApiError> {
    let key = key.of(user.id, "PUT /users/me/interests", body.digest);
    let InterestsBody {
        interest_theme_ids,
        expected_revision,
    } = body.value;
    state
        .themes
        .require(&state.db, "interest_theme_ids", &interest_theme_ids)
        .await?;
    let written = idempotency::once(&state.db, key.as_ref(), async |connection| {
        lock(connection, user.id, expected_revision).await?;
        User::set_interests(connection, user.id, &interest_theme_ids).await?;
        let user = change(connection, user.id, &UserChanges::default()).await?;
        Written::new(StatusCode::OK, &Interests::from(user))
    });
    Ok(written.await?.respond())
}
