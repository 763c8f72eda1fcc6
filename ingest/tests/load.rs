//! Loads into a real database: again, newer, overlapping, failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use support::{Pbf, Tags, shipped, write};
use tempfile::TempDir;
use wildside_ingest::area::Polygon;
use wildside_ingest::digest::digest;
use wildside_ingest::load::{Change, Load, LoadError, Outcome, load};
use wildside_test_support::TestDatabase;

const FOOTWAY: Tags<'static> = &[("highway", "footway")];
const MAY: u64 = 1_714_521_600;
const JUNE: u64 = 1_717_200_000;

/// A few crossing streets around a longitude, with viewpoints of these ids and names.
fn town(timestamp: u64, lon: f64, views: &[(i64, &str)]) -> Pbf {
    let corner = |pbf: Pbf, id: i64, dx: f64, dy: f64| pbf.node(id, lon + dx, 60.17 + dy, &[]);
    let corners = [
        (1, 0.0, 0.0),
        (2, 0.004, 0.0),
        (3, 0.004, 0.003),
        (4, 0.0, 0.003),
        (5, 0.002, 0.0015),
    ];
    let pbf = corners
        .iter()
        .fold(Pbf::new().timestamp(timestamp), |pbf, (id, dx, dy)| {
            corner(pbf, *id, *dx, *dy)
        });
    let pbf = views.iter().fold(pbf, |pbf, (id, name)| {
        let tags = [("tourism", "viewpoint"), ("name", name)];
        pbf.node(*id, lon + 0.001 + *id as f64 * 1e-6, 60.171, &tags)
    });
    pbf.way(10, &[1, 2, 3, 4, 1], FOOTWAY)
        .way(11, &[1, 5, 3], FOOTWAY)
        .way(12, &[2, 5, 4], FOOTWAY)
}

fn job(file: &Path, name: &str) -> Load {
    Load {
        file: file.to_owned(),
        name: name.to_owned(),
        source: "a test".to_owned(),
        area: None,
        allow_shrink: false,
        allow_older: false,
        digest: digest(file, None).unwrap(),
    }
}

async fn try_load(database: &TestDatabase, pbf: &Pbf, name: &str) -> Result<Outcome, LoadError> {
    let (_folder, file): (TempDir, PathBuf) = pbf.write();
    load(&database.url(), job(&file, name), |_| {}).await
}

async fn change(database: &TestDatabase, pbf: &Pbf, name: &str) -> Change {
    match try_load(database, pbf, name).await.unwrap() {
        Outcome::Loaded(loaded) => loaded.change,
        Outcome::Unchanged { .. } => panic!("nothing was loaded"),
    }
}

#[tokio::test]
async fn both_cities_live_in_one_database_and_again_changes_nothing() {
    let database = TestDatabase::create();
    for city in ["helsinki", "monaco"] {
        let outcome = load(&database.url(), job(&shipped(city), city), |_| {})
            .await
            .unwrap();
        let Outcome::Loaded(loaded) = outcome else {
            panic!("{city} was there before")
        };
        let count = |sql: &str| {
            database.sql(&format!("SELECT count(*) FROM {sql} JOIN areas ON areas.id = area_id WHERE areas.name = '{city}'"))
        };
        assert_eq!(count("walk_edges").trim(), loaded.edges.to_string());
        assert_eq!(count("pois").trim(), loaded.scan.places.len().to_string());
        for table in ["walk_nodes", "base_lines", "base_areas", "base_labels"] {
            assert_ne!(count(table).trim(), "0", "{table} of {city}");
        }
    }
    let everything = "SELECT md5(string_agg(id || xmin::text, ',' ORDER BY id)) FROM pois";
    let before = database.sql(everything);
    let again = load(&database.url(), job(&shipped("monaco"), "monaco"), |_| {})
        .await
        .unwrap();
    assert!(matches!(again, Outcome::Unchanged { generation: 1 }));
    assert_eq!(database.sql(everything), before);
}

