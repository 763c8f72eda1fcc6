//! Errors that follow from what an operation takes.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// Declares all that the operation does not declare itself.
pub(super) fn declare_all(path: &str, operation: &mut Operation) {
    let mut statuses = vec![
        ("500", "Something went wrong on our side"),
        ("503", "A dependency is away; try again"),
        ("429", "Too many requests"),
    ];
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
    if operation
        .security
        .as_ref()
        .is_some_and(|needs| !needs.is_empty())
    {
        statuses.push(("401", "Not logged in"));
    }
    if path.contains('{') {
        statuses.push(("404", "There is no such thing, or it is somebody else's"));
    }
    for (status, description) in statuses {
        declare(operation, status, description);
    }
}

/// Declares an error unless the operation does so itself.
pub(super) fn declare(operation: &mut Operation, status: &str, description: &str) {
    let responses = &mut operation.responses.responses;
    responses
        .entry(status.to_owned())
        .or_insert_with(|| RefOr::T(response(description)));
}

fn response(description: &str) -> Response {
    let schema = Ref::from_schema_name("ErrorBody");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/json", content)
        .build()
}
