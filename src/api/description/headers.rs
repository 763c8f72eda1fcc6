//! Headers that follow from what an operation answers.

use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{HeaderBuilder, RefOr, Required, Response};

/// Declares all that the operation does not declare itself.
pub(super) fn declare_all(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    // What can be unchanged has a tag.
    let is_tagged = responses.contains_key("304");
    let takes_key = takes(operation, "Idempotency-Key");
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        add(
            response,
            "Trace-Id",
            uuid(),
            "Names this request in our logs",
        );
        match status.as_str() {
            "200" | "304" if is_tagged => {
                add(response, "ETag", text(), "Tag of this version");
                let keep = "Who may keep the answer, and for how long";
                add(response, "Cache-Control", text(), keep);
            }
            "200" | "201" | "202" if takes_key => {
                let replayed = "`true`: the answer to an earlier request with this key";
                add(response, "Idempotency-Replayed", text(), replayed);
            }
            "429" | "503" => {
                let wait = "Seconds after which to try again";
                add(response, "Retry-After", seconds(), wait);
            }
            _ => {}
        }
    }
    if is_tagged {
        let parameters = operation.parameters.get_or_insert_default();
        parameters.push(RefOr::T(if_none_match()));
    }
}

fn takes(operation: &Operation, name: &str) -> bool {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter.name.as_str()),
            RefOr::Ref(_) => None,
        })
        .any(|known| known == name)
}

fn if_none_match() -> Parameter {
    ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The `ETag` of the version that the client has"))
        .schema(Some(text()))
        .build()
}

fn add(response: &mut Response, name: &str, schema: Object, description: &str) {
    let header: Header = HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(description))
        .build();
    response
        .headers
        .entry(name.to_owned())
        .or_insert(RefOr::T(header));
}

fn text() -> Object {
    Object::with_type(Type::String)
}

fn uuid() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .build()
}

fn seconds() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .build()
}
