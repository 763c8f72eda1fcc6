//! Opening the tiles of a walk.

use actix_web::post;
use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, PathId};
use crate::api::state::AppState;
use crate::db::routes::Route;
use crate::db::tile_token_keys;
use crate::walks::tile_tokens::TileToken;

/// Token that opens the tiles of a walk.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "token": "eyJhbGciOiJIUzI1NiJ9.e30.…",
    "expires_at": "2026-11-25T10:15:00Z",
    "url_template": "/tiles/routes/01939c2e-8a40-7d11-b3c4-0242ac120002/{z}/{x}/{y}.pbf?token=eyJhbGciOiJIUzI1NiJ9.e30.…"
}))]
pub struct TileTokenView {
    /// A JSON Web Token, good for this walk only.
    token: String,
    expires_at: DateTime<Utc>,
    /// Address of the tiles, token included; `{z}`, `{x}` and `{y}` are to be filled in.
    url_template: String,
}

impl From<TileToken> for TileTokenView {
    fn from(
        TileToken {
            token,
            expires_at,
            url_template,
        }: TileToken,
    ) -> Self {
        Self {
            token,
            expires_at,
            url_template,
        }
    }
}

/// A token for the vector tiles of a walk: its line and its stops, for a quarter of an hour.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path)), responses(
    (status = 200, description = "The token", body = TileTokenView),
))]
#[post("/routes/{route_id}/tile-token")]
pub async fn create_tile_token(
    state: Data<AppState>,
    user: CurrentUser,
    PathId(id): PathId<Uuid>,
) -> Result<Json<TileTokenView>, ApiError> {
    let mut connection = state.db.get().await?;
    Route::find_for_user(&mut connection, id, user.id)
        .await?
        .ok_or(ApiError::NotFound("route"))?;
    let now = tile_token_keys::now(&mut connection).await?;
    let token = state.tile_tokens.sign(id, now)?;
    let token = token.ok_or(ApiError::unavailable("route tiles can't be opened now"))?;
    Ok(Json(token.into()))
}
