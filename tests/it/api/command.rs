//! `wildside`, as an operator types it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use wildside_test_support::{TestDatabase, TestRedis, free_port};

use crate::api::app::TestApp;
use crate::api::log::PASSWORD;

/// Exit code, standard output, standard error.
type Ended = (Option<i32>, String, String);

/// Runs `wildside` with nothing in its environment but `variables`.
fn wildside(arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wildside"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

const COMMANDS: [&[&str]; 18] = [
    &[],
    &["migrate"],
    &["openapi"],
    &["walk"],
    &["jobs"],
    &["jobs", "list"],
    &["jobs", "show"],
    &["jobs", "retry"],
    &["jobs", "purge"],
    &["jobs", "periodic"],
    &["jobs", "run"],
    &["users"],
    &["users", "create"],
    &["users", "password"],
    &["users", "delete"],
    &["doctor"],
    &["health"],
    &["completions"],
];

#[test]
fn every_command_explains_itself_and_refuses_what_it_does_not_know() {
    for command in COMMANDS {
        let (code, help, _) = wildside(&[command, &["--help"]].concat(), &[], "");
        assert_eq!(code, Some(0), "{command:?}");
        assert!(help.contains("Usage: wildside"), "{command:?}: {help}");
        let (code, out, error) = wildside(&[command, &["--no-such-option"]].concat(), &[], "");
        assert_eq!((code, out.as_str()), (Some(2), ""), "{command:?}");
        assert!(error.contains("--no-such-option"), "{command:?}: {error}");
    }
    for wrong in [
        &["fly"][..],
        &["--mode", "fly"],
        &["jobs"],
        &["migrate", "--wait", "86401"],
        &["users", "create"],
        &["jobs", "retry"],
    ] {
        assert_eq!(wildside(wrong, &[], "").0, Some(2), "{wrong:?}");
    }
    assert_eq!(
        wildside(&["openapi"], &[("WILDSIDE_MODE", "fly")], "").0,
        Some(2)
    );
}

#[test]
fn a_wrong_configuration_is_named_whole_and_at_once() {
    let wrong = [
        ("REDIS_URL", "http://localhost"),
        ("WILDSIDE_BIND", "nowhere"),
        ("WILDSIDE_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("WILDSIDE_ALLOWED_ORIGINS", "*"),
        ("WILDSIDE_LOGINS_PER_NAME", "-1"),
        ("POSTHOG_HOST", "file:///etc/passwd"),
    ];
    for command in [&[][..], &["--mode", "worker"], &["jobs", "list"]] {
        let (code, out, error) = wildside(command, &wrong, "");
        assert_eq!((code, out.as_str()), (Some(1), ""), "{command:?}: {error}");
        for name in wrong.iter().map(|(name, _)| *name).chain(["DATABASE_URL"]) {
            assert!(error.contains(name), "{name} is not in {error}");
        }
    }
}

#[test]
fn the_description_is_printed_as_it_is_committed() {
    let (code, out, _) = wildside(&["openapi"], &[], "");
    assert_eq!(code, Some(0));
    let committed = std::fs::read_to_string("openapi.json").unwrap();
    assert!(out == committed, "openapi.json is out of date");
}

#[test]
fn every_shell_is_completed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script, _) = wildside(&["completions", shell], &[], "");
        assert_eq!(code, Some(0), "{shell}");
        assert!(
            script.contains("doctor") && script.contains("wildside"),
            "{shell}"
        );
    }
    let (code, _, error) = wildside(&["completions", "tcsh"], &[], "");
    assert_eq!(code, Some(2), "{error}");
}

