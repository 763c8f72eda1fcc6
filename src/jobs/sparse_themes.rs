//! Sparse themes: enrichment after a walk that had too little to choose from.

use rustc_hash::FxHashMap;
use uuid::Uuid;
use wildside_engine::places::catalogue;
use wildside_engine::{Poi, Point, bounding_box};

use super::{JobContext, JobError};
use crate::db::city::enrichments::{self, EnrichmentSquare};
use crate::db::ledger::params::RouteParams;
use crate::queue::EnrichmentJob;

/// Queues a look for more places of each theme of which the walk had too few. That it could not is logged, no more: the
/// walk is delivered, and the next one will ask again.
pub(super) async fn enrich_sparse_themes(
    params: &RouteParams,
    pois: &[Poi],
    trace_id: Uuid,
    context: &JobContext,
) {
    let Some(enrichment) = &context.enrichment else {
        return;
    };
    let themes = sparse_themes(params.themes(), pois, enrichment.min_places);
    if themes.is_empty() {
        return;
    }
    for square in squares_around(params) {
        if let Err(error) = request(square, &themes, trace_id, context).await {
            tracing::warn!(%error, "the enrichment could not be requested");
            return;
        }
    }
}

async fn request(
    square: EnrichmentSquare,
    themes: &[Uuid],
    trace_id: Uuid,
    context: &JobContext,
) -> Result<(), JobError> {
    let reserved = {
        let mut connection = context.db.get().await?;
        enrichments::reserve(&mut connection, square, themes, trace_id).await?
    };
    for theme_id in reserved {
        let job = EnrichmentJob {
            id: Uuid::now_v7(),
            trace_id,
            theme_id,
            square: square.id(),
        };
        context.producer.push(&job).await?;
        tracing::info!(theme.id = %theme_id, square = square.id(), "enrichment requested");
    }
    Ok(())
}

/// The themes asked for, or all if none was, with fewer than `enough` places among `pois`.
fn sparse_themes(asked: &[Uuid], pois: &[Poi], enough: usize) -> Vec<Uuid> {
    if asked.is_empty() {
        let all = || catalogue().themes().iter().map(|theme| theme.id.0);
        return if pois.len() < enough {
            all().collect()
        } else {
            Vec::new()
        };
    }
    let mut places: FxHashMap<Uuid, usize> = FxHashMap::default();
    for (theme, _) in pois.iter().flat_map(|poi| &poi.themes) {
        *places.entry(theme.0).or_default() += 1;
    }
    asked
        .iter()
        .copied()
        .filter(|theme| places.get(theme).is_none_or(|&count| count < enough))
        .collect()
}

/// The squares that the inner half of the walk's reach touches, at most four.
fn squares_around(params: &RouteParams) -> Vec<EnrichmentSquare> {
    let (low, high) = bounding_box([params.start()], params.reach_metres() / 2.0);
    let corners =
        [low.lon, high.lon].map(|lon| [low.lat, high.lat].map(|lat| Point::new(lon, lat)));
    let mut squares: Vec<EnrichmentSquare> = corners
        .into_iter()
        .flatten()
        .map(EnrichmentSquare::of)
        .collect();
    squares.sort_unstable();
    squares.dedup();
    squares
}

#[cfg(test)]
mod tests {
    use wildside_engine::places::{KindId, ThemeId};
    use wildside_engine::walk::Accessibility;

    use super::*;

    fn poi(theme: Uuid) -> Poi {
        let themes = vec![(ThemeId(theme), 1.0)];
        Poi {
            id: 1,
            location: Point::new(0.0, 0.0),
            kind: KindId(0),
            themes,
            popularity: 0.5,
            hours: None,
        }
    }

    #[test]
    fn only_a_theme_with_too_few_places_is_sparse() {
        let (rich, poor, absent) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let pois = [poi(rich), poi(rich), poi(poor)];
        assert_eq!(
            sparse_themes(&[rich, poor, absent], &pois, 2),
            [poor, absent]
        );
    }

    #[test]
    fn without_a_theme_all_are_sparse_or_none() {
        let pois = [poi(Uuid::from_u128(1))];
        assert!(sparse_themes(&[], &pois, 1).is_empty());
        assert_eq!(
            sparse_themes(&[], &pois, 2).len(),
            catalogue().themes().len()
        );
    }

    #[test]
    fn the_squares_are_around_the_start() {
        let start = Point::new(24.94, 60.17);
        let params = RouteParams::new(start, None, 60, Vec::new(), 0.5, Accessibility::default());
        let squares = squares_around(&params);
        assert!(
            squares.contains(&EnrichmentSquare::of(start)) && squares.len() <= 4,
            "{squares:?}"
        );
    }
}
