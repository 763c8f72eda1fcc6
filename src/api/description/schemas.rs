//! Additions to schemas that no derived one can say of itself.

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr};

/// Input has no unknown fields.
const INPUTS: [&str; 10] = [
    "SignUp",
    "Login",
    "ProfilePatch",
    "PreferencesPatch",
    "AccessibilityPatch",
    "InterestsBody",
    "UserPatch",
    "RouteRequest",
    "ProgressBody",
    "NoteBody",
];

/// Completes the schemas of the description.
pub(super) fn complete(api: &mut OpenApi) {
    let Some(components) = &mut api.components else {
        return;
    };
    for (name, schema) in &mut components.schemas {
        let RefOr::T(Schema::Object(object)) = schema else {
            continue;
        };
        if INPUTS.contains(&name.as_str()) {
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