#[actix_web::test]
async fn the_first_admin_comes_from_the_command_line() {
    let app = TestApp::spawn();
    let (database, redis) = (app.database.url(), app.redis.url());
    let urls = [
        ("DATABASE_URL", database.as_str()),
        ("REDIS_URL", redis.as_str()),
    ];
    let create = |name: &str, password: &str| {
        wildside(&["users", "create", name, "--admin"], &urls, password)
    };
    let (code, id, error) = create("root", &format!("{PASSWORD}\n"));
    assert_eq!(code, Some(0), "{error}");
    let mut root = app.client();
    let body = serde_json::json!({"username": "root", "password": PASSWORD});
    let me = root.post("/api/v1/login", &body).await.json();
    assert_eq!(
        (me["role"].as_str(), me["id"].as_str()),
        (Some("admin"), Some(id.trim()))
    );
    assert_eq!(root.get("/api/v1/users").await.status.as_u16(), 200);
    for (name, password, code, cause) in [
        ("Root", PASSWORD, 1, "the name is taken"),
        ("other", "short", 1, "at least 12 characters"),
        ("other", "qwerty123456", 1, "tried first"),
        ("a b", PASSWORD, 2, "3 to 64 letters"),
    ] {
        let (ended, _, error) = create(name, password);
        assert_eq!(ended, Some(code), "{name}: {error}");
        assert!(
            error.contains(cause) && !error.contains(password),
            "{error}"
        );
    }
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_mends_it() {
    let (database, mut redis) = (TestDatabase::create(), TestRedis::start());
    let (database_url, redis_url) = (database.url(), redis.url());
    let urls = [
        ("DATABASE_URL", database_url.as_str()),
        ("REDIS_URL", redis_url.as_str()),
    ];
    let findings = || -> (Option<i32>, Vec<Value>) {
        let (code, out, _) = wildside(&["doctor", "--json"], &urls, "");
        let lines = out.lines().map(|line| serde_json::from_str(line).unwrap());
        (code, lines.collect())
    };
    let about = |findings: &[Value], name: &str| -> Value {
        findings
            .iter()
            .find(|finding| finding["name"] == name)
            .unwrap()
            .clone()
    };
    let (code, found) = findings();
    assert_eq!(code, Some(1), "no area is loaded");
    assert_eq!(about(&found, "postgresql")["ok"], true);
    assert_eq!(about(&found, "redis")["ok"], true);
    assert!(
        about(&found, "areas")["remedy"]
            .as_str()
            .unwrap()
            .contains("wildside-ingest")
    );
    database.sql(
        "INSERT INTO areas (name, boundary, source_digest) \
         VALUES ('toy', ST_Multi(ST_MakeEnvelope(7.40, 43.72, 7.44, 43.75, 4326)), 'none')",
    );
    assert_eq!(findings().0, Some(0));
    redis.kill();
    let (code, found) = findings();
    assert_eq!(
        (code, &about(&found, "redis")["ok"]),
        (Some(1), &Value::Bool(false))
    );
    let (code, out, _) = wildside(&["doctor"], &urls, "");
    assert_eq!(code, Some(1));
    assert!(
        out.contains("FAIL  redis") && out.contains("mend it with"),
        "{out}"
    );
    let (code, out, _) = wildside(&["doctor", "--json"], &[], "");
    assert_eq!(code, Some(1));
    assert!(out.contains("DATABASE_URL"), "{out}");
    for secret in [&database_url, &redis_url] {
        assert!(!out.contains(secret.split(['@', ':']).nth(2).unwrap()));
    }
}

#[actix_web::test]
async fn who_is_locked_out_gets_a_new_password_and_who_must_go_is_deleted() {
    let app = TestApp::spawn();
    let mut ada = app.user("ada").await;
    let (database, redis) = (app.database.url(), app.redis.url());
    let users = |command: &str, name: &str, input: &str| {
        let variables = [("DATABASE_URL", database.as_str()), ("REDIS_URL", &redis)];
        wildside(&["users", command, name], &variables, input)
    };
    let (code, _, error) = users("password", "ADA", "another fine password\n");
    assert_eq!(code, Some(0), "{error}");
    let me = ada.get("/api/v1/users/me").await;
    assert_eq!(me.status.as_u16(), 401, "the session is left: {}", me.text);
    for (password, status) in [(PASSWORD, 401), ("another fine password", 200)] {
        let body = serde_json::json!({"username": "ada", "password": password});
        let answer = ada.post("/api/v1/login", &body).await;
        assert_eq!(answer.status.as_u16(), status, "{password}");
    }
    for (command, name, input, cause) in [
        ("password", "ada", "short", "at least 12 characters"),
        ("password", "eve", PASSWORD, "nobody has the name eve"),
        ("delete", "eve", "", "nobody has the name eve"),
    ] {
        let (code, _, error) = users(command, name, input);
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains(cause), "{error}");
    }
    let (code, _, error) = users("delete", "ada", "");
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(ada.get("/api/v1/users/me").await.status.as_u16(), 401);
    let (code, _, _) = users("delete", "ada", "");
    assert_eq!(code, Some(1));
}

