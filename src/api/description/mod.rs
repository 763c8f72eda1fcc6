//! The description of the API: `OpenAPI` 3.1, made from the endpoints themselves.
//!
//! Clients are generated from it, so it leaves nothing to be guessed: values of a closed list are listed, errors and
//! headers declared, open endpoints say that they are.

mod bounds;
mod errors;
mod headers;
mod schemas;

use actix_web::App;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{OpenApi, PathItem};
use utoipa::{Modify, OpenApi as _};
use utoipa_actix_web::AppExt;

use super::error::ErrorBody;

/// Additions that no endpoint can say of itself.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Wildside",
        description = "Walking tours chosen for you. Ask for a walk with `POST /api/v1/routes`; hear of its progress on the \
            WebSocket `/ws` or poll its status.\n\nEvery answer has a `Trace-Id`; every error is an `ErrorBody`. Input keys may be \
            spelt in camelCase as well.\n\nMap data © OpenStreetMap contributors, ODbL 1.0.",
        contact(name = "Wildside"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers(
        (url = "/", description = "The server that this description comes from"),
        (url = "http://127.0.0.1:8080", description = "The one that `make run` starts"),
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
        if let Some(operation) = get {
            complete(path, operation);
        }
        for operation in [post, put, patch, delete].into_iter().flatten() {
            errors::declare(operation, "403", "The page is of a foreign origin");
            complete(path, operation);
        }
    }
    schemas::complete(&mut api);
    bounds::declare(&mut api);
    api
}

/// Adds what follows from what an operation takes and answers.
fn complete(path: &str, operation: &mut Operation) {
    // Whoever does not ask for a login session says so.
    operation.security.get_or_insert_default();
    schemas::deny_null_parameters(operation);
    errors::declare_all(path, operation);
    headers::declare_all(operation);
}
