use chrono::Utc;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::tiles::database::Database;

pub(crate) const SECRET: &[u8] = b"the key of the tests, 32 bytes long or more";
pub(crate) const ROUTE: Uuid = Uuid::from_u128(0x1111_1111_2222_4333_8444_5555_5555_5555);
pub(crate) const OTHER_ROUTE: Uuid = Uuid::from_u128(0x9999_9999_2222_4333_8444_5555_5555_5555);

/// Zoom 14 tile around the walk, in the middle of Helsinki.
pub(crate) const TILE: (i32, i32, i32) = (14, 9327, 4742);

/// Three thousand places around 24.94° E 60.17° N, denser in the middle, each of two themes.
const POIS: &str = "
    SELECT setseed(0.5);
    INSERT INTO pois (id, location, popularity_score, name, kind)
    SELECT i * 10 + 1,
           ST_MakePoint(24.94 + (random() + random() - 1) * 0.1, 60.17 + (random() + random() - 1) * 0.05)::geography,
           CASE WHEN i % 50 = 0 THEN NULL ELSE random() END, 'Place ' || i, 'cafe'
    FROM generate_series(1, 3000) AS i;
    INSERT INTO poi_interest_themes (poi_id, theme_id, weight)
    SELECT p.id, t.id, t.weight
    FROM pois p, LATERAL (
        SELECT id, 1.0 / row_number() OVER (ORDER BY md5(t.id::text || p.id)) AS weight FROM interest_themes t LIMIT 2
    ) AS t;
    ANALYZE;";

/// A walk round the middle that stops at eight places.
const WALK: &str = "
    INSERT INTO routes (id, path, distance_metres, duration_seconds, score, details)
    SELECT '{route}', ST_SetSRID(ST_MakeLine(ST_MakePoint(24.94 + 0.008 * sin(i / 50.0), 60.17 + 0.004 * cos(i / 50.0)) ORDER BY i), 4326),
           4200, 3600, 1, '{}'
    FROM generate_series(0, 300) AS i;
    INSERT INTO route_pois (route_id, poi_id, position, arrive_after_seconds, visit_seconds)
    SELECT '{route}', id, n, 300 * n, 120
    FROM (SELECT id, row_number() OVER (ORDER BY location <-> 'POINT(24.94 60.17)'::geography) AS n FROM pois LIMIT 8) AS nearest;";

/// So many more walks that reading them all would show in a plan.
const CROWD: &str = "
    INSERT INTO routes (path, distance_metres, duration_seconds, score, details)
    SELECT path, distance_metres, duration_seconds, score, details FROM routes, generate_series(1, 1000);
    INSERT INTO route_pois (route_id, poi_id, position, arrive_after_seconds, visit_seconds)
    SELECT r.id, s.poi_id, s.position, s.arrive_after_seconds, s.visit_seconds
    FROM routes r, route_pois s
    WHERE s.route_id = '{route}' AND r.id NOT IN (SELECT route_id FROM route_pois);
    ANALYZE;";

impl Database {
    /// With places, the two walks and the key.
    pub(crate) async fn filled() -> Self {
        let database = Self::create().await;
        fill(&database.client).await;
        database
    }

    pub(crate) async fn add_crowd(&self) {
        let crowd = CROWD.replace("{route}", &ROUTE.to_string());
        self.client.batch_execute(&crowd).await.unwrap();
    }

    pub(crate) async fn add_key(&self, secret: &[u8]) {
        add_key(&self.client, secret).await;
    }
}

/// Places, the two walks and the key.
pub(crate) async fn fill(client: &Client) {
    client.batch_execute(POIS).await.unwrap();
    for route in [ROUTE, OTHER_ROUTE] {
        let walk = WALK.replace("{route}", &route.to_string());
        client.batch_execute(&walk).await.unwrap();
    }
    add_key(client, SECRET).await;
}

async fn add_key(client: &Client, secret: &[u8]) {
    let sql = "INSERT INTO tile_token_keys (secret) VALUES ($1)";
    client.execute(sql, &[&secret]).await.unwrap();
}

/// A token that opens the tiles of a route now.
pub(crate) fn token(route_id: Uuid) -> String {
    wildside::walks::tile_tokens::sign(SECRET, route_id, Utc::now()).unwrap()
}