/// Last line of a command that works on the database, with this URL and no other variable.
fn last_words(command: &[&str], url: &str) -> String {
    let (code, _, error) = wildside(command, &[("DATABASE_URL", url)], PASSWORD);
    assert_eq!(code, Some(1), "{command:?}: {error}");
    assert!(
        !error.contains("REDIS_URL") && !error.contains("bb8"),
        "{error}"
    );
    error.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn who_cannot_reach_the_database_is_told_why_and_what_mends_it() {
    let database = TestDatabase::create();
    let url = database.url();
    let (server, _) = url.rsplit_once('/').unwrap();
    let nobody = format!("postgres://u:hunter2@127.0.0.1:{}/d", free_port());
    for command in [&["migrate"][..], &["users", "create", "eve"]] {
        for (url, cause, remedy) in [
            (
                url.replacen("wildside:", "wildside:guess", 1),
                "28P01",
                "password",
            ),
            (format!("{server}/nowhere"), "3D000", "createdb"),
            (nobody.clone(), "refused", "start PostgreSQL"),
            (
                "postgres://u:hunter2@no%20host/d".to_owned(),
                "no host:5432",
                "DATABASE_URL",
            ),
            (format!("{url}?sslmode=verify-full"), "TLS", "ssl = on"),
            (format!("{url}?colour=red"), "colour", ""),
        ] {
            let words = last_words(command, &url);
            assert!(
                words.contains("DATABASE_URL") && words.contains(cause) && words.contains(remedy),
                "{words}"
            );
            let password = url.split([':', '@']).nth(2).unwrap();
            assert!(!words.contains(password), "{words}");
        }
    }
    let redis = ("REDIS_URL", "redis://127.0.0.1:1");
    let wrong = format!("{server}/nowhere");
    let (code, _, error) = wildside(
        &["jobs", "periodic"],
        &[("DATABASE_URL", wrong.as_str()), redis],
        "",
    );
    assert_eq!(code, Some(1));
    assert!(error.contains("3D000") && !error.contains("bb8"), "{error}");
}

#[test]
fn the_database_alone_is_needed_for_what_needs_no_more() {
    let database = TestDatabase::create();
    let url = database.url();
    let only = [("DATABASE_URL", url.as_str())];
    let (code, _, error) = wildside(&["migrate"], &only, "");
    assert_eq!(code, Some(0), "{error}");
    let (code, _, error) = wildside(&["users", "create", "eve"], &only, PASSWORD);
    assert_eq!(code, Some(0), "{error}");
}

#[test]
fn a_fault_of_redis_names_its_variable() {
    let database = ("DATABASE_URL", "postgres://u@127.0.0.1/d");
    for (url, cause) in [
        ("rediss://127.0.0.1/#insecure", "REDIS_CA_FILE"),
        ("redis://127.0.0.1:port", "REDIS_URL"),
        ("redis://:hunter2@127.0.0.1/first", "REDIS_URL"),
    ] {
        let (code, _, error) = wildside(&["jobs", "list"], &[database, ("REDIS_URL", url)], "");
        assert_eq!(code, Some(1));
        assert!(
            error.contains("REDIS_URL") && error.contains(cause),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    let (_, _, error) = wildside(&["jobs", "list"], &[database, ("REDIS_URL", &nobody)], "");
    assert!(
        error.contains("REDIS_URL") && error.contains("refused"),
        "{error}"
    );
}

#[test]
fn a_cause_is_told_once() {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "k".repeat(64)).unwrap();
    std::fs::set_permissions(file.path(), PermissionsExt::from_mode(0o604)).unwrap();
    let database = TestDatabase::create();
    let (url, path) = (database.url(), file.path().display().to_string());
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("WILDSIDE_BIND", "127.0.0.1:0"),
        ("SESSION_KEY_FILE", &path),
    ];
    let (code, _, error) = wildside(&[], &variables, "");
    assert_eq!(code, Some(1), "{error}");
    assert_eq!(error.matches("chmod o-rwx it").count(), 1, "{error}");
}
