//! Parameters in the path and in the query.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde_json::{Map, Value};

use super::fields::{Fields, FromFields};
use crate::api::error::{ApiError, Fault};
use crate::api::fault::FaultCode;

/// The query of a request.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: FromFields> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req.query_string()).map(Self))
    }
}

pub(super) fn read<T: FromFields>(query: &str) -> Result<T, ApiError> {
    let mut map = Map::new();
    let mut faults = Vec::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if map
            .insert(key.clone().into_owned(), Value::String(value.into_owned()))
            .is_some()
        {
            faults.push(Fault::new(key, FaultCode::DuplicateField, "is given twice"));
        }
    }
    let mut fields = Fields::of_query(&map);
    let read = T::from_fields(&mut fields);
    faults.extend(fields.finish());
    match read {
        Some(read) if faults.is_empty() => Ok(read),
        _ => Err(ApiError::Invalid(faults)),
    }
}

/// The one id in the path. What can't be an id names nothing, as an unknown id does.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<T: FromStr> FromRequest for PathId<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let segment = req
            .match_info()
            .iter()
            .next()
            .map_or("", |(_, segment)| segment);
        ready(parse_id(segment).map(Self))
    }
}

/// Reads an id of the path.
///
/// # Errors
/// A 400 that names the segment.
pub fn parse_id<T: FromStr>(segment: &str) -> Result<T, ApiError> {
    segment.parse().map_err(|_| {
        ApiError::invalid(
            "path",
            FaultCode::InvalidId,
            "the id in the path is not valid",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Limit(Option<i32>);

    impl FromFields for Limit {
        fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
            Some(Self(fields.integer("limit", 1..=100)))
        }
    }

    #[test]
    fn numbers_are_read_from_text() {
        assert_eq!(read::<Limit>("limit=20").unwrap().0, Some(20));
        assert_eq!(read::<Limit>("").unwrap().0, None);
    }

    #[test]
    fn wrong_repeated_and_unknown_parameters_are_refused() {
        for query in [
            "limit=0",
            "limit=x",
            "limit=",
            "limit=1&limit=2",
            "limt=3",
            "limit=1e400",
            "limit=NaN",
        ] {
            assert!(read::<Limit>(query).is_err(), "{query}");
        }
    }
}
