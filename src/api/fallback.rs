//! Answers where no endpoint is.

use std::cmp::Reverse;
use std::sync::Arc;

use actix_router::ResourceDef;
use actix_web::http::Method;
use actix_web::{App, HttpRequest, HttpResponse};
use utoipa::openapi::PathItem;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::error::ApiError;

/// Paths that are no part of the description; all can only be read.
const UNDESCRIBED: [&str; 6] = [
    "/",
    "/{name:sw\\.js|manifest\\.webmanifest|icon-[a-z0-9-]+\\.png}",
    "/assets/{name}",
    "/tiles/base/{z}/{x}/{y}",
    "/tiles/pois/{z}/{x}/{y}",
    "/tiles/routes/{route_id}/{z}/{x}/{y}",
];

/// Methods of each path; taken from the API's own description.
#[derive(Clone)]
pub struct Endpoints(Arc<[(ResourceDef, String)]>);

impl std::fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Endpoints").field(&self.0.len()).finish()
    }
}

impl Endpoints {
    /// The endpoints that `configure` adds.
    pub fn of(configure: fn(&mut ServiceConfig<'_>)) -> Self {
        let (_, api) = App::new()
            .into_utoipa_app()
            .configure(configure)
            .split_for_parts();
        let paths = api.paths.paths.iter();
        let paths = paths.map(|(path, item)| (ResourceDef::new(path.as_str()), allow(item)));
        let read = |path| (ResourceDef::new(path), "GET, HEAD, OPTIONS".to_owned());
        let mut all: Vec<_> = paths.chain(UNDESCRIBED.map(read)).collect();
        all.sort_by_key(|(pattern, _)| Reverse(letters(pattern)));
        Self(all.into())
    }

    /// The methods at `path`, if there are any: of the pattern that leaves the least to its parameters.
    fn methods(&self, path: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(pattern, _)| pattern.is_match(path))
            .map(|(_, methods)| methods.as_str())
    }
}

/// Letters of a pattern outside its parameters.
fn letters(pattern: &ResourceDef) -> usize {
    let pattern = pattern.pattern().unwrap_or_default();
    let parts = pattern.split(['{', '}']).step_by(2);
    parts.map(str::len).sum()
}

fn allow(item: &PathItem) -> String {
    let named = [
        (item.get.is_some(), "GET, HEAD"),
        (item.post.is_some(), "POST"),
        (item.put.is_some(), "PUT"),
        (item.patch.is_some(), "PATCH"),
        (item.delete.is_some(), "DELETE"),
        (true, "OPTIONS"),
    ];
    named
        .into_iter()
        .filter(|(has, _)| *has)
        .map(|(_, name)| name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// 404 for an unknown path; 405 for a known one, or its methods when they were asked for.
///
/// # Errors
/// Always, but for `OPTIONS`.
pub async fn fallback(req: HttpRequest) -> Result<HttpResponse, ApiError> {
    let methods = req
        .app_data::<Endpoints>()
        .and_then(|endpoints| endpoints.methods(req.path()));
    match methods {
        None => Err(ApiError::NotFound("resource")),
        Some(allow) if req.method() == Method::OPTIONS => Ok(HttpResponse::NoContent()
            .insert_header(("Allow", allow))
            .finish()),
        Some(allow) => Err(ApiError::MethodNotAllowed {
            allow: allow.to_owned(),
        }),
    }
}
