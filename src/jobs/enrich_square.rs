//! Look for more places of a theme in a square.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use diesel_async::AsyncConnection;
use serde_json::json;
use wildside_actors::ActorHandle;
use wildside_actors::enrichment_supervisor::{
    Classified, ClassifiedPlace, ClassifyElements, EnrichmentSupervisor, OsmElement, OsmType,
};
use wildside_engine::places::{PopularityScale, ThemeId, catalogue};

use super::{JobContext, JobError, Perform, Performed};
use crate::db::city::enriched_pois::{self, EnrichedPoi};
use crate::db::city::enrichments::{self, EnrichmentSquare, Outcome};
use crate::overpass::{
    Answer, Element, Fetched, OverpassError, Query, Refusal, Servers, Unanswered,
};
use crate::queue::EnrichmentJob;

/// A whole answer is good for so long.
const FRESH: TimeDelta = TimeDelta::days(7);
/// Half an answer is worth asking again soon.
const PARTIAL_PAUSE: TimeDelta = TimeDelta::minutes(30);
const FAILURE_PAUSE: TimeDelta = TimeDelta::hours(1);
/// A query that the server refuses is not better tomorrow; a new release may be.
const REFUSAL_PAUSE: TimeDelta = TimeDelta::days(1);
/// A job does not wait for its turn longer than this, half of what its reservation lasts; the next walk will ask anew.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// A job waits so long in its slot, less than a worker that ends grants it.
const TURN_WAIT: Duration = Duration::from_secs(15);
const CLASSIFY_BUDGET: Duration = Duration::from_secs(10);

/// Handles of enrichment beside those of all jobs.
#[derive(Debug, Clone)]
pub struct Enrichment {
    pub servers: Servers,
    pub classifier: ActorHandle<EnrichmentSupervisor>,
    /// With fewer places of a theme, more are looked for.
    pub min_places: usize,
}

impl Perform for EnrichmentJob {
    async fn perform(&self, context: &JobContext) -> Result<Performed, JobError> {
        let (enrichment, square) = self.parts(context)?;
        let waited_for = {
            let mut connection = context.db.get().await?;
            enrichments::hold(&mut connection, square, self.theme_id).await?
        };
        if !waited_for {
            tracing::info!("somebody else has asked meanwhile");
            return Ok(Performed::Done);
        }
        let fetched = match fetch(self, square, enrichment).await? {
            Reply::Elements(fetched) => fetched,
            Reply::Never(outcome) => {
                self.end(&outcome, square, context).await?;
                return Ok(Performed::InVain);
            }
        };
        let classified = classify(fetched.answer.elements.clone(), enrichment).await?;
        let outcome = store(self, square, &fetched, classified, context).await?;
        tracing::info!(
            square = square.id(),
            theme.id = %self.theme_id,
            places = outcome.places,
            changes = outcome.changes,
            rejected = outcome.rejected,
            remark = outcome.remark,
            "square enriched"
        );
        count(context, "success");
        Ok(Performed::Done)
    }

    async fn give_up(&self, context: &JobContext, error: &JobError) -> Result<(), JobError> {
        let (_, square) = self.parts(context)?;
        self.end(
            &Outcome::failed(error.code(), FAILURE_PAUSE),
            square,
            context,
        )
        .await
    }
}

impl EnrichmentJob {
    fn parts<'a>(
        &self,
        context: &'a JobContext,
    ) -> Result<(&'a Enrichment, EnrichmentSquare), JobError> {
        let failed = |code, message: &str| JobError::Failed {
            code,
            message: message.to_owned(),
        };
        let enrichment = context
            .enrichment
            .as_ref()
            .ok_or_else(|| failed("enrichment_off", "no Overpass server is configured"))?;
        let square = EnrichmentSquare::from_id(self.square)
            .ok_or_else(|| failed("invalid_job", "there is no such square"))?;
        Ok((enrichment, square))
    }

    /// Notes that nothing came of it.
    async fn end(
        &self,
        outcome: &Outcome,
        square: EnrichmentSquare,
        context: &JobContext,
    ) -> Result<(), JobError> {
        let mut connection = context.db.get().await?;
        outcome
            .store(&mut connection, square, self.theme_id)
            .await?;
        count(context, "failure");
        Ok(())
    }
}

/// Reply of Overpass.
enum Reply {
    /// The elements.
    Elements(Fetched),
    /// None, and another run would not change it.
    Never(Outcome),
}

/// Fetches the elements from Overpass, when it is our turn.
async fn fetch(
    job: &EnrichmentJob,
    square: EnrichmentSquare,
    enrichment: &Enrichment,
) -> Result<Reply, JobError> {
    let (south_west, north_east) = square.corners();
    let search = catalogue().search(ThemeId(job.theme_id));
    let query = Query::places(&search, south_west, north_east);
    match fetch_in_turn(&enrichment.servers, &query).await {
        Ok(fetched) => Ok(Reply::Elements(fetched)),
        Err(Unanswered::NotNow(refusal)) if refusal.wait > LONGEST_WAIT => {
            tracing::warn!(%refusal, "enrichment given up for now");
            let pause = TimeDelta::from_std(refusal.wait).unwrap_or(REFUSAL_PAUSE);
            Ok(Reply::Never(Outcome::failed(&refusal.reason, pause)))
        }
        Err(Unanswered::NotNow(refusal)) => Err(JobError::Postponed {
            wait: refusal.wait,
            cause: refusal.to_string(),
        }),
        Err(Unanswered::Failed(error)) if !error.is_temporary() => {
            tracing::error!(%error, "overpass refuses the query");
            Ok(Reply::Never(Outcome::failed(error.code(), REFUSAL_PAUSE)))
        }
        Err(Unanswered::Failed(error)) => Err(error.into()),
        Err(Unanswered::Redis(error)) => Err(error.into()),
    }
}

