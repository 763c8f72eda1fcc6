//! Naming a walk.

use actix_web::web::Data;
use actix_web::{HttpResponse, patch};
use diesel_async::AsyncConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use super::saved::require_own;
use crate::api::error::ApiError;
use crate::api::extract::{Body, CurrentUser, Fields, FromFields, PathId, values};
use crate::api::fault::FaultCode;
use crate::api::state::AppState;
use crate::api::users::change::lock;
use crate::db::routes::own_routes;

/// Name of a walk.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"name": "By the harbour"}))]
pub struct NameBody {
    #[schema(schema_with = values::walk_name_schema, required = true)]
    name: Option<String>,
}

impl FromFields for NameBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        if !fields.has("name") {
            let words = "is required; null takes the name away";
            fields.fault("name", FaultCode::Required, words);
        }
        let name = values::text(fields, "name", values::NAME);
        Some(Self { name })
    }
}

/// Name a walk.
///
/// The name is the user's own: others who have the same walk do not see it, but for those with the user's link to it.
#[utoipa::path(tag = "routes", request_body = NameBody, security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 204, description = "Named, or without a name now"),
))]
#[patch("/routes/{route_id}")]
pub async fn name_route(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
    body: Body<NameBody>,
) -> Result<HttpResponse, ApiError> {
    let name = body.value.name.as_deref();
    let mut connection = state.db.get().await?;
    connection
        .transaction(async |connection| {
            lock(connection, user.id, None).await?;
            require_own(connection, id, user.id).await?;
            own_routes::rename(connection, user.id, id, name).await?;
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
