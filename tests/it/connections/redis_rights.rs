//! The least rights of a user of Redis, as `docs/redis.acl` lists them: enough for everything, and nothing that is not used.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;
use reqwest::StatusCode;
use serde_json::json;
use wildside_test_support::{CITY, FakeOverpass, OverpassFault, TestDatabase, TestRedis};

use crate::connections::stage::{Service, command};

const RULES: &str = include_str!("../../../docs/redis.acl");

/// What connections say by themselves, and what is asked about a server.
const BESIDE: [&str; 7] = [
    "ping",
    "info",
    "select",
    "subscribe",
    "unsubscribe",
    "evalsha",
    "script|load",
];

/// Words of the rules, without the name of the user.
fn rules() -> Vec<&'static str> {
    RULES.split_whitespace().skip(2).collect()
}

/// Makes the user, with a password; its URL.
fn let_in(redis: &TestRedis) -> String {
    let words = [&["ACL", "SETUSER", "wildside", ">secret"][..], &rules()].concat();
    assert_eq!(redis.command(&words).trim(), "+OK");
    redis.command(&["ACL", "LOG", "RESET"]);
    format!("redis://wildside:secret@127.0.0.1:{}/", redis.port())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_are_enough_for_everything() {
    let (database, redis, overpass) = (
        TestDatabase::create(),
        TestRedis::start(),
        FakeOverpass::empty(),
    );
    database.sql(CITY);
    let (url, redis_url) = (database.url(), let_in(&redis));
    let overpass_url = overpass.url();
    let variables = [
        ("DATABASE_URL", &*url),
        ("REDIS_URL", &redis_url),
        ("OVERPASS_URL", &overpass_url),
        ("OVERPASS_CONTACT", "test@wildside.example"),
        ("WILDSIDE_JOB_ATTEMPTS", "1"),
    ];
    let service = Service::start(&variables).await;
    let mut ada = service.user("ada").await;
    service.walk(&mut ada, 60).await;
    overpass.set(OverpassFault::BadQuery);
    service.walk(&mut ada, 45).await;
    let wrong = json!({"username": "ada", "password": "a wrong long password"});
    for _ in 0..2 {
        let refused = ada.post("/api/v1/login", &wrong).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text);
    }
    for words in [
        &["jobs", "list"][..],
        &["jobs", "retry", "--all"],
        &["jobs", "purge", "--all"],
        &["jobs", "run", "expire-orphaned-walks"],
        &["jobs", "run", "trim-dead-jobs"],
        &["doctor"],
    ] {
        let (_, said) = command(words, &variables);
        assert!(
            !said.contains("NOPERM") && !said.contains("no permissions"),
            "{words:?}: {said}"
        );
    }
    service
        .until(async || service.log().contains("subscribed to status events"))
        .await;
    let refused = redis.command(&["ACL", "LOG"]);
    assert_eq!(refused.trim(), "*0", "{refused}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Commands that the code names, in lower case.
fn named() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let whole =
        r#"(?:cmd\(|redis\.p?call\()["']([A-Z]+)["'](?:\)\s*\.arg\("(CREATE)"\)|, '([A-Z]+)')?"#;
    let whole = Regex::new(whole).unwrap();
    let method = r"\.(get|set|set_ex|del|exists|expire|ttl|publish|xlen|zcard|xdel)\(";
    let method = Regex::new(method).unwrap();
    let mut found = BTreeSet::new();
    for file in [root.join("src"), root.join("actors/src")]
        .iter()
        .flat_map(|folder| sources(folder))
    {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        for call in whole.captures_iter(&text) {
            let sub = call.get(2).or_else(|| call.get(3));
            let sub = sub
                .map(|sub| format!("|{}", sub.as_str()))
                .unwrap_or_default();
            found.insert(format!("{}{sub}", &call[1]).to_lowercase());
        }
        if text.contains("redis") {
            let methods = method.captures_iter(&text);
            found.extend(methods.map(|call| call[1].replace("set_ex", "setex")));
        }
    }
    found.remove("xgroup");
    found
}

#[test]
fn the_rights_are_those_that_the_code_uses() {
    let listed: BTreeSet<String> = rules()
        .into_iter()
        .filter_map(|word| word.strip_prefix('+'))
        .map(str::to_owned)
        .collect();
    let beside = BESIDE.map(str::to_owned);
    let named: BTreeSet<String> = named().into_iter().chain(beside).collect();
    assert_eq!(listed, named);
}
