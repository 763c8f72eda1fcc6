//! The rooms of `src/` and the direction between them, as `ARCHITECTURE.md` lists them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Rooms from the top down: in the list of `ARCHITECTURE.md` that begins with the command line.
fn rooms() -> Vec<String> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let list = page.split("```rooms\n").nth(1).unwrap();
    let list = list.split("```").next().unwrap();
    let names = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Rust files in `folder` and below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// Room that a file of `src/` belongs to.
fn room_of(file: &Path) -> String {
    let below = file.strip_prefix(root().join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str();
    Path::new(first)
        .file_stem()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

/// Rooms that a text of `room` names by their path.
fn named(text: &str) -> BTreeSet<String> {
    let one = Regex::new(r"\bcrate::([a-z_]+)").unwrap();
    let group = Regex::new(r"\bcrate::\{([^;]*)\}").unwrap();
    let nested = Regex::new(r"\{[^{}]*\}").unwrap();
    let first = Regex::new(r"(?:^|,)\s*([a-z_]+)").unwrap();
    let mut rooms: BTreeSet<String> = one
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect();
    for list in group.captures_iter(text) {
        let inner = nested.replace_all(&list[1], "");
        rooms.extend(first.captures_iter(&inner).map(|found| found[1].to_owned()));
    }
    rooms
}

/// Arrow of a room to one that is not below it, if there is one in `text`.
fn arrow_back(room: &str, text: &str, rooms: &[String]) -> Option<String> {
    let place = |name: &str| rooms.iter().position(|room| room == name);
    let own = place(room);
    named(text)
        .into_iter()
        .find(|other| other != room && place(other) <= own)
        .map(|other| format!("{room} uses {other}"))
}

#[test]
fn each_room_uses_those_below_it_alone() {
    let rooms = rooms();
    let mut seen = BTreeSet::new();
    let mut back = Vec::new();
    for file in files(&root().join("src")) {
        let room = room_of(&file);
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        back.extend(
            arrow_back(&room, &text, &rooms).map(|arrow| format!("{}: {arrow}", file.display())),
        );
        seen.insert(room);
    }
    assert!(back.is_empty(), "{back:#?}");
    let listed: BTreeSet<String> = rooms.iter().cloned().collect();
    assert_eq!(
        seen, listed,
        "the rooms of src/ and those of ARCHITECTURE.md"
    );
}

#[test]
fn an_arrow_that_runs_back_is_found_however_it_is_written() {
    let rooms = ["api", "db", "config"].map(str::to_owned);
    for text in [
        "use crate::api::error::ApiError;",
        "use crate::{config, api};",
        "use crate::{config::{Config, Mode}, api::error};",
        "let id = crate::api::create();",
        "use crate::unknown::Thing;",
    ] {
        assert!(arrow_back("db", text, &rooms).is_some(), "{text}");
    }
    for text in [
        "use crate::config::Config;",
        "use crate::db::Pool;",
        "use crate::{db, config::{api, Mode}};",
    ] {
        assert_eq!(arrow_back("db", text, &rooms), None, "{text}");
    }
}

/// The crates below: what each must not know is not among its dependencies.
#[test]
fn the_engine_and_the_actors_know_no_storage() {
    for (folder, strangers) in [
        (
            "engine",
            [
                "actix",
                "tokio",
                "diesel",
                "redis",
                "reqwest",
                "wildside-actors",
            ],
        ),
        (
            "actors",
            [
                "diesel",
                "apalis",
                "reqwest",
                "tokio-postgres",
                "bb8",
                "diesel-async",
            ],
        ),
    ] {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let needed = manifest.split("[dependencies]").nth(1).unwrap();
        let needed = needed.split("\n[").next().unwrap();
        for stranger in strangers {
            let entry = format!("\n{stranger}.workspace");
            assert!(!needed.contains(&entry), "{folder} depends on {stranger}");
        }
    }
}

/// Documents of the repository.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let skipped = ["target", "node_modules", ".git", ".wildside", "generated"];
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !skipped.contains(&name) {
                found.extend(pages(&path));
            }
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
    found
}

#[test]
fn each_file_that_a_document_names_is_there() {
    let link = Regex::new(r"\]\(([^)#\s]+)(?:#[^)]*)?\)").unwrap();
    let code = Regex::new(
        r"`((?:src|actors|engine|ingest|listen|tests|benches|migrations|docs|deploy|martin|web)/[\w./-]+)`",
    );
    let code = code.unwrap();
    let mut lost = Vec::new();
    for page in pages(root()) {
        let text = fs::read_to_string(&page).unwrap();
        let links = link
            .captures_iter(&text)
            .map(|found| page.with_file_name(&found[1]));
        let paths = code
            .captures_iter(&text)
            .map(|found| root().join(&found[1]));
        let files = links
            .chain(paths)
            .filter(|file| !file.to_string_lossy().contains("://"));
        lost.extend(
            files
                .filter(|file| !file.exists())
                .map(|file| (page.clone(), file)),
        );
    }
    assert!(lost.is_empty(), "{lost:#?}");
}
