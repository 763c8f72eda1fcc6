//! Streets in memory: loaded once, bounded, and forgotten when a load changes them.

use std::time::Duration;

use futures::future::try_join_all;
use wildside::city::streets::NetworkCache;
use wildside_engine::Point;
use wildside_engine::network::{Cell, CellId};

use crate::jobs::stage::{SENATE_SQUARE, Stage};

fn cells_around_the_square() -> Vec<CellId> {
    let (lon, lat) = (SENATE_SQUARE.lon, SENATE_SQUARE.lat);
    CellId::covering(
        Point::new(lon - 0.03, lat - 0.015),
        Point::new(lon + 0.03, lat + 0.015),
    )
}

fn edges(cells: &[std::sync::Arc<Cell>]) -> usize {
    cells.iter().map(|cell| cell.edges().len()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cells_hold_what_the_table_holds_and_are_loaded_once() {
    let stage = Stage::set_in_helsinki().await;
    let cache = NetworkCache::new(stage.db.clone(), 1_000_000);
    let ids = cells_around_the_square();
    let answers = try_join_all((0..8).map(|_| cache.cells(&ids)))
        .await
        .unwrap();
    let list = ids
        .iter()
        .map(|id| id.id().to_string())
        .collect::<Vec<_>>()
        .join(",");
    let stored = stage.database.sql(&format!(
        "SELECT count(*) FROM walk_edges WHERE cell IN ({list})"
    ));
    assert_eq!(edges(&answers[0]).to_string(), stored.trim());
    assert!(edges(&answers[0]) > 1000, "{}", edges(&answers[0]));
    for answer in &answers {
        let shared = |cell: &std::sync::Arc<Cell>| {
            answers[0]
                .iter()
                .any(|other| std::sync::Arc::ptr_eq(cell, other))
        };
        assert_eq!(answer.len(), ids.len());
        assert!(answer.iter().all(shared), "a cell was loaded twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_come_in_the_order_asked_whatever_is_in_memory() {
    let stage = Stage::set_in_helsinki().await;
    let cache = NetworkCache::new(stage.db.clone(), 1_000_000);
    let ids = cells_around_the_square();
    let some: Vec<CellId> = ids.iter().skip(1).step_by(2).copied().collect();
    assert!(!some.is_empty());
    cache.cells(&some).await.unwrap();
    let all = cache.cells(&ids).await.unwrap();
    assert_eq!(all.len(), ids.len());
    for (cell, id) in all.iter().zip(&ids) {
        let alone = cache.cells(&[*id]).await.unwrap();
        assert!(std::sync::Arc::ptr_eq(cell, &alone[0]), "{id:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_load_is_seen_within_a_second() {
    let stage = Stage::set_in_helsinki().await;
    let cache = NetworkCache::new(stage.db.clone(), 1_000_000);
    let ids = cells_around_the_square();
    assert!(edges(&cache.cells(&ids).await.unwrap()) > 0);
    stage
        .database
        .sql("DELETE FROM walk_edges; UPDATE areas SET loaded_at = now()");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(edges(&cache.cells(&ids).await.unwrap()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_within_its_bound() {
    let stage = Stage::set_in_helsinki().await;
    let cache = NetworkCache::new(stage.db.clone(), 500);
    let ids = cells_around_the_square();
    for id in &ids {
        cache.cells(&[*id]).await.unwrap();
        assert!(cache.edges() <= 500, "{}", cache.edges());
    }
    assert!(
        edges(&cache.cells(&ids).await.unwrap()) > 1000,
        "what is too large to keep is still answered"
    );
}

/// Streets between two places a minute's walk apart, of data of a year: those that are named by their way, and their ends in
/// steps of a thousandth of a degree.
fn area(year: u16, cell: CellId, ways: &[(i64, [i32; 4])]) -> String {
    let (south_west, _) = cell.corners();
    let at = |x: i32, y: i32| {
        let (east, north) = (f64::from(x) / 1e4, f64::from(y) / 1e4);
        format!(
            "{} {}",
            south_west.lon + 0.002 + east,
            south_west.lat + 0.001 + north
        )
    };
    let mut sql = vec![format!(
        "INSERT INTO areas (name, boundary, source_digest, source_timestamp) \
             VALUES ('{year}', ST_Multi(ST_MakeEnvelope({w}, {s}, {e}, {n}, 4326)), '', '{year}-01-01');",
        w = south_west.lon - 0.1,
        s = south_west.lat - 0.1,
        e = south_west.lon + 0.1,
        n = south_west.lat + 0.1,
    )];
    sql.extend(ways.iter().map(|(way, [x, y, to_x, to_y])| {
        format!(
            "INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, geom) \
                 SELECT id, {way}, 0, {cell}, {way}1, {way}2, 60, 'street', false, ST_GeomFromText('LINESTRING({from}, {to})', 4326) \
                 FROM areas WHERE name = '{year}';",
            cell = cell.id(),
            from = at(*x, *y),
            to = at(*to_x, *to_y),
        )
    }));
    sql.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_street_that_newer_data_lack_is_gone_where_they_know_the_ground() {
    let stage = Stage::set();
    let cell = CellId::of(SENATE_SQUARE);
    let (south, north) = ([0, 0, 10, 0], [0, 5, 10, 5]);
    // The old bridge between both quays, and a path that leads on to where the newer data have no street.
    let old = [
        (1, south),
        (2, north),
        (3, [2, 0, 2, 5]),
        (4, [10, 5, 18, 9]),
    ];
    let new = [(1, south), (2, north), (5, [8, 0, 8, 5])];
    stage.database.sql(&area(2024, cell, &old));
    stage.database.sql(&area(2026, cell, &new));
    let cache = NetworkCache::new(stage.db.clone(), 1_000_000);
    let cells = cache.cells(&[cell]).await.unwrap();
    let mut ways: Vec<i64> = cells[0].edges().iter().map(|edge| edge.way_id).collect();
    ways.sort_unstable();
    ways.dedup();
    assert_eq!(ways, [1, 2, 4, 5]);
}
