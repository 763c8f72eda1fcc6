//! Places in memory: those of the table, and never older than what a request was accepted with.

use std::time::Duration;

use chrono::Utc;
use wildside::city::places::PlaceCache;
use wildside::db::city::areas::AreaState;
use wildside::db::ledger::params::RouteParams;
use wildside_engine::walk::Accessibility;
use wildside_engine::{Poi, Point};

use crate::jobs::stage::{SENATE_SQUARE, Stage, an_hour_from};

async fn areas(stage: &Stage) -> Vec<AreaState> {
    AreaState::all(&mut stage.db.get().await.unwrap())
        .await
        .unwrap()
}

async fn shortlist(cache: &PlaceCache, params: &RouteParams, areas: &[AreaState]) -> Vec<Poi> {
    let reach = params.reach().unwrap();
    cache
        .candidates(params, Utc::now(), reach, areas)
        .await
        .unwrap()
}

async fn candidates(cache: &PlaceCache, params: &RouteParams, areas: &[AreaState]) -> Vec<i64> {
    let pois = shortlist(cache, params, areas).await;
    pois.iter().map(|poi| poi.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_candidates_are_those_of_the_table() {
    let stage = Stage::set_in_helsinki().await;
    let cache = PlaceCache::new(stage.db.clone(), 1_000_000);
    let areas = areas(&stage).await;
    let theme = stage.database.sql(
        "SELECT theme_id FROM poi_interest_themes GROUP BY theme_id ORDER BY count(*) DESC LIMIT 1",
    );
    let theme = theme.trim().parse().unwrap();
    let end = Point::new(SENATE_SQUARE.lon + 0.005, SENATE_SQUARE.lat);
    for end in [None, Some(end)] {
        let params = RouteParams::new(
            SENATE_SQUARE,
            end,
            15,
            vec![theme],
            0.5,
            Accessibility::default(),
        );
        let point = |at: Point| format!("'POINT({} {})'::geography", at.lon, at.lat);
        let metres = |at: Point| format!("ST_Distance(location, {}, false)", point(at));
        let stored = stage.database.sql(&format!(
            "SELECT string_agg(id::text, ',' ORDER BY id) FROM pois JOIN poi_interest_themes ON poi_id = id \
             WHERE theme_id = '{theme}' AND removed_at IS NULL AND {} + {} <= {}",
            metres(params.start()),
            params.end().map_or_else(|| "0".to_owned(), metres),
            params.reach_metres(),
        ));
        let pois = shortlist(&cache, &params, &areas).await;
        let of_theme = |poi: &&Poi| poi.themes.iter().any(|(id, _)| id.0 == theme);
        let (matching, others): (Vec<&Poi>, Vec<&Poi>) = pois.iter().partition(of_theme);
        let ids: Vec<String> = matching.iter().map(|poi| poi.id.to_string()).collect();
        assert!(!ids.is_empty());
        assert_eq!(ids.join(","), stored.trim());
        assert_eq!(others.is_empty(), matching.len() >= 150, "others fill up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sees_the_data_that_it_was_accepted_with() {
    let stage = Stage::set_in_helsinki().await;
    let cache = PlaceCache::new(stage.db.clone(), 1_000_000);
    let params = an_hour_from(SENATE_SQUARE);
    let accepted_before = areas(&stage).await;
    let gone = candidates(&cache, &params, &accepted_before).await[0];
    stage.database.sql(&format!(
        "UPDATE pois SET removed_at = now() WHERE id = {gone}; UPDATE areas SET generation = generation + 1"
    ));
    let accepted_after = areas(&stage).await;
    let places = candidates(&cache, &params, &accepted_after).await;
    assert!(!places.contains(&gone), "older than the request");
    let places = candidates(&cache, &params, &accepted_before).await;
    assert!(!places.contains(&gone), "newer does no harm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_data_nobody_knows_sees_those_of_now() {
    let stage = Stage::set_in_helsinki().await;
    let cache = PlaceCache::new(stage.db.clone(), 1_000_000);
    let params = an_hour_from(SENATE_SQUARE);
    let gone = candidates(&cache, &params, &areas(&stage).await).await[0];
    stage.database.sql(&format!(
        "UPDATE pois SET removed_at = now() WHERE id = {gone}; UPDATE areas SET generation = generation + 1"
    ));
    assert!(!candidates(&cache, &params, &[]).await.contains(&gone));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_changes_is_seen_within_a_second() {
    let stage = Stage::set_in_helsinki().await;
    let cache = PlaceCache::new(stage.db.clone(), 1_000_000);
    let params = an_hour_from(SENATE_SQUARE);
    let areas = areas(&stage).await;
    let gone = candidates(&cache, &params, &areas).await[0];
    stage.database.sql(&format!(
        "UPDATE pois SET removed_at = now() WHERE id = {gone}; UPDATE areas SET generation = generation + 1"
    ));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(!candidates(&cache, &params, &areas).await.contains(&gone));
}
