//! Walks at the hour at which they are walked.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;
use wildside_actors::Status;
use wildside_engine::Point;
use wildside_engine::geo::METRES_PER_DEGREE;
use wildside_engine::network::CellId;
use wildside_engine::walk::Choice;

use crate::jobs::stage::{RunningWorker, Stage, an_hour_from};

/// Position so many metres east and north of a corner of the grid of cells, an hour west of Greenwich.
fn at(east: f64, north: f64) -> Point {
    let (corner, _) = CellId::of(Point::new(-19.6, 48.0)).corners();
    Point::new(
        corner.lon + east / METRES_PER_DEGREE / corner.lat.to_radians().cos(),
        corner.lat + north / METRES_PER_DEGREE,
    )
}

/// SQL of a path with these hours to a view, and of a street round it that is four times as long.
fn park(hours: &str) -> String {
    let nodes = [
        at(50.0, 50.0),
        at(350.0, 50.0),
        at(50.0, 500.0),
        at(350.0, 500.0),
    ];
    let street = |way: usize, [from, to]: [usize; 2], hours: &str| {
        let (a, b) = (nodes[from], nodes[to]);
        let line = format!(
            "'SRID=4326;LINESTRING({} {}, {} {})'",
            a.lon, a.lat, b.lon, b.lat
        );
        format!(
            "INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, hours, geom) \
             SELECT id, {way}, 0, {cell}, {from}, {to}, ST_Length({line}::geography), 'footway', false, {hours}, {line} FROM areas;",
            cell = CellId::of(a).id(),
        )
    };
    let view = at(349.0, 45.0);
    [
        "INSERT INTO areas (name, boundary, source_digest) \
         VALUES ('town', ST_Multi(ST_MakeEnvelope(-19.7, 47.9, -19.5, 48.1, 4326)), 'none');"
            .to_owned(),
        street(1, [0, 1], &format!("'{hours}'")),
        street(2, [0, 2], "NULL"),
        street(3, [2, 3], "NULL"),
        street(4, [3, 1], "NULL"),
        format!(
            "INSERT INTO pois (id, location, name, kind, osm_tags) \
             VALUES (11, 'POINT({} {})', 'View', 'viewpoint', '{{}}'); \
             INSERT INTO poi_interest_themes (poi_id, theme_id) SELECT 11, id FROM interest_themes ORDER BY name LIMIT 1;",
            view.lon, view.lat
        ),
    ]
    .concat()
}

/// A time of the day after tomorrow, in UTC.
fn time(hour: i64) -> DateTime<Utc> {
    let day = Utc::now().date_naive().and_hms_opt(0, 0, 0).unwrap();
    day.and_utc() + TimeDelta::days(2) + TimeDelta::hours(hour)
}

/// Id of the walk of an hour that begins at this hour.
async fn walk_at(stage: &Stage, hour: i64) -> Uuid {
    let choice = Choice {
        departure: Some(time(hour)),
        ..Choice::default()
    };
    let params = an_hour_from(at(48.0, 49.0)).choosing(choice);
    let request = stage.submit(&params).await;
    let ended = stage.ended(request.id, Duration::from_secs(30)).await;
    assert_eq!((ended.status, &ended.error_code), (Status::Complete, &None));
    ended.route_id.unwrap()
}

/// True if the walk of a request leads through the middle of the path.
const IS_IN_PARK: &str = "SELECT ST_DWithin(path::geography, $1::geography, 5) FROM routes";

#[actix_web::test]
async fn a_park_is_walked_by_day_and_not_by_night() {
    let stage = Stage::set();
    stage.database.sql(&park("open 08:00-20:00"));
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let middle = at(200.0, 50.0);
    let middle = format!("'SRID=4326;POINT({} {})'", middle.lon, middle.lat);
    for (hour, expected) in [(12, "t"), (23, "f"), (8, "f"), (10, "t"), (21, "f")] {
        let route = walk_at(&stage, hour).await;
        let passes = IS_IN_PARK.replace("$1", &middle);
        let found = stage
            .database
            .sql(&format!("{passes} WHERE id = '{route}'"));
        assert_eq!(found.trim(), expected, "at {hour} UTC");
        let until = stage.database.sql(&format!(
            "SELECT details ->> 'same_until' IS NULL FROM routes WHERE id = '{route}'"
        ));
        assert_eq!(until.trim(), "t", "it answers requests for this time alone");
    }
    worker.stop().await;
}

#[actix_web::test]
async fn a_walk_that_begins_now_answers_others_until_something_opens_or_closes() {
    let stage = Stage::set();
    // Wherever the sun stands, some minutes of half a day ahead are another matter.
    stage
        .database
        .sql(&park("yes; no @ (00:00-00:01,12:00-12:01)"));
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    let request = stage
        .submit(&an_hour_from(at(48.0, 49.0)).choosing(Choice::default()))
        .await;
    let ended = stage.ended(request.id, Duration::from_secs(30)).await;
    assert_eq!(ended.status, Status::Complete);
    let left = stage.database.sql(
        "SELECT extract(epoch FROM (details ->> 'same_until')::timestamptz - now()) BETWEEN -60 AND 43200 FROM routes",
    );
    assert_eq!(left.trim(), "t");
    let ttl = stage.redis.command(&["TTL", request.cache_key.as_str()]);
    let ttl: i64 = ttl.trim().trim_start_matches(':').parse().unwrap();
    assert!(ttl <= 43_200, "{ttl}");
    worker.stop().await;
}

#[actix_web::test]
async fn a_museum_is_a_stop_while_it_is_open() {
    let stage = Stage::set();
    stage.database.sql(&park("open 24/7"));
    let museum = at(200.0, 55.0);
    stage.database.sql(&format!(
        "INSERT INTO pois (id, location, name, kind, osm_tags) \
         VALUES (21, 'POINT({} {})', 'Museum', 'museum', '{{\"opening_hours\": \"10:00-18:00\"}}'); \
         INSERT INTO poi_interest_themes (poi_id, theme_id) SELECT 21, id FROM interest_themes ORDER BY name LIMIT 1;",
        museum.lon, museum.lat
    ));
    let worker = RunningWorker::start(&stage, &stage.config(&[]));
    for (hour, stops) in [(13, "11,21"), (23, "11")] {
        let route = walk_at(&stage, hour).await;
        let found = stage.database.sql(&format!(
            "SELECT string_agg(poi_id::text, ',' ORDER BY poi_id) FROM route_pois WHERE route_id = '{route}'"
        ));
        assert_eq!(found.trim(), stops, "at {hour} UTC");
    }
    let states = stage.database.sql(
        "SELECT count(*) FROM routes WHERE jsonb_path_exists(details, '$.openings[*] ? (@.state == \"open\" && exists (@.until))')",
    );
    assert_eq!(states.trim(), "1");
    worker.stop().await;
}
