//! Cost of people who are not logged in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use wildside::db;

use crate::api::app::{Client, TestApp};
use crate::api::city;

/// So many places in a degree by a degree, a tenth of them within 5 km; every seventh is of a theme.
fn crowd(app: &TestApp, places: u32) -> String {
    let theme = app
        .database
        .sql("SELECT id FROM interest_themes ORDER BY name LIMIT 1");
    let theme = theme.trim().to_owned();
    app.database.sql(&format!(
        "SELECT setseed(0.5); \
         INSERT INTO pois (id, location, name, kind, osm_tags, popularity_score) \
         SELECT n * 10 + 1, \
                CASE WHEN n % 10 = 0 THEN ST_MakePoint(24.90 + random() * 0.09, 60.15 + random() * 0.045) \
                     ELSE ST_MakePoint(24.4 + random(), 59.7 + random()) END, \
                'Place ' || n, 'cafe', '{{}}', CASE WHEN n % 3 > 0 THEN random() ELSE 0.5 END \
         FROM generate_series(1, {places}) AS n; \
         INSERT INTO poi_interest_themes (poi_id, theme_id) \
         SELECT n * 10 + 1, '{theme}' FROM generate_series(7, {places}, 7) AS n; \
         ANALYZE pois; ANALYZE poi_interest_themes"
    ));
    theme
}

