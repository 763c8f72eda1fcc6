//! Additions to schemas that no derived one can say of itself.

use std::collections::HashSet;

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr};

/// Completes the schemas of the description.
pub(super) fn complete(api: &mut OpenApi) {
    let inputs = inputs(api);
    let Some(components) = &mut api.components else {
        return;
    };
    for (name, schema) in &mut components.schemas {
        let RefOr::T(Schema::Object(object)) = schema else {
            continue;
        };
        if inputs.contains(name) && !object.properties.is_empty() {
            // An unknown field is refused.
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        // The derive writes what a page is of into it once more.
        if let Some(item) = name.strip_prefix("Page_")
            && let Some(RefOr::T(Schema::Array(data))) = object.properties.get_mut("data")
        {
            data.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
    }
}

/// Names of the schemas of all bodies, and of what these have in them.
fn inputs(api: &OpenApi) -> HashSet<String> {
    let bodies = api.paths.paths.values().flat_map(|item| {
        let operations = [&item.post, &item.put, &item.patch, &item.delete];
        operations.into_iter().flatten()
    });
    let contents = bodies.filter_map(|operation| match &operation.request_body {
        Some(RefOr::T(body)) => Some(body.content.values()),
        _ => None,
    });
    let mut ahead: Vec<&RefOr<Schema>> = contents
        .flatten()
        .filter_map(|content| match content {
            RefOr::T(content) => content.schema.as_ref(),
            RefOr::Ref(_) => None,
        })
        .collect();
    let mut found = HashSet::new();
    while let Some(schema) = ahead.pop() {
        match schema {
            RefOr::Ref(reference) => {
                let name = reference
                    .ref_location
                    .rsplit('/')
                    .next()
                    .unwrap_or_default();
                if found.insert(name.to_owned()) {
                    let schemas = api.components.as_ref().map(|all| &all.schemas);
                    ahead.extend(schemas.and_then(|schemas| schemas.get(name)));
                }
            }
            RefOr::T(Schema::Object(object)) => ahead.extend(object.properties.values()),
            RefOr::T(Schema::OneOf(one_of)) => ahead.extend(&one_of.items),
            RefOr::T(_) => {}
        }
    }
    found
}

/// Optional parameters of a path, a query or a header are still not null there, as they would be in JSON.
pub(super) fn deny_null_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
            && let SchemaType::Array(types) = &mut object.schema_type
        {
            types.retain(|kind| *kind != Type::Null);
            if let [only] = &types[..] {
                object.schema_type = SchemaType::Type(only.clone());
            }
        }
    }
}