/// Retries in its slot while others are in turn. Put off instead, each of many waiting jobs would be taken up and put down
/// over and over.
async fn fetch_in_turn(servers: &Servers, query: &Query) -> Result<Fetched, Unanswered> {
    let begun = Instant::now();
    loop {
        match servers.ask(query).await {
            Err(Unanswered::NotNow(refusal))
                if refusal.reason == Refusal::BUSY && begun.elapsed() < TURN_WAIT =>
            {
                tokio::time::sleep(refusal.wait).await;
            }
            answer => return answer,
        }
    }
}

async fn classify(elements: Vec<Element>, enrichment: &Enrichment) -> Result<Classified, JobError> {
    let elements = elements.into_iter().map(to_osm_element).collect();
    let question = ClassifyElements {
        elements,
        deadline: Instant::now() + CLASSIFY_BUDGET,
    };
    match enrichment.classifier.ask(question).await {
        Ok(classified) => Ok(classified?),
        Err(_) => Err(JobError::Busy),
    }
}

fn to_osm_element(element: Element) -> OsmElement {
    let osm_type = match element.osm_type.as_str() {
        "way" => OsmType::Way,
        "relation" => OsmType::Relation,
        _ => OsmType::Node,
    };
    let Element {
        id, location, tags, ..
    } = element;
    OsmElement {
        osm_type,
        id,
        lat: location.lat,
        lon: location.lon,
        tags,
    }
}

/// Places, provenance and the end of the cached walks around, together.
async fn store(
    job: &EnrichmentJob,
    square: EnrichmentSquare,
    fetched: &Fetched,
    classified: Classified,
    context: &JobContext,
) -> Result<Outcome, JobError> {
    let corners = square.corners();
    let mut connection = context.db.get().await?;
    let middle = wildside_engine::Point::new(
        corners.0.lon.midpoint(corners.1.lon),
        corners.0.lat.midpoint(corners.1.lat),
    );
    let scale = enrichments::popularity_scale(&mut connection, middle).await?;
    let rejected = fetched.answer.rejected.total() + classified.invalid;
    let pois: Vec<EnrichedPoi> = classified
        .places
        .into_iter()
        .map(|place| to_poi(place, &scale))
        .collect();
    let outcome = connection
        .transaction(async |connection| {
            let mut changes = enriched_pois::upsert(connection, &pois).await?;
            if is_whole(&fetched.answer) {
                changes +=
                    enriched_pois::retire_missing(connection, corners, job.theme_id, &pois).await?;
            }
            if changes > 0 {
                enrichments::raise_generation(connection, corners).await?;
            }
            let outcome = outcome(fetched, pois.len(), changes, rejected);
            outcome.store(connection, square, job.theme_id).await?;
            Ok::<_, diesel::result::Error>(outcome)
        })
        .await?;
    Ok(outcome)
}

const fn is_whole(answer: &Answer) -> bool {
    answer.remark.is_none() && answer.rejected.over_limit == 0
}

fn outcome(fetched: &Fetched, places: usize, changes: i64, rejected: usize) -> Outcome {
    let now = Utc::now();
    let whole = is_whole(&fetched.answer);
    let count = |n: usize| i32::try_from(n).ok();
    Outcome {
        status: if whole { "complete" } else { "partial" },
        not_before: now + if whole { FRESH } else { PARTIAL_PAUSE },
        finished_at: now,
        elements: count(fetched.answer.elements.len()),
        places: count(places),
        changes: i32::try_from(changes).ok(),
        rejected: count(rejected),
        bytes: i64::try_from(fetched.bytes).ok(),
        remark: fetched.answer.remark.clone(),
        error_code: None,
        data_timestamp: fetched.answer.data_timestamp,
    }
}

fn to_poi(place: ClassifiedPlace, scale: &PopularityScale) -> EnrichedPoi {
    let found = place.classification;
    let kind = catalogue().kind(found.kind).map(|kind| kind.name.clone());
    EnrichedPoi {
        id: place.poi_id,
        location: place.location,
        osm_tags: json!(place.element.tags),
        kind: kind.unwrap_or_default(),
        name: found.name,
        narrative: found.narrative,
        prominence: found.prominence,
        popularity: scale.apply(found.prominence),
        themes: found
            .themes
            .into_iter()
            .map(|(theme, weight)| (theme.0, weight))
            .collect(),
    }
}

impl From<OverpassError> for JobError {
    fn from(error: OverpassError) -> Self {
        Self::Failed {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

fn count(context: &JobContext, status: &str) {
    context
        .metrics
        .enrichment_jobs_total
        .with_label_values(&[status])
        .inc();
}