async fn ids(client: &mut Client, query: &str) -> Vec<i64> {
    let answer = client.get(&format!("/api/v1/pois?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let places = answer.json();
    let ids = places.as_array().unwrap().iter().map(|place| &place["id"]);
    ids.map(|id| id.as_i64().unwrap()).collect()
}

/// Result of a look at every place.
fn most_popular(app: &TestApp, bbox: &str, condition: &str, limit: usize) -> Vec<i64> {
    let ids = app.database.sql(&format!(
        "SELECT id FROM pois WHERE location::geometry && ST_MakeEnvelope({bbox}, 4326) AND removed_at IS NULL AND {condition} \
         ORDER BY popularity_score DESC NULLS LAST, id LIMIT {limit}"
    ));
    ids.lines().map(|id| id.trim().parse().unwrap()).collect()
}

#[actix_web::test]
async fn the_most_popular_places_of_a_box_are_found_in_any_crowd() {
    let app = TestApp::spawn();
    let theme = crowd(&app, 30_000);
    let mut client = app.client();
    let of_theme = format!(
        "EXISTS (SELECT FROM poi_interest_themes WHERE poi_id = id AND theme_id = '{theme}')"
    );
    // Few places; a crowd in a town; in a town and its surroundings; everywhere; in a line; nobody.
    for bbox in [
        "24.5,60.3,24.6,60.35",
        "24.90,60.15,24.99,60.195",
        "24.8,60.1,25.1,60.3",
        "23.9,59.2,25.9,61.2",
        "24,60.1650,25.9,60.1651",
        "7.4,43.7,7.5,43.8",
    ] {
        for limit in [20, 100] {
            let query = format!("bbox={bbox}&limit={limit}");
            assert_eq!(
                ids(&mut client, &query).await,
                most_popular(&app, bbox, "true", limit),
                "{query}"
            );
        }
        let query = format!("bbox={bbox}&limit=20&theme_id={theme}");
        assert_eq!(
            ids(&mut client, &query).await,
            most_popular(&app, bbox, &of_theme, 20),
            "{query}"
        );
    }
}

#[actix_web::test]
async fn the_rows_read_for_a_box_do_not_grow_with_its_places() {
    let app = TestApp::spawn();
    let mut read = Vec::new();
    for places in [10_000, 40_000] {
        app.database
            .sql("TRUNCATE pois, poi_interest_themes CASCADE");
        crowd(&app, places);
        read.push(rows_read(&app));
    }
    assert!(read[0] > 100.0 && read[1] < 10_000.0, "{read:?}");
    assert!(read[1] < 1.5 * read[0], "{read:?}");
}

/// Rows of `pois` that the statement reads for a box with all of them, as sessions plan it.
fn rows_read(app: &TestApp) -> f64 {
    let statement = include_str!("../../../src/db/city/places_in_box.sql");
    let regions = app.database.sql(
        "SELECT array_agg(DISTINCT poi_region(ST_MakePoint(x, y)::geography)) \
         FROM generate_series(23.9, 25.9, 0.1) AS x, generate_series(59.2, 61.2, 0.1) AS y",
    );
    let plan = app.database.sql(&format!(
        "SET plan_cache_mode = force_generic_plan; \
         PREPARE most_popular (float8, float8, float8, float8, uuid, bigint, integer[], integer[], bigint, text[]) AS {statement}; \
         EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE most_popular (23.9, 59.2, 25.9, 61.2, NULL, 20, '{{}}', '{regions}', 170, '{{name:de}}')",
        regions = regions.trim(),
    ));
    let plan: Value = serde_json::from_str(plan.trim()).unwrap();
    rows_of_pois(&plan[0]["Plan"])
}

fn rows_of_pois(node: &Value) -> f64 {
    let number = |key: &str| node[key].as_f64().unwrap_or_default();
    let own = match node["Relation Name"].as_str() {
        Some("pois") => {
            let rows = number("Actual Rows") + number("Rows Removed by Filter");
            rows * number("Actual Loops")
        }
        _ => 0.0,
    };
    let below = node["Plans"].as_array().into_iter().flatten();
    own + below.map(rows_of_pois).sum::<f64>()
}

#[actix_web::test]
async fn boxes_that_strangers_choose_leave_nothing_in_redis() {
    let app = TestApp::spawn();
    city::load(&app);
    let before = app.redis.command(&["DBSIZE"]);
    let mut client = app.client();
    for number in 0..100 {
        let west = 7.4 + f64::from(number) * 1e-5;
        ids(&mut client, &format!("bbox={west},43.7,7.5,43.8")).await;
    }
    assert_eq!(app.redis.command(&["DBSIZE"]), before);
}

#[actix_web::test]
async fn strangers_who_ask_for_what_is_slow_slow_nobody_else() {
    let app = TestApp::with(&[("DATABASE_POOL_SIZE", "2")]);
    city::load(&app);
    let mut ada = app.user("ada").await;
    // Known from before, so that the themes need no look while the table is locked.
    assert_eq!(
        app.client().get("/api/v1/interest-themes").await.status,
        200
    );
    let holder = db::pool(&app.database.url(), 1);
    let mut holder = holder.get().await.unwrap();
    let lock = "BEGIN; LOCK TABLE pois";
    holder.batch_execute(lock).await.unwrap();

    let flood = join_all((0..12).map(|number| flood(app.client(), number)));
    let others = async {
        for _ in 0..3 {
            let me = ada.get("/api/v1/users/me").await;
            assert_eq!(me.status, StatusCode::OK, "{}", me.text);
            let login = json!({"username": "ada", "password": "a fine long password"});
            let login = app.client().post("/api/v1/login", &login).await;
            assert_eq!(login.status, StatusCode::OK, "{}", login.text);
            let ready = app.client().get("/health/ready").await;
            assert_eq!(ready.status, StatusCode::OK, "{}", ready.text);
            let themes = app.client().get("/api/v1/interest-themes").await;
            assert_eq!(themes.status, StatusCode::OK, "{}", themes.text);
        }
    };
    let (flooded, ()) = futures::join!(flood, others);
    holder.batch_execute("COMMIT").await.unwrap();

    let mut counts = BTreeMap::<_, u32>::new();
    for (status, took) in flooded.concat() {
        assert!(took < Duration::from_secs(5), "{took:?}");
        *counts.entry(status).or_default() += 1;
    }
    assert_eq!(counts.keys().collect::<Vec<_>>(), [&503], "{counts:?}");
    let after = app.client().get("/api/v1/pois/11").await;
    assert_eq!(after.status, StatusCode::OK, "{}", after.text);
}

/// Asks a few times, for another box each time; what came of it and after how long.
async fn flood(mut client: Client, number: u32) -> Vec<(u16, Duration)> {
    let mut answers = Vec::new();
    for turn in 0..4 {
        let west = 7.4 + f64::from(number * 10 + turn) * 1e-4;
        let path = match turn % 2 {
            0 => format!("/api/v1/pois?bbox={west},43.7,7.5,43.8"),
            _ => "/api/v1/pois/11".to_owned(),
        };
        let asked = Instant::now();
        let answer = client.get(&path).await;
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
            let body: Value = answer.json();
            assert_eq!(body["code"], "service_unavailable");
        }
        answers.push((answer.status.as_u16(), asked.elapsed()));
    }
    answers
}
