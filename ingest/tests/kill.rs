//! A load that is killed at any moment leaves the old data whole, and the next one does its work.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::shipped;
use wildside_test_support::TestDatabase;

/// Everything that a load writes, in a few numbers.
const FINGERPRINT: &str = "SELECT (SELECT count(*) FROM pois), (SELECT md5(string_agg(id || coalesce(name, ''), ',' ORDER BY id)) FROM pois),
    (SELECT count(*) FROM poi_interest_themes), (SELECT count(*) FROM walk_edges), (SELECT sum(length_metres) FROM walk_edges),
    (SELECT count(*) FROM walk_nodes), (SELECT count(*) FROM base_lines), (SELECT count(*) FROM base_areas), (SELECT sum(generation) FROM areas)";

fn ingest(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wildside-ingest"));
    command.arg("--pbf").arg(shipped("monaco")).args(arguments);
    command
        .env("DATABASE_URL", database.url())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Half of Monaco, so that a reload of all of it is a change.
fn area() -> (tempfile::TempDir, String) {
    let west = r#"{"type":"Polygon","coordinates":[[[7.40,43.72],[7.4215,43.72],[7.4215,43.76],[7.40,43.76],[7.40,43.72]]]}"#;
    let (folder, file) = support::write("west.geojson", west.as_bytes());
    (folder, file.to_str().unwrap().to_owned())
}

#[test]
fn killed_at_any_moment_it_leaves_the_old_data_whole() {
    let database = TestDatabase::create();
    let (_folder, area) = area();
    let loaded = ingest(&database, &["--area", &area, "--name", "monaco"])
        .status()
        .unwrap();
    assert!(loaded.success());
    let before = database.sql(FINGERPRINT);

    let begun = Instant::now();
    let scratch = TestDatabase::create();
    assert!(ingest(&scratch, &[]).status().unwrap().success());
    let whole = begun.elapsed();
    let mut killed = 0;
    for tenth in 1..=9 {
        let mut child = ingest(&database, &["--name", "monaco"]).spawn().unwrap();
        std::thread::sleep(whole * tenth / 11);
        child.kill().unwrap();
        killed += i32::from(child.wait().unwrap().code().is_none());
        wait_until_idle(&database);
        if database.sql("SELECT sum(generation) FROM areas").trim() == "1" {
            assert_eq!(database.sql(FINGERPRINT), before, "killed after {tenth}/11");
        } else {
            // It had just committed: then all of it is there.
            assert_eq!(sizes(&database), sizes(&scratch), "killed after {tenth}/11");
            break;
        }
    }
    assert!(killed >= 5, "only {killed} loads were killed in time");

    assert!(
        ingest(&database, &["--name", "monaco"])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(sizes(&database), sizes(&scratch));
}

/// The server notices the death of a client within moments.
fn wait_until_idle(database: &TestDatabase) {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let deadline = Instant::now() + Duration::from_secs(20);
    while database.sql(others).trim() != "0" {
        assert!(
            Instant::now() < deadline,
            "the killed load's connection lives on"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sizes(database: &TestDatabase) -> String {
    database.sql("SELECT (SELECT count(*) FROM pois WHERE removed_at IS NULL), (SELECT count(*) FROM walk_edges), (SELECT count(*) FROM walk_nodes), (SELECT count(*) FROM base_areas)")
}