#[tokio::test]
async fn every_stored_value_is_sound() {
    let database = TestDatabase::create();
    load(&database.url(), job(&shipped("monaco"), "monaco"), |_| {})
        .await
        .unwrap();
    for (fault, sql) in [
        (
            "edge shorter or longer than its line",
            "SELECT count(*) FROM walk_edges WHERE abs(length_metres - ST_Length(geom::geography)) > 0.01 * length_metres + 0.1",
        ),
        (
            "edge without its nodes",
            "SELECT count(*) FROM walk_edges e WHERE NOT EXISTS (SELECT 1 FROM walk_nodes n WHERE n.id = e.from_node) OR NOT EXISTS (SELECT 1 FROM walk_nodes n WHERE n.id = e.to_node)",
        ),
        (
            "place without a theme",
            "SELECT count(*) FROM pois p WHERE NOT EXISTS (SELECT 1 FROM poi_interest_themes t WHERE t.poi_id = p.id)",
        ),
        (
            "popularity out of range",
            "SELECT count(*) FROM pois WHERE popularity_score IS NULL OR popularity_score NOT BETWEEN 0 AND 1",
        ),
        (
            "street outside the boundary",
            "SELECT count(*) FROM walk_edges e JOIN areas a ON a.id = e.area_id WHERE NOT ST_Intersects(a.boundary, e.geom)",
        ),
        (
            "area that is not valid",
            "SELECT count(*) FROM base_areas WHERE NOT ST_IsValid(geom)",
        ),
    ] {
        assert_eq!(database.sql(sql).trim(), "0", "{fault}");
    }
    let sea = "SELECT count(*) FROM base_areas WHERE osm_id = 0 AND ST_Contains(geom, ST_Transform('SRID=4326;POINT(7.43 43.73)'::geometry, 3857))";
    assert_eq!(database.sql(sea).trim(), "1", "no sea before Monaco");
}

#[tokio::test]
async fn newer_data_updates_removes_and_keeps_what_walks_have_visited() {
    let database = TestDatabase::create();
    let first = change(
        &database,
        &town(MAY, 24.94, &[(101, "A"), (102, "B"), (103, "C")]),
        "town",
    )
    .await;
    assert_eq!((first.generation, first.places_written), (1, 3));
    database.sql("INSERT INTO routes (id, distance_metres, duration_seconds, score, details) VALUES ('00000000-0000-0000-0000-000000000001', 1, 1, 1, '{}')");
    database.sql("INSERT INTO route_pois (route_id, poi_id, position, arrive_after_seconds, visit_seconds) VALUES ('00000000-0000-0000-0000-000000000001', 1021, 0, 1, 1)");

    let second = change(
        &database,
        &town(JUNE, 24.94, &[(101, "A"), (104, "D")]),
        "town",
    )
    .await;
    assert_eq!(
        (
            second.generation,
            second.places_removed,
            second.places_retired
        ),
        (2, 1, 1)
    );
    // D is new; A may have got another popularity.
    assert!((1..=2).contains(&second.places_written), "{second:?}");
    let left = database.sql("SELECT id, removed_at IS NULL FROM pois ORDER BY id");
    assert_eq!(left.trim(), "1011|t\n1021|f\n1041|t");

    change(
        &database,
        &town(JUNE + 1, 24.94, &[(101, "A"), (102, "B"), (104, "D")]),
        "town",
    )
    .await;
    assert_eq!(
        database
            .sql("SELECT removed_at IS NULL FROM pois WHERE id = 1021")
            .trim(),
        "t"
    );
}

