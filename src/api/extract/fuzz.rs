//! Fuzzing of bodies, queries and headers: each is read or refused, and what was read keeps its promises.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::{Map, Number, Value};

use super::{ClientAddress, FromFields, body, json, params};
use crate::api::page::PageParams;
use crate::api::places::BoxParams;
use crate::api::routes::body::RouteBody;
use crate::api::routes::notes::NoteBody;
use crate::api::routes::progress::ProgressBody;
use crate::api::users::admin::UserPatch;
use crate::api::users::change::ProfilePatch;
use crate::api::users::interests::InterestsBody;
use crate::api::users::login::Login;
use crate::api::users::sign_up::SignUp;
use crate::config::{Config, HttpConfig};

/// Keys of all bodies, so that values reach the readers of their fields.
const KEYS: &str = "username|password|display_name|displayName|current_password|preferences|popularity_bias|\
                    duration_minutes|accessibility|avoid_stairs|prefer_well_lit|unit_system|expected_revision|role|\
                    interest_theme_ids|start_location|end_location|type|coordinates|visited_poi_ids|body|poi_id|[a-z]{0,3}";

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-200_i64..200).prop_map(Value::from),
        any::<f64>().prop_map(|n| Number::from_f64(n).map_or(Value::Null, Value::Number)),
        ".{0,20}".prop_map(Value::from),
        "Point|metric|admin|ada|a fine long password|f47ac10b-58cc-4372-a567-0e02b2c3d479"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        let object = prop::collection::vec((KEYS, inner.clone()), 0..8)
            .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>()));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object
        ]
    })
}

fn read_as_everything(bytes: &[u8]) {
    fn read<T: FromFields>(bytes: &[u8]) {
        let _ = body::read::<T>(bytes);
    }
    read::<SignUp>(bytes);
    read::<Login>(bytes);
    read::<ProfilePatch>(bytes);
    read::<UserPatch>(bytes);
    read::<InterestsBody>(bytes);
    read::<RouteBody>(bytes);
    read::<ProgressBody>(bytes);
    read::<NoteBody>(bytes);
}

fn believing(proxies: &str) -> HttpConfig {
    let find = |name: &str| match name {
        "DATABASE_URL" => Some("postgres://h/d".to_owned()),
        "REDIS_URL" => Some("redis://h".to_owned()),
        "WILDSIDE_TRUSTED_PROXIES" => Some(proxies.to_owned()),
        _ => None,
    };
    Config::from_lookup(&find).unwrap().http
}

proptest! {
    #[test]
    fn no_bytes_break_a_body(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn no_json_breaks_a_body(value in value()) {
        read_as_everything(value.to_string().as_bytes());
    }

    #[test]
    fn json_is_read_as_serde_reads_it(value in value()) {
        let text = value.to_string();
        let read = json::parse(text.as_bytes());
        prop_assert_eq!(read.ok(), serde_json::from_str(&text).ok());
    }

    #[test]
    fn no_query_breaks_its_reader(query in "(limit|cursor|saved|bbox|theme_id|[a-z])(=.{0,30})?(&(limit|bbox)=[-0-9,.eE+naif]{0,40}){0,3}") {
        let _ = params::read::<BoxParams>(&query);
        if let Ok(page) = params::read::<PageParams>(&query) {
            prop_assert!((1..=100).contains(&page.limit));
        }
    }

    #[test]
    fn without_a_trusted_proxy_no_header_makes_an_address(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("x-forwarded-for"), value);
        let peer = "203.0.113.9".parse().unwrap();
        let address = ClientAddress::of(peer, &headers, &believing(""));
        prop_assert_eq!(address.limit_key(), peer);
        let _ = ClientAddress::of(peer, &headers, &believing("0.0.0.0/0"));
    }
}
