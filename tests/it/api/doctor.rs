//! `wildside doctor` tells causes apart, and names what mends each.

use std::process::Command;

use serde_json::Value;
use wildside_test_support::{TestDatabase, TestRedis, free_port};

/// Finding about one thing.
fn examine(database_url: &str, redis_url: &str, name: &str) -> Value {
    let out = Command::new(env!("CARGO_BIN_EXE_wildside"))
        .args(["doctor", "--json"])
        .env_clear()
        .envs([("DATABASE_URL", database_url), ("REDIS_URL", redis_url)])
        .output()
        .unwrap();
    let out = String::from_utf8(out.stdout).unwrap();
    let mut findings = out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    findings
        .find(|finding| finding["name"] == name)
        .unwrap_or_else(|| panic!("{name} is not in {out}"))
}

fn assert_fault(finding: &Value, cause: &str, remedy: &str) {
    let says = |field: &str, words| finding[field].as_str().unwrap_or_default().contains(words);
    assert!(
        finding["ok"] == false && says("found", cause) && says("remedy", remedy),
        "{cause}: {finding}"
    );
}

#[test]
fn the_causes_of_redis_are_told_apart() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let look = |url: &str, name: &str| examine(&database.url(), url, name);
    assert_eq!(look(&redis.url(), "redis")["ok"], true);
    let tiles = look(&redis.url(), "tiles");
    assert!(
        tiles["ok"] == true && tiles["remedy"].is_string(),
        "{tiles}"
    );
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    assert_fault(&look(&nobody, "redis"), "no connection", "start Redis");
    let stranger = format!("redis://:wrong@127.0.0.1:{}", redis.port());
    assert_fault(&look(&stranger, "redis"), "password", "REDIS_URL=");
    let replica = redis.start_replica();
    assert_fault(
        &look(&replica.url(), "redis"),
        "replica",
        "REPLICAOF NO ONE",
    );
    let user = "on >secret ~wildside:* &wildside:* +@all -@dangerous";
    let words: Vec<&str> = ["ACL", "SETUSER", "walker"]
        .into_iter()
        .chain(user.split(' '))
        .collect();
    redis.command(&words);
    let limited = format!("redis://walker:secret@127.0.0.1:{}", redis.port());
    assert_eq!(look(&limited, "redis")["ok"], true);
    let settings = look(&limited, "redis settings");
    assert!(
        settings["found"].as_str().unwrap().contains("unknown"),
        "{settings}"
    );
    for (taken, given) in [
        ("-hset", "+hset"),
        ("-xclaim", "+xclaim"),
        (
            "resetkeys %R~wildside:* ~*} ~*:delayed ~*:dead ~*:trial",
            "~wildside:*",
        ),
        ("-@scripting", "+@scripting"),
    ] {
        let set = |rights: &str| {
            let words: Vec<&str> = ["ACL", "SETUSER", "walker"]
                .into_iter()
                .chain(rights.split(' '))
                .collect();
            assert_eq!(redis.command(&words).trim(), "+OK", "{rights}");
        };
        set(taken);
        assert_fault(&look(&limited, "redis"), "may not run", "ACL SETUSER");
        set(given);
        assert_eq!(look(&limited, "redis")["ok"], true, "{given}");
    }
    redis.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    redis.command(&["CONFIG", "SET", "maxmemory", "1gb"]);
    let memory = look(&redis.url(), "redis memory");
    assert_fault(&memory, "evicted", "noeviction");
    let limited_memory = Command::new(env!("CARGO_BIN_EXE_wildside"))
        .env("DATABASE_URL", database.url())
        .env("REDIS_URL", redis.url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&limited_memory.stderr);
    assert!(
        !limited_memory.status.success()
            && said.contains("evicts jobs")
            && said.contains("REDIS_CACHE_URL"),
        "{said}"
    );
    redis.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_fault(&look(&redis.url(), "redis"), "memory is full", "maxmemory");
    assert_fault(
        &look(&redis.url(), "redis memory"),
        "maxmemory",
        "maxmemory",
    );
}

#[test]
fn a_schema_that_is_behind_is_a_fault_and_one_that_is_ahead_is_none() {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    let look = || examine(&database.url(), &redis.url(), "postgresql");
    assert_eq!(look()["ok"], true);
    database.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')");
    let ahead = look();
    assert_eq!(ahead["ok"], true);
    assert!(
        ahead["found"].as_str().unwrap().contains("newer"),
        "{ahead}"
    );
    database.sql(
        "DELETE FROM __diesel_schema_migrations \
         WHERE version IN (SELECT version FROM __diesel_schema_migrations ORDER BY version LIMIT 2)",
    );
    assert_fault(&look(), "2 migrations are missing", "wildside migrate");
}