#[tokio::test]
async fn enriched_and_edited_fields_survive() {
    let database = TestDatabase::create();
    change(
        &database,
        &town(MAY, 24.94, &[(101, "A"), (102, "B")]),
        "town",
    )
    .await;
    database.sql("UPDATE pois SET narrative = 'Told by hand.', narrative_source = 'edited', popularity_score = 0.77, popularity_source = 'edited' WHERE id = 1011");
    database.sql("INSERT INTO pois (id, location, kind, name, enriched_at) VALUES (9991, 'POINT(24.941 60.171)', 'cafe', 'Found later', now())");
    change(
        &database,
        &town(JUNE, 24.94, &[(101, "A renamed"), (102, "B")]),
        "town",
    )
    .await;
    let kept = database.sql("SELECT name, narrative, popularity_score FROM pois WHERE id = 1011");
    assert_eq!(kept.trim(), "A renamed|Told by hand.|0.77");
    assert_eq!(
        database
            .sql("SELECT count(*) FROM pois WHERE id = 9991")
            .trim(),
        "1"
    );
}

#[tokio::test]
async fn where_areas_overlap_the_newer_decides_and_none_takes_from_the_other() {
    let database = TestDatabase::create();
    change(
        &database,
        &town(JUNE, 24.94, &[(101, "new"), (102, "only here")]),
        "one",
    )
    .await;
    change(&database, &town(MAY, 24.94, &[(101, "old")]), "two").await;
    assert_eq!(
        database
            .sql("SELECT string_agg(name, ',' ORDER BY id) FROM pois")
            .trim(),
        "new,only here"
    );
    // What the first one loses, the second one still covers: it is not its to remove.
    change(&database, &town(JUNE + 1, 24.94, &[(101, "new")]), "one").await;
    let owner = database.sql("SELECT areas.name, removed_at IS NULL FROM pois JOIN areas ON areas.id = area_id WHERE pois.id = 1021");
    assert_eq!(owner.trim(), "two|t");
    change(&database, &town(JUNE + 2, 24.94, &[(101, "new")]), "two").await;
    assert_eq!(database.sql("SELECT count(*) FROM pois WHERE area_id IN (SELECT id FROM areas WHERE name = 'two') AND id = 1021").trim(), "0");
}

#[tokio::test]
async fn a_name_belongs_to_one_place() {
    let database = TestDatabase::create();
    database.expect_error("42P01"); // undefined table: the load is broken off while it builds
    change(&database, &town(MAY, 24.94, &[(101, "A")]), "map").await;
    let elsewhere = try_load(&database, &town(MAY, 7.42, &[(201, "B")]), "map")
        .await
        .unwrap_err();
    assert!(matches!(elsewhere, LoadError::NameTaken(_)), "{elsewhere}");
    assert_eq!(
        database
            .sql("SELECT string_agg(name, ',') FROM pois")
            .trim(),
        "A"
    );
}

#[tokio::test]
async fn older_data_is_refused_unless_it_is_wanted() {
    let database = TestDatabase::create();
    change(&database, &town(JUNE, 24.94, &[(101, "new")]), "town").await;
    let (_folder, file) = town(MAY, 24.94, &[(101, "old")]).write();
    let mut job = job(&file, "town");
    let older = load(&database.url(), job.clone(), |_| {})
        .await
        .unwrap_err();
    assert!(older.to_string().contains("2024-06-01"), "{older}");
    job.allow_older = true;
    load(&database.url(), job, |_| {}).await.unwrap();
    assert_eq!(database.sql("SELECT name FROM pois").trim(), "old");
}

#[tokio::test]
async fn a_failed_load_leaves_the_old_data_whole() {
    let database = TestDatabase::create();
    let url = database.url();
    load(&url, job(&shipped("monaco"), "monaco"), |_| {})
        .await
        .unwrap();
    let fingerprint = "SELECT (SELECT count(*) FROM walk_edges), (SELECT count(*) FROM pois), (SELECT sum(generation) FROM areas)";
    let before = database.sql(fingerprint);
    let whole = std::fs::read(shipped("monaco")).unwrap();
    let (_folder, cut) = write("cut.osm.pbf", &whole[..whole.len() - 5000]);
    let damaged = load(&url, job(&cut, "monaco"), |_| {}).await.unwrap_err();
    assert!(damaged.to_string().contains("damaged"), "{damaged}");
    // Whole blocks, but a village where a city was.
    let (_folder, village) = town(JUNE, 7.42, &[]).write();
    let shrunk = load(&url, job(&village, "monaco"), |_| {})
        .await
        .unwrap_err();
    assert!(matches!(shrunk, LoadError::Shrunk { .. }), "{shrunk}");
    assert_eq!(database.sql(fingerprint), before);
}

