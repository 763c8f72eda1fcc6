//! `poi_tile` against the places it shows, its size, and the plan it is made by.

use std::collections::BTreeSet;

use crate::tiles::database::Database;
use crate::tiles::fixture::TILE;
use crate::tiles::mvt::{integer, layers};

/// The tile of a zoom in which the middle of the places lies.
fn middle(z: i32) -> (i32, i32, i32) {
    let (fixed, x, y) = TILE;
    let shift = |value: i32| {
        if z < fixed {
            value >> (fixed - z)
        } else {
            value << (z - fixed)
        }
    };
    (z, shift(x), shift(y))
}

async fn tile(database: &Database, (z, x, y): (i32, i32, i32)) -> Vec<u8> {
    database
        .value("SELECT poi_tile($1, $2, $3)", &[&z, &x, &y])
        .await
}

async fn shown(database: &Database, at: (i32, i32, i32)) -> BTreeSet<i64> {
    let layers = layers(tile(database, at).await);
    layers
        .get("pois")
        .into_iter()
        .flatten()
        .map(|poi| integer(poi, "id"))
        .collect()
}

#[tokio::test]
async fn from_zoom_14_every_place_is_there() {
    let database = Database::filled().await;
    database
        .client
        .batch_execute("UPDATE pois SET removed_at = now() WHERE id % 100 = 1")
        .await
        .unwrap();
    for z in [14, 15, 16] {
        let (z, x, y) = middle(z);
        // A margin of a 64th, less the rounding to the grid of the tile.
        let within = |margin: f64| {
            let sql = "
                SELECT array_agg(id) FROM pois
                WHERE removed_at IS NULL AND ST_Within(ST_Transform(location::geometry, 3857), ST_TileEnvelope($1, $2, $3, margin => $4))";
            let database = &database;
            async move {
                let ids: Vec<i64> = database.value(sql, &[&z, &x, &y, &margin]).await;
                BTreeSet::from_iter(ids)
            }
        };
        let shown = shown(&database, (z, x, y)).await;
        assert!(shown.is_superset(&within(0.0).await), "zoom {z}");
        assert!(shown.is_subset(&within(0.016).await), "zoom {z}");
        assert!(shown.len() > 5, "zoom {z}");
    }
}

#[tokio::test]
async fn a_place_has_what_styling_needs() {
    let database = Database::filled().await;
    let layers = layers(tile(&database, TILE).await);
    let sql = "
        SELECT json_build_object('id', p.id, 'popularity_score', p.popularity_score, 'name', p.name, 'theme', (
            SELECT t.name FROM poi_interest_themes JOIN interest_themes t ON t.id = theme_id
            WHERE poi_id = p.id ORDER BY weight DESC LIMIT 1))
        FROM pois p WHERE id = $1";
    for poi in &layers["pois"] {
        let stored: serde_json::Value = database.value(sql, &[&integer(poi, "id")]).await;
        let mut stored = stored.as_object().unwrap().clone();
        stored.retain(|_, value| !value.is_null());
        let properties = poi.properties.as_ref().unwrap();
        assert_eq!(properties.len(), stored.len());
        for (name, value) in stored {
            let shown = match &properties[&name] {
                mvt_reader::feature::Value::String(text) => text.clone().into(),
                mvt_reader::feature::Value::Int(number) => (*number).into(),
                mvt_reader::feature::Value::UInt(number) => (*number).into(),
                mvt_reader::feature::Value::Float(number) => {
                    serde_json::Value::from(number.to_string().parse::<f64>().unwrap())
                }
                other => panic!("{name} is {other:?}"),
            };
            assert_eq!(shown, value, "{name}");
        }
    }
}

#[tokio::test]
async fn low_zooms_show_few_and_the_popular_ones_and_the_next_zoom_keeps_them() {
    let database = Database::filled().await;
    let mut upper = BTreeSet::new();
    for z in 10..=14 {
        let mut here = BTreeSet::new();
        let (_, x, y) = middle(z);
        for (dx, dy) in [
            (-1, -1),
            (0, -1),
            (1, -1),
            (-1, 0),
            (0, 0),
            (1, 0),
            (-1, 1),
            (0, 1),
            (1, 1),
        ] {
            here.extend(shown(&database, (z, x + dx, y + dy)).await);
        }
        let (z, x, y) = middle(z);
        let centre = shown(&database, (z, x, y)).await;
        let sql = "SELECT array_agg(id) FROM pois WHERE ST_Within(ST_Transform(location::geometry, 3857), ST_TileEnvelope($1, $2, $3, margin => 0.9))";
        let near: Vec<i64> = database.value(sql, &[&z, &x, &y]).await;
        let near = BTreeSet::from_iter(near);
        let lost: Vec<_> = upper
            .intersection(&near)
            .filter(|id| !here.contains(id))
            .collect();
        assert!(lost.is_empty(), "zoom {z} no longer shows {lost:?}");
        assert!(
            !centre.is_empty() && centre.len() <= 1500,
            "zoom {z} shows {}",
            centre.len()
        );
        upper = here;
    }
    let ids: Vec<i64> = shown(&database, middle(12)).await.into_iter().collect();
    let sql = "SELECT avg(popularity_score) FROM pois WHERE id = ANY($1)";
    let shown: f64 = database.value(sql, &[&ids]).await;
    assert!(shown > 0.6, "{shown} is not above the mean of all, 0.5");
}

#[tokio::test]
async fn no_tile_is_over_200_kilobytes_at_any_density() {
    let database = Database::filled().await;
    let sql = "
        INSERT INTO pois (id, location, popularity_score, name, kind)
        SELECT id + i * 1000000, location, popularity_score, name || ' of the great city, number ' || i, kind
        FROM pois, generate_series(1, 20) AS i";
    database.client.batch_execute(sql).await.unwrap();
    for z in 10..=18 {
        let size = tile(&database, middle(z)).await.len();
        assert!(size < 200_000, "zoom {z}: {size} bytes");
    }
}

#[tokio::test]
async fn outside_its_zooms_and_the_world_there_is_nothing() {
    let database = Database::filled().await;
    for at in [
        (0, 0, 0),
        (9, 291, 148),
        (10, -1, 0),
        (12, 5000, 5000),
        (14, 20_000, 0),
        (30, 0, 0),
        (-1, 0, 0),
    ] {
        assert!(tile(&database, at).await.is_empty(), "{at:?}");
    }
}

#[tokio::test]
async fn the_plan_reads_by_the_indexes() {
    let database = Database::filled().await;
    let low = database.plans("SELECT poi_tile(12, 2331, 1185)").await;
    assert!(
        low.contains("Index Scan using pois_cell_popularity_idx"),
        "{low}"
    );
    let high = database.plans("SELECT poi_tile(16, 37310, 18970)").await;
    assert!(
        high.contains("Index Scan on pois_location_idx")
            || high.contains("Index Scan using pois_location_idx"),
        "{high}"
    );
    for plans in [low, high] {
        assert!(!plans.contains("Seq Scan on pois"), "{plans}");
    }
}
