//! The API describes itself.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::api::app::TestApp;

pub fn description() -> Value {
    serde_json::to_value(wildside::api::description::openapi()).unwrap()
}

/// Every operation with a name for messages: its method and path.
pub fn operations(api: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = api["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

#[test]
fn the_committed_description_is_the_one_of_the_code() {
    let committed =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json")).unwrap();
    let current = wildside::api::description::openapi()
        .to_pretty_json()
        .unwrap()
        + "\n";
    assert!(
        committed == current,
        "openapi.json is out of date: run `cargo run -- openapi > openapi.json`"
    );
}

#[test]
fn every_operation_declares_its_errors_and_the_trace_id() {
    let api = description();
    assert_eq!(api["openapi"], "3.1.0");
    for (name, operation) in operations(&api) {
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("500"), "{name}");
        assert_eq!(
            responses.contains_key("401"),
            operation["security"] != json!([]) || name.ends_with("/login"),
            "{name}"
        );
        for (status, response) in responses {
            assert!(
                response["headers"].get("Trace-Id").is_some(),
                "{name} {status}"
            );
        }
    }
}

#[test]
fn every_schema_has_an_example_that_fits() {
    let api = description();
    for (name, schema) in api["components"]["schemas"].as_object().unwrap() {
        if schema.get("oneOf").is_some() {
            // Each of what it may be has an example.
            continue;
        }
        let parts = schema["allOf"].as_array().cloned().unwrap_or_default();
        let parts = parts.iter().chain([schema]);
        let properties: serde_json::Map<_, _> = parts
            .filter_map(|part| part["properties"].as_object().cloned())
            .flatten()
            .collect();
        let Some(example) = schema.get("example") else {
            // A page of something: its parts have examples.
            for (key, part) in &properties {
                let items = part.get("items").unwrap_or(part);
                let has_example = items.get("$ref").is_some() || items.get("example").is_some();
                assert!(has_example, "{name}.{key} has no example");
            }
            assert!(!properties.is_empty(), "{name} has no example");
            continue;
        };
        for required in schema["required"].as_array().into_iter().flatten() {
            let there = example.get(required.as_str().unwrap()).is_some();
            assert!(there, "{required} is missing in the example of {name}");
        }
        for key in example.as_object().into_iter().flat_map(|map| map.keys()) {
            assert!(properties.contains_key(key), "{name} has no {key}");
        }
    }
}

#[actix_web::test]
async fn the_page_to_try_it_comes_from_this_server_alone() {
    let app = TestApp::spawn();
    let mut client = app.client();
    let api = client.get("/openapi.json").await;
    assert_eq!(
        (api.status, api.json()["openapi"].as_str()),
        (StatusCode::OK, Some("3.1.0"))
    );
    let frames = client.get("/asyncapi.json").await;
    assert_eq!(
        (frames.status, frames.json()["asyncapi"].as_str()),
        (StatusCode::OK, Some("3.1.0"))
    );
    let page = client.get("/docs/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        !page.text.contains("//cdn") && !page.text.contains("https://"),
        "{}",
        page.text
    );
    assert_eq!(
        client.get("/docs/swagger-ui-bundle.js").await.status,
        StatusCode::OK
    );
    for path in [
        "/docs/../Cargo.toml",
        "/docs/%2e%2e/%2e%2e/etc/passwd",
        "/docs/..%2fCargo.toml",
    ] {
        assert_eq!(
            client.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(client.get("/admin").await.status, StatusCode::OK);
}

/// Test that a frame has all that its description demands, and nothing that it does not know.
fn assert_described(frame: &Value) {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/asyncapi.json")).unwrap();
    let api: Value = serde_json::from_str(&text).unwrap();
    let payload = &api["components"]["messages"][frame["type"].as_str().unwrap()]["payload"];
    let properties = payload["properties"]
        .as_object()
        .expect("the frame is not described");
    assert_eq!(properties["type"]["const"], frame["type"]);
    for required in payload["required"].as_array().unwrap() {
        assert!(
            frame.get(required.as_str().unwrap()).is_some(),
            "{required} is missing in {frame}"
        );
    }
    if let Some(next) = frame.get("next_instruction") {
        let described = &properties["next_instruction"]["properties"];
        let keys = next.as_object().unwrap().keys();
        assert!(keys.eq(described.as_object().unwrap().keys()), "{next}");
    }
    for key in frame.as_object().unwrap().keys() {
        assert!(
            properties.contains_key(key),
            "{key} of {frame} is not described"
        );
    }
}

#[test]
fn the_description_of_the_websocket_knows_every_frame() {
    use wildside_actors::frame::{
        ClientFrame, FrameError, NextInstruction, NextManeuver, ServerFrame, WalkProgress,
    };
    use wildside_actors::{Status, StatusError};

    let error = StatusError {
        code: "nothing_to_see".into(),
        message: "nothing".into(),
    };
    let full = WalkProgress {
        route_id: uuid::Uuid::nil(),
        on_route: true,
        metres_off_route: 1.0,
        remaining_metres: 2.0,
        next_poi_id: Some(3),
        metres_to_next: Some(4.0),
        next_instruction: Some(NextInstruction {
            maneuver: NextManeuver::Return,
            text: "Turn round.".to_owned(),
            metres: 5.0,
            street: Some("Rue Grimaldi".to_owned()),
            bearing: Some(6),
        }),
    };
    let status = |error| ServerFrame::RouteGenerationStatus {
        request_id: uuid::Uuid::nil(),
        status: Status::Failed,
        route_id: Some(uuid::Uuid::nil()),
        error,
        progress: Some(0.5),
        stage: Some("computing"),
        updated_at: chrono::Utc::now(),
    };
    let bare = WalkProgress {
        next_poi_id: None,
        metres_to_next: None,
        next_instruction: None,
        ..full.clone()
    };
    let frames = [
        status(Some(&error)),
        status(None),
        ServerFrame::WalkProgress(full),
        ServerFrame::WalkProgress(bare),
        ServerFrame::Error(FrameError::new("invalid_json", "no")),
    ];
    for frame in frames {
        assert_described(&serde_json::from_str(&frame.to_text()).unwrap());
    }
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/asyncapi.json")).unwrap();
    let api: Value = serde_json::from_str(&text).unwrap();
    let example = &api["components"]["messages"]["update_location"]["payload"]["examples"][0];
    assert_described(example);
    assert!(ClientFrame::parse(&example.to_string()).is_ok());
}
