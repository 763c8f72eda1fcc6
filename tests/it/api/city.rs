//! A street with two places, and a walk along it.

use serde_json::{Value, json};
use uuid::Uuid;
use wildside_test_support::street;

use crate::api::app::{Client, TestApp};

/// On the street, with more digits than the time of a log line has.
pub const START: [f64; 2] = [7.420_212_7, 43.730_112_7];
const PATH: &str = "LINESTRING(7.42 43.73, 7.421 43.73, 7.422 43.73)";

/// Loads the street.
pub fn load(app: &TestApp) {
    app.database.sql(&street(PATH));
    app.database.sql(
        "INSERT INTO pois (id, location, name, kind, osm_tags) VALUES \
             (11, ST_Point(7.421, 43.7301), 'Café <Zoë> & Söhne', 'cafe', '{\"amenity\": \"cafe\"}'), \
             (22, ST_Point(7.422, 43.7301), '展望台', 'viewpoint', '{\"tourism\": \"viewpoint\"}');",
    );
}

/// The body of a request for a walk on the street.
pub fn body() -> Value {
    json!({"start_location": {"type": "Point", "coordinates": START}, "duration_minutes": 60})
}

/// Asks for a walk.
pub async fn ask(client: &mut Client) -> Uuid {
    let answer = client.post("/api/v1/routes", &body()).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    answer.json()["request_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// Rows that a worker leaves behind when it has found a walk.
pub fn finish(app: &TestApp, request: Uuid) -> Uuid {
    let route = Uuid::new_v4();
    let step = json!({"maneuver": "depart", "street": "Rue «A&B»", "distance_metres": 80.0, "path_start": 0});
    let leg = |path_start: usize| json!({"path_start": path_start, "distance_metres": 80.0, "duration_seconds": 60, "steps": [step]});
    let details = json!({
        "legs": [leg(0), leg(1), leg(2)],
        "stairs_metres": 0.0,
        "light": {"lit_metres": 0.0, "unlit_metres": 0.0, "unknown_metres": 160.0},
        "repeated_metres": 0.0
    });
    app.database.sql(&format!(
        "INSERT INTO routes (id, user_id, path, generation_params, distance_metres, duration_seconds, score, details) \
             SELECT '{route}', user_id, ST_GeomFromText('{PATH}', 4326), params, 160, 900, 2, $${details}$$ \
             FROM route_requests WHERE id = '{request}'; \
         INSERT INTO route_pois (route_id, poi_id, position, arrive_after_seconds, visit_seconds) \
             VALUES ('{route}', 11, 1, 60, 300), ('{route}', 22, 2, 420, 300); \
         UPDATE route_requests SET status = 'complete', route_id = '{route}', updated_at = now() WHERE id = '{request}';"
    ));
    route
}

/// A finished walk of the client.
pub async fn walk(app: &TestApp, client: &mut Client) -> Uuid {
    finish(app, ask(client).await)
}
