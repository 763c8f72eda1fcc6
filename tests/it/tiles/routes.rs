//! `get_route_tile` against the walk it shows, and the plan it is made by.

use std::collections::BTreeMap;

use geo_types::{Coord, Geometry};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tiles::database::Database;
use crate::tiles::fixture::{ROUTE, TILE, token};
use crate::tiles::mvt::{integer, layers, number, text};

async fn tile(database: &Database, (z, x, y): (i32, i32, i32)) -> Vec<u8> {
    let sql = "SELECT get_route_tile($1, $2, $3, $4)";
    database.value(sql, &[&ROUTE, &z, &x, &y]).await
}

async fn tile_for(database: &Database, query: Value) -> Option<Vec<u8>> {
    let (z, x, y) = TILE;
    let sql = "SELECT route_tile($1, $2, $3, $4)";
    database.value(sql, &[&z, &x, &y, &query]).await
}

/// Longitude and latitude of a point of the tile.
fn geographic((z, x, y): (i32, i32, i32), at: Coord<f32>) -> (f64, f64) {
    let tiles = f64::from(1 << z);
    let right = (f64::from(x) + f64::from(at.x) / 4096.0) / tiles;
    let down = (f64::from(y) + f64::from(at.y) / 4096.0) / tiles;
    let latitude = (std::f64::consts::PI * (1.0 - 2.0 * down)).sinh().atan();
    (right * 360.0 - 180.0, latitude.to_degrees())
}

#[tokio::test]
async fn the_line_is_the_walk() {
    let database = Database::filled().await;
    let layers = layers(tile(&database, TILE).await);
    let [route] = &layers["route"][..] else {
        panic!("one line is expected")
    };
    assert_eq!(text(route, "id"), ROUTE.to_string());
    assert!((number(route, "distance_metres") - 4200.0).abs() < f64::EPSILON);
    assert_eq!(integer(route, "duration_seconds"), 3600);
    let Geometry::LineString(line) = &route.geometry else {
        panic!("{:?}", route.geometry)
    };
    assert!(line.0.len() < 301, "simplified");
    for point in line {
        let (longitude, latitude) = geographic(TILE, *point);
        let sql = "SELECT ST_Distance(path::geography, ST_MakePoint($2, $3)::geography) FROM routes WHERE id = $1";
        let metres: f64 = database.value(sql, &[&ROUTE, &longitude, &latitude]).await;
        assert!(metres < 1.0, "{metres} m from the walk");
    }
}

#[tokio::test]
async fn the_stops_are_those_of_the_walk_in_order() {
    let database = Database::filled().await;
    let wide = (12, TILE.1 >> 2, TILE.2 >> 2);
    let layers = layers(tile(&database, wide).await);
    let sql = "
        SELECT position, poi_id, name, arrive_after_seconds, visit_seconds, ST_X(location::geometry), ST_Y(location::geometry)
        FROM route_pois JOIN pois ON id = poi_id WHERE route_id = $1 ORDER BY position";
    let stored = database.client.query(sql, &[&ROUTE]).await.unwrap();
    assert_eq!(layers["stops"].len(), stored.len());
    for (stop, row) in layers["stops"].iter().zip(stored) {
        for (column, property) in [
            (0, "position"),
            (3, "arrive_after_seconds"),
            (4, "visit_seconds"),
        ] {
            assert_eq!(
                integer(stop, property),
                i64::from(row.get::<_, i32>(column)),
                "{property}"
            );
        }
        assert_eq!(integer(stop, "id"), row.get::<_, i64>(1));
        assert_eq!(text(stop, "name"), row.get::<_, &str>(2));
        let Geometry::MultiPoint(points) = &stop.geometry else {
            panic!("{:?}", stop.geometry)
        };
        let (longitude, latitude) = geographic(wide, points.0[0].0);
        let (x, y): (f64, f64) = (row.get(5), row.get(6));
        assert!((longitude - x).abs() < 1e-4 && (latitude - y).abs() < 1e-4);
    }
}

#[tokio::test]
async fn only_the_part_in_the_tile_is_there() {
    let database = Database::filled().await;
    let (z, x, y) = (16, 37_308, 18_969);
    let mut points = BTreeMap::new();
    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let layers = layers(tile(&database, (z, x + dx, y + dy)).await);
        for route in layers.get("route").into_iter().flatten() {
            let lines = match &route.geometry {
                Geometry::LineString(line) => vec![line.clone()],
                Geometry::MultiLineString(lines) => lines.0.clone(),
                other => panic!("{other:?}"),
            };
            for point in lines.iter().flatten() {
                assert!(
                    (-64.0..=4160.0).contains(&point.x) && (-64.0..=4160.0).contains(&point.y),
                    "{point:?}"
                );
            }
            points.insert((dx, dy), lines.len());
        }
    }
    assert!(!points.is_empty());
    assert!(
        tile(&database, (z, 10, 10)).await.is_empty(),
        "nothing far away"
    );
}

#[tokio::test]
async fn a_tile_that_does_not_exist_is_empty_and_never_raises() {
    let database = Database::filled().await;
    for at in [
        (14, -1, 0),
        (14, 0, -1),
        (3, 8, 0),
        (3, 0, 8),
        (-1, 0, 0),
        (40, 0, 0),
        (22, i32::MAX, i32::MAX),
    ] {
        assert!(tile(&database, at).await.is_empty(), "{at:?}");
    }
}

#[tokio::test]
async fn the_tile_is_given_for_a_good_token_only() {
    let database = Database::filled().await;
    let good = tile_for(&database, json!({"route_id": ROUTE, "token": token(ROUTE)})).await;
    assert_eq!(good, Some(tile(&database, TILE).await));
    let other = Uuid::from_u128(7);
    for query in [
        json!(null),
        json!([]),
        json!({}),
        json!({"route_id": ROUTE}),
        json!({"token": token(ROUTE)}),
        json!({"route_id": ROUTE, "token": token(other)}),
        json!({"route_id": other, "token": token(ROUTE)}),
        json!({"route_id": "' OR true", "token": token(ROUTE)}),
        json!({"route_id": [ROUTE], "token": token(ROUTE)}),
        json!({"route_id": 12, "token": 12}),
        json!({"route_id": ROUTE, "token": {"a": 1}}),
        json!({"route_id": ROUTE, "token": null}),
    ] {
        let refused = tile_for(&database, query.clone()).await;
        assert_eq!(refused.as_deref(), Some(&b"refused"[..]), "{query}");
    }
}

#[tokio::test]
async fn the_plan_reads_one_walk_by_index() {
    let database = Database::filled().await;
    database.add_crowd().await;
    let sql = format!("SELECT get_route_tile('{ROUTE}', 14, 9327, 4742)");
    let plans = database.plans(&sql).await;
    assert!(plans.contains("Index Scan using routes_pkey"), "{plans}");
    assert!(plans.contains("on route_pois_"), "{plans}");
    assert!(!plans.contains("Seq Scan"), "{plans}");
}
