//! Interest themes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::conditional::Tagged;
use crate::api::error::{ApiError, Fault};
use crate::api::fault::FaultCode;
use crate::api::state::AppState;
use crate::db::Pool;
use crate::db::city::themes::InterestTheme;
use crate::recent::{Ages, Recent};

/// Ages of the themes in memory: they change with a release, not by the minute, and are better old than not there.
const AGES: Ages = Ages {
    young: Duration::from_secs(5),
    fresh: Duration::from_secs(10),
    usable: Duration::MAX,
};

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

/// The answer of this process for the next few seconds, and for as long as the database is away.
#[derive(Debug)]
pub struct ThemeMemory(Recent<Arc<Memory>>);

#[derive(Debug)]
struct Memory {
    answer: Tagged,
    ids: HashSet<Uuid>,
}

impl Default for ThemeMemory {
    fn default() -> Self {
        Self(Recent::new(AGES))
    }
}

impl ThemeMemory {
    /// Refuses ids that are none of a theme, each by its index in `field`.
    ///
    /// # Errors
    /// `unknown_theme`, or the database is away.
    pub async fn require(&self, db: &Pool, field: &str, ids: &[Uuid]) -> Result<(), ApiError> {
        if ids.is_empty() {
            return Ok(());
        }
        let look = || {
            let db = db.clone();
            async move { Memory::of(InterestTheme::all(&mut *db.get().await?).await?) }
        };
        let memory = self.0.read(look).await?;
        let unknown = ids
            .iter()
            .enumerate()
            .filter(|(_, id)| !memory.ids.contains(id));
        let faults: Vec<Fault> = unknown
            .map(|(index, _)| {
                Fault::new(
                    format!("{field}[{index}]"),
                    FaultCode::UnknownTheme,
                    "is not the id of a theme",
                )
            })
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Invalid(faults))
        }
    }
}

impl Memory {
    fn of(themes: Vec<InterestTheme>) -> Result<Arc<Self>, ApiError> {
        let ids = themes.iter().map(|theme| theme.id).collect();
        let themes: Vec<Theme> = themes.into_iter().map(Theme::from).collect();
        Ok(Arc::new(Self {
            answer: Tagged::json(&themes)?,
            ids,
        }))
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
    let look = || {
        let strangers = state.strangers.clone();
        async move { Memory::of(strangers.ask(InterestTheme::all).await?) }
    };
    let themes = state.themes.0.read(look).await?;
    Ok(themes.answer.answer(&req, "public, max-age=300"))
}
