//! The one error of the HTTP interface.

use std::borrow::Cow;
use std::fmt::Display;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::fault::{FaultCode, FaultFacts};
use crate::accounts::NameTaken;
use crate::accounts::password::PasswordError;
use crate::accounts::quota::TooMany;
use crate::db;
use crate::telemetry::causes;
use crate::walks::admission::Full;

/// However many faults a request has, no more are told.
const MOST_DETAILS: usize = 100;

/// A machine code for each kind of error; each has one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "invalid_request")]
pub enum ErrorCode {
    InvalidRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    Unprocessable,
    TooManyRequests,
    InternalError,
    ServiceUnavailable,
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"field": "duration_minutes", "code": "out_of_range", "message": "must be between 15 and 180"}))]
pub struct Fault {
    /// Path of the field, as `start_location.coordinates[0]`; empty: the whole request.
    pub field: String,
    pub code: FaultCode,
    /// For a person.
    pub message: String,
    /// More about it, by code.
    #[serde(flatten)]
    #[schema(value_type = FaultFacts)]
    pub more: Box<FaultFacts>,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, code: FaultCode, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
            more: Box::default(),
        }
    }

    /// The fault with what machines want to know of it.
    #[must_use]
    pub fn with(mut self, facts: FaultFacts) -> Self {
        *self.more = facts;
        self
    }
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "invalid_request",
    "message": "the request is not valid",
    "trace_id": "0b2f6c1e-8d44-4f6e-9a56-2f3f6f1f7c55",
    "details": [{"field": "duration_minutes", "code": "out_of_range", "message": "must be between 15 and 180"}]
}))]
pub struct ErrorBody {
    pub code: ErrorCode,
    /// For a person.
    pub message: Cow<'static, str>,
    /// The same as in the `Trace-Id` header.
    pub trace_id: Uuid,
    /// Faults, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub details: Vec<Fault>,
}

