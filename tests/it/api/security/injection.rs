//! Text that wants to be something else: SQL, a log line, a path.

use serde_json::{Value, json};

use super::operations::{Operation, World};
use super::report;
use crate::api::log;

const SQL: [&str; 7] = [
    "'",
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    "' UNION SELECT password_hash FROM user_credentials --",
    "1 OR pg_sleep(5) IS NULL",
    "\\'; SELECT $1; --",
    "\u{0}",
];

/// The parameters of queries.
const QUERIES: [(&str, &[&str]); 3] = [
    ("/api/v1/pois", &["bbox", "theme_id", "limit"]),
    ("/api/v1/users", &["cursor", "limit"]),
    ("/api/v1/users/me/routes", &["cursor", "limit", "saved"]),
];

/// A text for a place in a path or a query.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// The bodies that come of putting `text` in the place of each value of `body` in turn.
fn poisoned(body: &Value, text: &str) -> Vec<Value> {
    let places: Vec<String> = match body {
        Value::Object(map) => map.keys().map(|key| format!("/{key}")).collect(),
        Value::Array(list) => (0..list.len()).map(|index| format!("/{index}")).collect(),
        _ => return vec![json!(text)],
    };
    let mut bodies = Vec::new();
    for place in places {
        for inner in poisoned(body.pointer(&place).unwrap(), text) {
            let mut poisoned = body.clone();
            *poisoned.pointer_mut(&place).unwrap() = inner;
            bodies.push(poisoned);
        }
    }
    bodies
}

/// The same operation with `text` in the place of each parameter in turn.
fn variants(operation: &Operation, text: &str) -> Vec<Operation> {
    let with_path = |path: String| Operation {
        path,
        ..operation.clone()
    };
    let with_body = |body| Operation {
        body: Some(body),
        ..operation.clone()
    };
    let query = QUERIES
        .iter()
        .filter(|(path, _)| *path == operation.template);
    let query = query.flat_map(|(_, names)| *names);
    let mut variants: Vec<Operation> = query
        .map(|name| with_path(format!("{}?{name}={}", operation.template, encoded(text))))
        .collect();
    let (segments, template): (Vec<&str>, Vec<&str>) = (
        operation.path.split('/').collect(),
        operation.template.split('/').collect(),
    );
    for (index, name) in template
        .iter()
        .enumerate()
        .filter(|(_, name)| name.contains('{'))
    {
        let suffix = name.split_once('}').unwrap().1;
        let mut segments: Vec<String> = segments.iter().map(ToString::to_string).collect();
        segments[index] = encoded(text) + suffix;
        variants.push(with_path(segments.join("/")));
    }
    variants.extend(
        operation
            .body
            .iter()
            .flat_map(|body| poisoned(body, text))
            .map(with_body),
    );
    variants
}

#[actix_web::test]
async fn no_parameter_is_taken_for_sql() {
    let world = World::create().await;
    let count = "SELECT count(*), (SELECT count(*) FROM routes), (SELECT count(*) FROM pois) \
                 FROM users JOIN user_credentials ON user_id = id WHERE username IN ('owner', 'stranger', 'admin')";
    let before = world.app.database.sql(count);
    let mut admin = world.admin.clone();
    let cookie = admin.cookie.clone();
    for operation in world.operations.iter().filter(|o| !o.ends_session()) {
        for text in SQL {
            let mut answers = Vec::new();
            for variant in variants(operation, text) {
                admin.cookie.clone_from(&cookie);
                let key = text.replace('\0', "%00");
                let answer = variant.send(&mut admin, &[("if-none-match", &key)]).await;
                let status = answer.status.as_u16();
                let name = format!("{} {} {:?}", variant.method, variant.path, variant.body);
                assert!(status < 500, "{name}: {}", answer.text);
                assert!(
                    !answer.text.contains("syntax error"),
                    "{name}: {}",
                    answer.text
                );
                answers.push(status);
            }
            report(
                &format!("{} {} {text:?}", operation.method, operation.template),
                format_args!("{answers:?}"),
            );
        }
    }
    let key = [("idempotency-key", SQL[1])];
    let body = crate::api::city::body();
    let answer = admin
        .send(reqwest::Method::POST, "/api/v1/routes", Some(&body), &key)
        .await;
    assert_eq!(answer.status.as_u16(), 400, "{}", answer.text);
    let after = world.app.database.sql(count);
    assert_eq!(after, before);
}

#[actix_web::test]
async fn nobody_writes_a_line_into_the_log() {
    let world = World::create().await;
    let forged = r#"{"level":"ERROR","forged":true,"message":"nobody said so"}"#;
    let line = format!("x\r\n{forged}\n\u{1b}[31m");
    let mut client = world.app.client();
    client.get(&format!("/{}", encoded(&line))).await;
    client
        .get(&format!("/api/v1/interest-themes?{}", encoded(&line)))
        .await;
    let login = json!({"username": line, "password": line});
    client.post("/api/v1/login", &login).await;
    let mut owner = world.owner.clone();
    owner
        .patch("/api/v1/users/me", &json!({"display_name": line}))
        .await;
    for header in [
        "user-agent",
        "traceparent",
        "x-forwarded-for",
        "idempotency-key",
        "referer",
    ] {
        let value = forged.replace('"', "\\\"") + "\t%0d%0a";
        client
            .send(
                reqwest::Method::POST,
                "/api/v1/login",
                Some(&login),
                &[(header, &value)],
            )
            .await;
    }
    for line in log::text().lines() {
        let parsed: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(parsed.get("forged").is_none(), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
    report(
        "line breaks in path, query, body and headers",
        "each line of the log is ours",
    );
}

#[actix_web::test]
async fn names_come_out_as_they_are_and_break_no_format() {
    let world = World::create().await;
    let names = [
        "Café <Zoë> & \"Söhne\" 'x'",
        "]]><script>alert(1)</script>",
        "展望台 🍰 \u{202e}abc",
        "\\u0022, \\n, %3C, &amp;",
    ];
    for name in names {
        let quoted = name.replace('\'', "''");
        world.app.database.sql(&format!(
            "UPDATE pois SET name = '{quoted}', narrative = '{quoted}' WHERE id = 11"
        ));
        let mut owner = world.owner.clone();
        let route = world
            .operations
            .iter()
            .find(|o| o.template == "/api/v1/routes/{route_id}");
        let path = &route.unwrap().path;
        let json = owner.get(path).await.json();
        assert_eq!(json["pois"][0]["name"], name);
        let geojson = owner.get(&format!("{path}.geojson")).await.json();
        assert_eq!(geojson["features"][1]["properties"]["name"], name);
        let gpx = owner.get(&format!("{path}.gpx")).await.text;
        let text = gpx
            .split("<name>")
            .nth(2)
            .unwrap()
            .split("</name>")
            .next()
            .unwrap();
        assert!(!text.contains('<') && !text.contains('>'), "{gpx}");
        let read = text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        assert_eq!(read, format!("1 {name}"));
        let place = owner.get("/api/v1/pois/11").await;
        assert_eq!(place.json()["name"], name);
        assert_eq!(place.header("content-type"), "application/json");
    }
}
