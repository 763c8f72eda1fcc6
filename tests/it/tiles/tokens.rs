//! Tokens of the `jsonwebtoken` crate against their verification inside `PostgreSQL`.

use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::tiles::database::Database;
use crate::tiles::fixture::{OTHER_ROUTE, ROUTE, SECRET, token};

async fn verifies(database: &Database, token: &str) -> bool {
    let answer: Option<bool> = database
        .value("SELECT verify_tile_token($1, $2)", &[&token, &ROUTE])
        .await;
    answer.expect("never null")
}

async fn keyed() -> Database {
    let database = Database::create().await;
    database.add_key(SECRET).await;
    database
}

/// Good claims, some of them replaced; null takes one away.
fn claims(changes: Value) -> Value {
    let now = Utc::now().timestamp();
    let mut claims = json!({
        "iss": "wildside", "aud": "wildside-tiles", "route_id": ROUTE, "iat": now, "nbf": now, "exp": now + 900,
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn signed(claims: &Value) -> String {
    signed_as(&Header::default(), claims, SECRET)
}

fn signed_as(header: &Header, claims: &Value, secret: &[u8]) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

#[tokio::test]
async fn a_token_opens_its_route_and_no_other() {
    let database = keyed().await;
    assert!(verifies(&database, &token(ROUTE)).await);
    assert!(!verifies(&database, &token(OTHER_ROUTE)).await);
}

#[tokio::test]
async fn either_of_two_keys_is_good_until_it_is_gone() {
    let database = keyed().await;
    let next = b"the next key of the tests, also 32 bytes long";
    let newer = signed_as(&Header::default(), &claims(json!({})), next);
    assert!(!verifies(&database, &newer).await);
    database.add_key(next).await;
    assert!(verifies(&database, &newer).await);
    assert!(verifies(&database, &token(ROUTE)).await);
    let sql = "DELETE FROM tile_token_keys WHERE secret = $1";
    database.client.execute(sql, &[&SECRET]).await.unwrap();
    assert!(verifies(&database, &newer).await);
    assert!(!verifies(&database, &token(ROUTE)).await);
}

#[tokio::test]
async fn without_a_key_nothing_opens() {
    let database = Database::create().await;
    assert!(!verifies(&database, &token(ROUTE)).await);
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let database = keyed().await;
    let now = Utc::now().timestamp();
    let at = |iat: i64, exp: i64| signed(&claims(json!({"iat": iat, "nbf": iat, "exp": exp})));
    assert!(verifies(&database, &at(now + 55, now + 600)).await);
    assert!(!verifies(&database, &at(now + 65, now + 600)).await);
    assert!(verifies(&database, &at(now - 800, now - 55)).await);
    assert!(!verifies(&database, &at(now - 800, now - 61)).await);
}

#[tokio::test]
async fn a_claim_that_is_wrong_is_refused() {
    let database = keyed().await;
    let now = Utc::now().timestamp();
    let mut changes = vec![
        json!({"iss": "someone"}),
        json!({"iss": ["wildside"]}),
        json!({"aud": "wildside"}),
        json!({"aud": ["wildside-tiles", "other"]}),
        json!({"route_id": ROUTE.to_string().to_uppercase() + "x"}),
        json!({"route_id": [ROUTE]}),
        json!({"route_id": ""}),
        json!({"iat": now - 1, "exp": now + 900}),
        json!({"iat": now + 10, "exp": now + 5}),
        json!({"nbf": now + 120}),
        json!({"exp": now + 86_400}),
    ];
    for name in ["iss", "aud", "route_id", "iat", "nbf", "exp"] {
        for value in [
            Value::Null,
            json!(false),
            json!({}),
            json!([]),
            json!("1"),
            json!(0),
        ] {
            changes.push(json!({name: value}));
        }
    }
    for name in ["iat", "nbf", "exp"] {
        for value in [
            json!(now.to_string()),
            json!(1e300),
            json!(-1e300),
            json!([now]),
            json!("NaN"),
        ] {
            changes.push(json!({name: value}));
        }
    }
    // Long past is a good beginning; the lifetime refuses it all the same, or the token has ended.
    changes.retain(|change| *change != json!({"nbf": 0}) && *change != json!({"nbf": -1e300}));
    for change in changes {
        let token = signed(&claims(change.clone()));
        assert!(!verifies(&database, &token).await, "{change}");
    }
}

#[tokio::test]
async fn claims_that_are_no_object_are_refused() {
    let database = keyed().await;
    for claims in [
        json!(null),
        json!([]),
        json!("wildside"),
        json!(1),
        json!([claims(json!({}))]),
    ] {
        assert!(!verifies(&database, &signed(&claims)).await, "{claims}");
    }
}

#[tokio::test]
async fn only_hs256_is_taken() {
    let database = keyed().await;
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = signed_as(&Header::new(algorithm), &claims(json!({})), SECRET);
        assert!(!verifies(&database, &token).await, "{algorithm:?}");
    }
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","crit":["exp"]}"#,
        r#"["HS256"]"#,
        "null",
        "",
        "{",
    ] {
        let token = resigned(
            &database,
            header.as_bytes(),
            claims(json!({})).to_string().as_bytes(),
        )
        .await;
        assert!(!verifies(&database, &token).await, "{header}");
    }
    let token = resigned(
        &database,
        br#"{"alg":"HS256"}"#,
        claims(json!({})).to_string().as_bytes(),
    )
    .await;
    assert!(
        verifies(&database, &token).await,
        "the way these tokens are made is right"
    );
}

#[tokio::test]
async fn claims_that_are_no_json_are_refused() {
    let database = keyed().await;
    let nested = "[".repeat(700);
    for claims in [
        "",
        "{",
        "{\"exp\":}",
        "\u{0}",
        "{\"exp\":\"\\u0000\"}",
        "{\"exp\":\"\\ud800\"}",
        "\"",
        &nested,
    ] {
        let token = resigned(&database, br#"{"alg":"HS256"}"#, claims.as_bytes()).await;
        assert!(!verifies(&database, &token).await, "{claims}");
    }
    let token = resigned(&database, br#"{"alg":"HS256"}"#, &[0xff, 0xfe, 0xc0]).await;
    assert!(!verifies(&database, &token).await, "not UTF-8");
}

/// Header and claims of any bytes, rightly signed.
async fn resigned(database: &Database, header: &[u8], claims: &[u8]) -> String {
    let sql = "
        WITH input AS (
            SELECT translate(encode($1, 'base64'), E'+/=\\n', '-_') || '.' || translate(encode($2, 'base64'), E'+/=\\n', '-_') AS text
        )
        SELECT text || '.' || translate(encode(hmac(text::bytea, $3, 'sha256'), 'base64'), '+/=', '-_') FROM input";
    database.value(sql, &[&header, &claims, &SECRET]).await
}

/// Each single character changed, each part cut, grown, swapped or taken away: several hundred tokens.
#[tokio::test]
async fn no_damaged_token_opens_and_none_raises() {
    let database = keyed().await;
    let good = token(ROUTE);
    let mut damaged: Vec<String> = (0..good.len())
        .flat_map(|at| {
            ["", "A", "=", "é", "%00", " "]
                .map(|piece| good[..at].to_owned() + piece + &good[at + 1..])
        })
        .filter(|token| *token != good)
        .collect();
    damaged.extend((0..good.len()).map(|length| good[..length].to_owned()));
    let parts: Vec<&str> = good.split('.').collect();
    damaged.extend([
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}.", parts[0], parts[1], parts[2]),
        format!("{}.{}.{}=", parts[0], parts[1], parts[2]),
        format!("{}.{}.{}", parts[1], parts[0], parts[2]),
        format!("{}.{}", good, parts[2]),
        format!(" {good}"),
        format!("{good}\n"),
        format!("Bearer {good}"),
        "..".to_owned(),
        "a.b.c".to_owned(),
        "x".repeat(100_000),
    ]);
    assert!(damaged.len() > 1_000);
    for token in damaged {
        assert!(!verifies(&database, &token).await, "{token}");
    }
    let nothing: Option<String> = None;
    let sql = "SELECT verify_tile_token($1, $2)";
    assert!(!database.value::<bool>(sql, &[&nothing, &ROUTE]).await);
}
