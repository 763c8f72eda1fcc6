//! Interest themes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use arc_swap::ArcSwapOption;
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::conditional::Tagged;
use crate::api::error::{ApiError, Fault};
use crate::api::fault::FaultCode;
use crate::api::state::AppState;
use crate::db::Pool;
use crate::db::city::themes::InterestTheme;

/// Time for which a process answers from memory: themes change with a release, not by the minute.
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

/// The answer of this process for the next few seconds. One at a time looks for a newer one; others, and all while
/// the database is away, do with what is known.
#[derive(Debug, Default)]
pub struct ThemeMemory {
    known: ArcSwapOption<Memory>,
    looking: Mutex<()>,
}

#[derive(Debug)]
struct Memory {
    since: Instant,
    answer: Tagged,
    ids: HashSet<Uuid>,
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
        let memory = self.get(async || all(db).await).await?;
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

    async fn get(
        &self,
        look: impl AsyncFnOnce() -> Result<Vec<InterestTheme>, ApiError>,
    ) -> Result<Arc<Memory>, ApiError> {
        let known = self.known.load_full();
        if let Some(memory) = known.as_ref().filter(|memory| memory.is_fresh()) {
            return Ok(memory.clone());
        }
        let _looking = match (self.looking.try_lock(), &known) {
            (Ok(looking), _) => looking,
            (Err(_), Some(outdated)) => return Ok(outdated.clone()),
            (Err(_), None) => self.looking.lock().await,
        };
        if let Some(memory) = self.known.load_full().filter(|memory| memory.is_fresh()) {
            return Ok(memory);
        }
        match look().await {
            Ok(themes) => {
                let memory = Arc::new(Memory::of(themes)?);
                self.known.store(Some(memory.clone()));
                Ok(memory)
            }
            Err(error) => known.ok_or(error),
        }
    }
}

impl Memory {
    fn of(themes: Vec<InterestTheme>) -> Result<Self, ApiError> {
        let ids = themes.iter().map(|theme| theme.id).collect();
        let themes: Vec<Theme> = themes.into_iter().map(Theme::from).collect();
        Ok(Self {
            since: Instant::now(),
            answer: Tagged::json(&themes)?,
            ids,
        })
    }

    fn is_fresh(&self) -> bool {
        self.since.elapsed() < MEMORY
    }
}

async fn all(db: &Pool) -> Result<Vec<InterestTheme>, ApiError> {
    Ok(InterestTheme::all(&mut *db.get().await?).await?)
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
    let look = async || state.strangers.ask(InterestTheme::all).await;
    let themes = state.themes.get(look).await?;
    Ok(themes.answer.answer(&req, "public, max-age=300"))
}
