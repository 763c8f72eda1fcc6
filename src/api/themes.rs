//! What walks can be about.

use std::time::{Duration, Instant};

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use arc_swap::ArcSwapOption;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::conditional::Tagged;
use crate::api::error::ApiError;
use crate::db::Pool;
use crate::db::themes::InterestTheme;
use crate::state::AppState;

/// How long a process answers from memory: themes change with a release, not by the minute.
const MEMORY: Duration = Duration::from_secs(10);

/// A theme of interest.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "name": "Street art",
    "description": "Murals, sculptures, installations and other art in the open"
}))]
pub struct Theme {
    id: Uuid,
    name: String,
    description: Option<String>,
}

impl From<InterestTheme> for Theme {
    fn from(
        InterestTheme {
            id,
            name,
            description,
        }: InterestTheme,
    ) -> Self {
        Self {
            id,
            name,
            description,
        }
    }
}

/// The answer of this process for the next few seconds.
#[derive(Debug, Default)]
pub struct ThemeMemory(ArcSwapOption<(Instant, Tagged)>);

impl ThemeMemory {
    async fn get(&self, db: &Pool) -> Result<Tagged, ApiError> {
        if let Some(memory) = &*self.0.load() {
            let (since, tagged) = &**memory;
            if since.elapsed() < MEMORY {
                return Ok(tagged.clone());
            }
        }
        let themes = InterestTheme::all(&mut *db.get().await?).await?;
        let themes: Vec<Theme> = themes.into_iter().map(Theme::from).collect();
        let tagged = Tagged::json(&themes)?;
        self.0.store(Some((Instant::now(), tagged.clone()).into()));
        Ok(tagged)
    }
}

/// All themes of interest, by name.
#[utoipa::path(tag = "places", responses(
    (status = 200, description = "The themes", body = Vec<Theme>),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/interest-themes")]
pub async fn interest_themes(
    state: Data<AppState>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let themes = state.themes.get(&state.db).await?;
    Ok(themes.answer(&req, "public, max-age=300"))
}