#[tokio::test]
async fn hostile_and_repeated_elements_are_stored_as_they_can_be() {
    let database = TestDatabase::create();
    let name = "x'); DROP TABLE pois;--\0";
    let pbf = town(MAY, 24.94, &[(101, name)])
        .node(
            101,
            24.9412,
            60.1712,
            &[("tourism", "viewpoint"), ("name", "twice")],
        )
        .way(11, &[1, 5, 3], FOOTWAY);
    change(&database, &pbf, "town").await;
    assert_eq!(
        database
            .sql("SELECT count(*) FROM pois WHERE id = 1011")
            .trim(),
        "1"
    );
    assert_eq!(
        database
            .sql("SELECT count(*) FROM walk_edges WHERE way_id = 11")
            .trim(),
        "2"
    );
}

/// Indexes, constraints, rights and comments of the tables that a load replaces.
const TABLES: &str = "
    SELECT relname, relkind, relacl, obj_description(c.oid), pg_get_userbyid(relowner),
           (SELECT string_agg(pg_get_indexdef(indexrelid), '; ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid),
           (SELECT string_agg(conname || pg_get_constraintdef(oid), '; ' ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid),
           (SELECT string_agg(concat(attname, atttypid::regtype, attnotnull, col_description(c.oid, attnum)), '; ' ORDER BY attnum)
            FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
    FROM pg_class c WHERE relkind = 'r' AND (relname LIKE 'base_%' OR relname LIKE 'walk_%' OR relname = 'outlines')
    ORDER BY relname";

#[tokio::test]
async fn tables_that_changed_places_are_like_those_before() {
    let database = TestDatabase::create();
    let before = database.sql(TABLES);
    change(&database, &town(MAY, 24.94, &[(101, "A")]), "town").await;
    change(&database, &town(JUNE, 24.94, &[(101, "A")]), "town").await;
    assert_eq!(database.sql(TABLES), before);
    assert!(before.contains("martin_ro=r"), "{before}");
}

#[tokio::test]
async fn a_load_waits_for_who_reads_and_nobody_waits_for_the_load() {
    load_while_somebody("SELECT way_id FROM walk_edges").await;
}

#[tokio::test]
async fn a_load_waits_for_who_is_about_to_change_an_area() {
    load_while_somebody("LOCK TABLE areas IN ROW EXCLUSIVE MODE").await;
}

/// Somebody does this in a transaction and then nothing for a while.
async fn load_while_somebody(does: &str) {
    let database = TestDatabase::create();
    change(&database, &town(MAY, 24.94, &[(101, "A")]), "town").await;
    let mut reader = wildside_ingest::load::connect(&database.url())
        .await
        .unwrap();
    let reading = reader.transaction().await.unwrap();
    reading.batch_execute(does).await.unwrap();
    let old = database.sql("SELECT count(*) FROM walk_edges");
    let (_folder, file) = town(JUNE, 24.94, &[(101, "A")]).write();
    let (url, job) = (database.url(), job(&file, "town"));
    let loading = tokio::spawn(async move { load(&url, job, |_| {}).await.map(drop) });
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(!loading.is_finished());
    let begun = std::time::Instant::now();
    assert_eq!(database.sql("SELECT count(*) FROM walk_edges"), old);
    assert!(begun.elapsed().as_secs() < 2);
    drop(reading);
    loading.await.unwrap().unwrap();
    assert_eq!(database.sql("SELECT generation FROM areas").trim(), "2");
}

#[tokio::test]
async fn a_database_without_tables_is_told_to_migrate() {
    let database = TestDatabase::empty();
    let fault = load(&database.url(), job(&shipped("monaco"), "monaco"), |_| {})
        .await
        .unwrap_err();
    assert!(fault.to_string().contains("wildside migrate"), "{fault}");
    let nowhere = load(
        "postgres://nobody@127.0.0.1:1/none",
        job(&shipped("monaco"), "monaco"),
        |_| {},
    )
    .await
    .unwrap_err();
    assert!(matches!(nowhere, LoadError::Connect(_)), "{nowhere}");
}

#[tokio::test]
async fn a_village_on_the_antimeridian_is_covered_and_nothing_else_on_earth() {
    let database = TestDatabase::create();
    let village = [
        (1, 179.99),
        (2, 179.997),
        (3, 180.0),
        (4, -180.0),
        (5, -179.998),
        (6, -179.99),
    ];
    let pbf = village
        .iter()
        .fold(Pbf::new().timestamp(MAY), |pbf, (id, lon)| {
            pbf.node(*id, *lon, -16.8, &[])
                .node(*id + 10, *lon, -16.81, &[])
        });
    let pbf = pbf
        .way(1, &[1, 2, 3], FOOTWAY)
        .way(2, &[4, 5, 6], FOOTWAY)
        .way(3, &[1, 11, 12, 2], FOOTWAY)
        .way(4, &[5, 15, 16, 6], FOOTWAY)
        .way(5, &[2, 5], FOOTWAY);
    change(&database, &pbf, "village").await;
    let covers = |lon: f64| {
        let query = format!(
            "SELECT ST_Covers(boundary, ST_SetSRID(ST_MakePoint({lon}, -16.8), 4326)) FROM areas"
        );
        database.sql(&query).trim() == "t"
    };
    for lon in [179.992, 179.999, 180.0, -180.0, -179.999, -179.992] {
        assert!(covers(lon), "{lon}");
    }
    for lon in [179.9, 20.0, 0.0, -75.0, -179.9] {
        assert!(!covers(lon), "{lon}");
    }
    let sound = database.sql("SELECT ST_IsValid(boundary), ST_NumGeometries(boundary) FROM areas");
    assert_eq!(sound.trim(), "t|2");
}

#[tokio::test]
async fn a_street_over_the_border_of_two_areas_is_whole_once_both_are_loaded() {
    let database = TestDatabase::create();
    let pbf = town(MAY, 24.9, &[]);
    let side = |from: f64, to: f64| {
        let ring = format!("[[{from},60],[{to},60],[{to},61],[{from},61],[{from},60]]");
        let text = format!("{{\"type\":\"Polygon\",\"coordinates\":[{ring}]}}");
        Polygon::from_geojson(&text).unwrap()
    };
    let (_folder, file) = pbf.write();
    for (name, area) in [("west", side(24.0, 24.903)), ("east", side(24.903, 25.0))] {
        let job = Load {
            area: Some(area),
            ..job(&file, name)
        };
        load(&database.url(), job, |_| {}).await.unwrap();
    }
    let whole = TestDatabase::create();
    change(&whole, &pbf, "town").await;
    let lengths = "SELECT round(sum(length_metres)) FROM ( \
        SELECT DISTINCT ON (way_id, from_node, to_node) length_metres FROM walk_edges) AS stretches";
    assert_eq!(database.sql(lengths), whole.sql(lengths));
    let way = "WITH RECURSIVE reached (node) AS ( \
            SELECT 1::bigint UNION \
            SELECT CASE node WHEN from_node THEN to_node ELSE from_node END \
            FROM reached JOIN walk_edges ON node IN (from_node, to_node)) \
        SELECT count(*) FROM reached WHERE node IN (1, 2, 3, 4, 5)";
    assert_eq!(database.sql(way).trim(), "5");
    // What lies across comes with both, and nothing beyond.
    let twice = "SELECT count(*) FROM walk_edges AS one JOIN walk_edges AS other \
        USING (way_id, from_node, to_node) WHERE one.area_id < other.area_id";
    assert_eq!(database.sql(twice).trim(), "4");
}
