//! The description of the API: `OpenAPI` 3.1, made from the endpoints themselves.

use actix_web::App;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AdditionalProperties, Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ContentBuilder, HeaderBuilder};
use utoipa::openapi::{OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};
use utoipa_actix_web::AppExt;

use super::error::ErrorBody;
use super::middleware::limit;

/// What no endpoint can say of itself.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Wildside",
        description = "Walking tours chosen for you. Ask for a walk with `POST /api/v1/routes`; hear of its progress on the \
            WebSocket `/ws` or poll its status.\n\nEvery answer has a `Trace-Id`; every error is an `ErrorBody`. Input keys may be \
            spelt in camelCase as well.\n\nMap data © OpenStreetMap contributors, ODbL 1.0.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ErrorBody)),
    modifiers(&SessionCookie),
    tags(
        (name = "routes", description = "Walks: asked for, made and walked"),
        (name = "places", description = "Places and themes"),
        (name = "users", description = "Accounts and login sessions"),
        (name = "admin", description = "For maintainers"),
        (name = "operations", description = "For machines that look after this one"),
    ),
)]
struct Base;

struct SessionCookie;

impl Modify for SessionCookie {
    fn modify(&self, api: &mut OpenApi) {
        let cookie = ApiKey::Cookie(ApiKeyValue::new("session"));
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// What comes in has no unknown fields.
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

/// The whole description.
pub fn openapi() -> OpenApi {
    let (_, mut api) = App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(super::endpoints)
        .split_for_parts();
    for (path, item) in &mut api.paths.paths {
        let PathItem {
            get,
            post,
            put,
            patch,
            delete,
            ..
        } = item;
        for operation in [&mut *post, &mut *put, &mut *patch, &mut *delete]
            .into_iter()
            .flatten()
        {
            declare_error(operation, "403", "The page is of a foreign origin");
        }
        for operation in [get, post, put, patch, delete].into_iter().flatten() {
            deny_null_parameters(operation);
            declare_errors(path, operation);
        }
    }
    for name in INPUTS {
        let schemas = api
            .components
            .as_mut()
            .map(|components| &mut components.schemas);
        if let Some(RefOr::T(Schema::Object(object))) =
            schemas.and_then(|schemas| schemas.get_mut(name))
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
    api
}

/// What may be left out of a path, a query or a header is still not null there, as it would be in JSON.
fn deny_null_parameters(operation: &mut Operation) {
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

/// The errors that follow from what an operation takes.
fn declare_errors(path: &str, operation: &mut Operation) {
    let mut statuses = vec![
        ("500", "Something went wrong on our side"),
        ("503", "A dependency is away; try again"),
    ];
    if !limit::PROBES.contains(&path) {
        statuses.push(("429", "Too many requests"));
    }
    let takes_parameters = operation
        .parameters
        .as_ref()
        .is_some_and(|parameters| !parameters.is_empty());
    if takes_parameters || operation.request_body.is_some() {
        statuses.push((
            "400",
            "The request is not valid; `details` says why, field by field",
        ));
    }
    if operation.request_body.is_some() {
        statuses.push(("408", "The body took too long to arrive"));
        statuses.push(("413", "The body is longer than 64 KiB"));
        statuses.push(("415", "The body is not plain `application/json`"));
    }
    if operation.security.is_some() {
        statuses.push(("401", "Not logged in"));
    }
    if path.contains('{') {
        statuses.push(("404", "There is no such thing, or it is somebody else's"));
    }
    for (status, description) in statuses {
        declare_error(operation, status, description);
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            let header = HeaderBuilder::new()
                .description(Some("Names this request in our logs"))
                .build();
            response
                .headers
                .insert("Trace-Id".to_owned(), RefOr::T(header));
        }
    }
}

/// Declares an error unless the operation does so itself.
fn declare_error(operation: &mut Operation, status: &str, description: &str) {
    let responses = &mut operation.responses.responses;
    responses
        .entry(status.to_owned())
        .or_insert_with(|| RefOr::T(error_response(description)));
}

fn error_response(description: &str) -> Response {
    let schema = Ref::from_schema_name("ErrorBody");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/json", content)
        .build()
}
