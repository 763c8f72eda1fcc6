//! The description leaves nothing to be guessed by those who make clients of it.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::api::description::{description, operations};

#[test]
fn every_operation_has_what_generators_ask_for() {
    let api = description();
    let mut names = HashSet::new();
    for (name, operation) in operations(&api) {
        let id = operation["operationId"].as_str();
        assert!(id.is_some_and(|id| names.insert(id)), "{name}: {id:?}");
        let tags = operation["tags"].as_array();
        assert!(
            tags.is_some_and(|tags| !tags.is_empty()),
            "{name} has no tag"
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            let description = response["description"].as_str();
            assert!(
                description.is_some_and(|text| !text.is_empty()),
                "{name} {status} has no description"
            );
        }
    }
}

/// Every part of the description that is an object, with its place.
fn parts<'a>(place: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(map) => {
            found.push((place.to_owned(), value));
            for (key, part) in map.iter().filter(|(key, _)| *key != "example") {
                parts(&format!("{place}/{key}"), part, found);
            }
        }
        Value::Array(list) => {
            for (index, part) in list.iter().enumerate() {
                parts(&format!("{place}/{index}"), part, found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_schema_leaves_its_type_to_be_guessed() {
    let api = description();
    let mut found = Vec::new();
    parts("", &api, &mut found);
    for (place, part) in found {
        if part["type"] == "object" {
            let told = part.get("properties").or(part.get("additionalProperties"));
            assert!(told.is_some(), "{place} is an object of nothing");
        }
        if let Some(types) = part["type"].as_array() {
            let kinds = types.iter().filter(|kind| *kind != "null").count();
            assert_eq!(kinds, 1, "{place}: generators make an empty type of it");
        }
        let pattern = part["pattern"].as_str().unwrap_or_default();
        let is_list = pattern
            .chars()
            .all(|c| c.is_alphanumeric() || "^$(|)_".contains(c));
        assert!(
            pattern.is_empty() || !is_list,
            "{place}: {pattern} is an enum"
        );
        let word = place.rsplit("/properties/").next().unwrap_or_default();
        let of_a_list = [
            "status",
            "role",
            "osm_type",
            "unit_system",
            "maneuver",
            "code",
        ];
        if of_a_list.contains(&word) && place.contains("/properties/") {
            assert!(
                part["type"] != "string" || part.get("enum").is_some(),
                "{place}"
            );
        }
    }
}

#[test]
fn what_is_declared_is_used() {
    let api = description();
    let text = api.to_string();
    for name in api["components"]["schemas"].as_object().unwrap().keys() {
        let reference = format!("\"#/components/schemas/{name}\"");
        assert!(text.contains(&reference), "{name} is not used");
    }
    assert_eq!(api["servers"][0]["url"], "/", "the page at /docs asks it");
}

#[test]
fn every_operation_declares_its_headers() {
    let api = description();
    for (name, operation) in operations(&api) {
        assert!(
            operation["security"].is_array(),
            "{name} says nothing of security"
        );
        let takes = |header: &str| {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            parameters
                .filter(|p| p["in"] == "header")
                .any(|p| p["name"] == header)
        };
        let responses = operation["responses"].as_object().unwrap();
        let tagged = responses.contains_key("304");
        assert_eq!(tagged, takes("If-None-Match"), "{name}");
        for (status, response) in responses {
            let wanted = match status.as_str() {
                "200" | "304" if tagged => "ETag",
                "429" | "503" => "Retry-After",
                "202" | "308" => "Location",
                _ => "Trace-Id",
            };
            assert!(
                response["headers"].get(wanted).is_some(),
                "{name} {status}: {wanted}"
            );
        }
    }
    let gpx = &api["paths"]["/api/v1/routes/{route_id}.gpx"]["get"]["responses"]["200"];
    assert!(gpx["headers"].get("Content-Disposition").is_some());
    let schema = &gpx["content"]["application/gpx+xml"]["schema"];
    assert_eq!(schema["format"], "binary");
}

#[test]
fn both_descriptions_know_the_same_ends_of_a_request() {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/asyncapi.json"));
    let frames: Value = serde_json::from_str(text).unwrap();
    let frame = &frames["components"]["messages"]["route_generation_status"]["payload"];
    let (api, frame) = (description(), &frame["properties"]);
    let schemas = &api["components"]["schemas"];
    let code = &frame["error"]["properties"]["code"];
    assert_eq!(code["enum"], schemas["RequestErrorCode"]["enum"]);
    assert_eq!(frame["status"]["enum"], schemas["RequestState"]["enum"]);
    let next = &frames["components"]["messages"]["walk_progress"]["payload"]["properties"]["next_instruction"];
    let maneuvers = next["properties"]["maneuver"]["enum"].as_array().unwrap();
    let (of_steps, others) = maneuvers.split_at(maneuvers.len() - 3);
    assert_eq!(json!(of_steps), schemas["Maneuver"]["enum"]);
    assert_eq!(json!(others), json!(["arrive", "finish", "return"]));
}
