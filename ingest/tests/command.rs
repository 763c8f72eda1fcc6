//! The program as an operator meets it: what it prints, and with which code it ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::process::{Command, Output};

use support::shipped;
use wildside_test_support::TestDatabase;

fn program(database: &TestDatabase) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wildside-ingest"));
    command.env("DATABASE_URL", database.url());
    command
}

fn load(database: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command = program(database);
    command.arg("--pbf").arg(shipped("monaco")).args(arguments);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_load_tells_what_it_did_and_the_same_again_does_nothing() {
    let database = TestDatabase::create();
    let first = load(&database, &[]);
    let (report, progress) = (text(&first.stdout), text(&first.stderr));
    for part in [
        "read 30626 nodes, 4846 ways, 290 relations",
        "places by kind:",
        "  museum",
        "places by theme:",
        "  Museums and galleries",
        "left out:",
        "  places mapped twice",
        "monaco: generation 1, ",
    ] {
        assert!(report.contains(part), "no `{part}` in {report}");
    }
    // Without a terminal there are lines and no bars.
    assert!(
        progress.contains("reading ways\n") && !progress.contains('\r'),
        "{progress}"
    );
    let again = load(&database, &[]);
    assert!(text(&again.stdout).contains("monaco: nothing to do"));
    assert_eq!(database.sql("SELECT generation FROM areas").trim(), "1");
}

#[test]
fn themes_are_explained_from_the_database_and_from_a_file() {
    let database = TestDatabase::create();
    assert!(load(&database, &[]).status.success());
    let museum =
        database.sql("SELECT id / 10 FROM pois WHERE kind = 'museum' AND id % 10 = 1 LIMIT 1");
    let explain = |id: &str, arguments: &[&str]| {
        let mut command = program(&database);
        command
            .args(["themes", "explain", "node", id])
            .args(arguments);
        command.output().unwrap()
    };
    let monaco = shipped("monaco");
    for source in [&[][..], &["--pbf", monaco.to_str().unwrap()]] {
        let told = text(&explain(museum.trim(), source).stdout);
        for part in [
            "tourism = museum",
            "is one by the rule: tourism=museum",
            "Museums and galleries 1.00: museum",
            "popularity +20 %: visitors come for it",
        ] {
            assert!(told.contains(part), "no `{part}` in {told}");
        }
    }
    let unknown = explain("1", &[]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("no place of the database is node 1"));
}

#[test]
fn exit_codes_tell_what_happened() {
    let database = TestDatabase::create();
    let code = |output: &Output| output.status.code().unwrap();
    assert_eq!(code(&load(&database, &["--dry-run"])), 0);
    assert_eq!(database.sql("SELECT count(*) FROM areas").trim(), "0");
    let no_area = load(&database, &["--area", "nowhere.geojson"]);
    assert_eq!(code(&no_area), 1);
    assert!(text(&no_area.stderr).contains("nowhere.geojson"));
    let two_sources = load(&database, &["--url", "http://127.0.0.1:1/x.osm.pbf"]);
    assert_eq!(code(&two_sources), 2);
    let mut nowhere = program(&database);
    nowhere
        .env_remove("DATABASE_URL")
        .arg("--pbf")
        .arg(shipped("monaco"));
    let nowhere = nowhere.output().unwrap();
    assert_eq!(code(&nowhere), 1);
    assert!(text(&nowhere.stderr).contains("DATABASE_URL"));
}