/// An error on its way to a client.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("the request is not valid")]
    Invalid(Vec<Fault>),
    #[error("log in first")]
    Unauthorized,
    #[error("the name or the password is wrong")]
    WrongCredentials,
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("this method is not allowed here")]
    MethodNotAllowed {
        /// The methods that are, separated by commas.
        allow: String,
    },
    #[error("the body of the request took too long to arrive")]
    RequestTimeout,
    #[error("{0}")]
    Conflict(&'static str, Vec<Fault>),
    #[error("the body is longer than 64 KiB")]
    PayloadTooLarge,
    #[error("{0}")]
    UnsupportedMediaType(&'static str),
    #[error("{}", .0.message)]
    Unprocessable(Box<Fault>),
    #[error("too many requests; try again in {retry_after} s")]
    TooManyRequests {
        /// Seconds.
        retry_after: u64,
    },
    #[error("{message}; try again in {retry_after} s")]
    Unavailable {
        message: &'static str,
        details: Vec<Fault>,
        /// Seconds.
        retry_after: u64,
    },
    #[error("something went wrong on our side")]
    Internal(#[source] anyhow::Error),
}

impl ApiError {
    /// One fault of one field.
    pub fn invalid(field: impl Into<String>, code: FaultCode, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(field, code, message)])
    }

    /// Something that is needed can't be reached just now.
    pub const fn unavailable(message: &'static str) -> Self {
        Self::Unavailable {
            message,
            details: Vec::new(),
            retry_after: 2,
        }
    }

    /// The machine code, which decides the status.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::InvalidRequest,
            Self::Unauthorized | Self::WrongCredentials => ErrorCode::Unauthorized,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::MethodNotAllowed { .. } => ErrorCode::MethodNotAllowed,
            Self::RequestTimeout => ErrorCode::RequestTimeout,
            Self::Conflict(..) => ErrorCode::Conflict,
            Self::PayloadTooLarge => ErrorCode::PayloadTooLarge,
            Self::UnsupportedMediaType(_) => ErrorCode::UnsupportedMediaType,
            Self::Unprocessable(_) => ErrorCode::Unprocessable,
            Self::TooManyRequests { .. } => ErrorCode::TooManyRequests,
            Self::Unavailable { .. } => ErrorCode::ServiceUnavailable,
            Self::Internal(_) => ErrorCode::InternalError,
        }
    }

    /// The answer, with the headers that belong to it.
    pub fn render(&self, trace_id: Uuid) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::MethodNotAllowed { allow } => {
                response.insert_header(("Allow", allow.as_str()));
            }
            Self::TooManyRequests { retry_after } | Self::Unavailable { retry_after, .. } => {
                response.insert_header(("Retry-After", retry_after.to_string()));
            }
            Self::Internal(cause) => {
                tracing::error!(cause = causes::of(cause), "request failed");
            }
            _ => {}
        }
        response.insert_header(("Cache-Control", "no-store"));
        response.json(ErrorBody {
            code: self.code(),
            message: self.to_string().into(),
            trace_id,
            details: self.details(),
        })
    }

    fn details(&self) -> Vec<Fault> {
        match self {
            Self::Invalid(faults)
            | Self::Conflict(_, faults)
            | Self::Unavailable {
                details: faults, ..
            } => faults.iter().take(MOST_DETAILS).cloned().collect(),
            Self::Unprocessable(fault) => vec![Fault::clone(fault)],
            _ => Vec::new(),
        }
    }

    /// Error of the framework in our terms.
    pub fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden("this is not allowed"),
            StatusCode::NOT_FOUND => Self::NotFound("resource"),
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed {
                allow: String::new(),
            },
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::UnsupportedMediaType("this media type is not supported")
            }
            StatusCode::SERVICE_UNAVAILABLE => Self::unavailable("the service is not available"),
            status if status.is_client_error() => Self::Invalid(Vec::new()),
            status => Self::Internal(anyhow::anyhow!("the framework answered {status}")),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self.code() {
            ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
            ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorCode::Forbidden => StatusCode::FORBIDDEN,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            ErrorCode::Conflict => StatusCode::CONFLICT,
            ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Without a body: only the trace middleware knows the trace id, and renders it.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<diesel::result::Error> for ApiError {
    fn from(error: diesel::result::Error) -> Self {
        if db::is_outage(&error) {
            return lost(&error);
        }
        deleted_meanwhile(&error).unwrap_or_else(|| Self::Internal(error.into()))
    }
}

impl From<db::PoolError> for ApiError {
    fn from(error: db::PoolError) -> Self {
        no_connection(&error)
    }
}

impl From<db::SharedError> for ApiError {
    fn from(error: db::SharedError) -> Self {
        match error {
            db::SharedError::Pool(error) => no_connection(&error),
            db::SharedError::Query(error) if !db::is_outage(&error) => {
                deleted_meanwhile(&error).unwrap_or_else(|| Self::Internal(error.into()))
            }
            error => lost(&error),
        }
    }
}

/// Error of a write whose user, or whose walk, was deleted between two of its statements.
fn deleted_meanwhile(error: &diesel::result::Error) -> Option<ApiError> {
    use diesel::result::{DatabaseErrorKind, Error};
    let Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, what) = error else {
        return None;
    };
    match what.constraint_name()? {
        name if name.ends_with("_user_id_fkey") => Some(ApiError::Unauthorized),
        name if name.ends_with("_route_id_fkey") => Some(ApiError::NotFound("route")),
        _ => None,
    }
}

fn lost(error: &dyn Display) -> ApiError {
    tracing::warn!(%error, "lost the database");
    ApiError::unavailable("the database is not available")
}

fn no_connection(error: &db::PoolError) -> ApiError {
    tracing::warn!(%error, "no database connection");
    ApiError::unavailable("the database is not available")
}

impl From<Full> for ApiError {
    fn from(full: Full) -> Self {
        let cause = full.trouble.map(|trouble| {
            let what = format!("redis: {}", trouble.sentence());
            Fault::new("queue", trouble.into(), what)
        });
        Self::Unavailable {
            message: match full.trouble {
                Some(_) => "no walk can be queued for computing",
                None => "too many walks are being computed",
            },
            details: cause.into_iter().collect(),
            retry_after: full.retry_after,
        }
    }
}

impl From<TooMany> for ApiError {
    fn from(TooMany { retry_after }: TooMany) -> Self {
        Self::TooManyRequests { retry_after }
    }
}

impl From<NameTaken> for ApiError {
    fn from(NameTaken: NameTaken) -> Self {
        let fault = Fault::new(
            "username",
            FaultCode::UsernameTaken,
            "belongs to somebody else",
        );
        Self::Conflict("the name is taken", vec![fault])
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::unavailable("too many people are logging in"),
            PasswordError::Failed(error) => Self::Internal(error),
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}
