//! A city with places, streets and a walk, to see whether all of it is still there.

use std::path::Path;

use chrono::Utc;
use uuid::Uuid;
use wildside_ingest::load::{Load, load};
use wildside_test_support::PostgresServer;

/// The walk.
pub(crate) const ROUTE: Uuid = Uuid::from_u128(0x1111_1111_2222_4333_8444_5555_5555_5555);
const SECRET: &str = "the key of the tests, 32 bytes long or more";
const EXTRACT: &str = "ingest/data/monaco.osm.pbf";

/// A walk of eight stops through all of Monaco, and the key of its tiles.
const WALK: &str = "
    SET search_path = app, public, extensions;
    INSERT INTO routes (id, path, distance_metres, duration_seconds, score, details)
    SELECT '{route}', ST_MakeLine(location::geometry ORDER BY id), 4200, 3600, 1, '{}' FROM pois WHERE id % 50 < 10;
    INSERT INTO route_pois (route_id, poi_id, position, arrive_after_seconds, visit_seconds)
    SELECT '{route}', id, row_number() OVER (ORDER BY id), 300, 120 FROM (SELECT id FROM pois ORDER BY id LIMIT 8) AS first;
    INSERT INTO tile_token_keys (secret) VALUES ('{secret}');";

/// Loads Monaco into a migrated database and takes a walk there.
pub(crate) async fn fill(server: &PostgresServer, database: &str) {
    let monaco = Load {
        file: Path::new(env!("CARGO_MANIFEST_DIR")).join(EXTRACT),
        name: "monaco".to_owned(),
        source: "monaco.osm.pbf".to_owned(),
        area: None,
        allow_shrink: false,
        allow_older: false,
        digest: "of the test".to_owned(),
    };
    load(&server.url(database), monaco, |_| ()).await.unwrap();
    let walk = WALK.replace("{route}", &ROUTE.to_string());
    server.sql(database, &walk.replace("{secret}", SECRET));
}

/// Applies the migrations as `wildside migrate` does.
pub(crate) async fn migrate(url: &str) -> anyhow::Result<Vec<String>> {
    let url = url.to_owned();
    let migrating = tokio::task::spawn_blocking(move || {
        wildside::db::migrate(&url, std::time::Duration::from_mins(1))
    });
    migrating.await.unwrap()
}

/// The query of a tile request that opens the walk now.
pub(crate) fn ticket() -> String {
    let token = wildside::walks::tile_tokens::sign(SECRET.as_bytes(), ROUTE, Utc::now()).unwrap();
    format!(r#"{{"route_id": "{ROUTE}", "token": "{token}"}}"#)
}
