//! Bounds of the fields of bodies, as the readers of these fields name them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use utoipa::openapi::schema::Schema;
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{Number, ToSchema};

use crate::api::extract::{Bound, FromFields, bounds_of};
use crate::api::routes::body::RouteBody;
use crate::api::routes::name::NameBody;
use crate::api::routes::notes::NoteBody;
use crate::api::routes::progress::ProgressBody;
use crate::api::users::admin::UserPatch;
use crate::api::users::change::ProfilePatch;
use crate::api::users::interests::InterestsBody;
use crate::api::users::login::Login;
use crate::api::users::sign_up::SignUp;

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Name of a body, and the bounds of its fields by path.
type Body = (Cow<'static, str>, Vec<(String, Bound)>);

/// Every body that an endpoint takes.
fn bodies() -> [Body; 9] {
    fn body<T: FromFields + ToSchema>() -> Body {
        (T::name(), bounds_of::<T>())
    }
    [
        body::<Login>(),
        body::<SignUp>(),
        body::<ProfilePatch>(),
        body::<UserPatch>(),
        body::<InterestsBody>(),
        body::<RouteBody>(),
        body::<ProgressBody>(),
        body::<NoteBody>(),
        body::<NameBody>(),
    ]
}

/// Writes the bounds into the schemas of the bodies.
pub(super) fn declare(api: &mut OpenApi) {
    let Some(components) = &mut api.components else {
        return;
    };
    for (name, bounds) in bodies() {
        for (path, bound) in bounds {
            if let Some(field) = field(&mut components.schemas, &name, &path) {
                set(field, &bound);
            }
        }
    }
}

/// The schema of a field, which may be one of an object within.
fn field<'a>(schemas: &'a mut Schemas, body: &str, path: &str) -> Option<&'a mut Schema> {
    let Some((outer, rest)) = path.split_once('.') else {
        return match properties(schemas, body)?.get_mut(path)? {
            RefOr::T(schema) => Some(schema),
            RefOr::Ref(_) => None,
        };
    };
    let within = properties(schemas, body)?.get(outer).and_then(reference)?;
    field(schemas, &within, rest)
}

fn properties<'a>(schemas: &'a mut Schemas, name: &str) -> Option<&'a mut Schemas> {
    match schemas.get_mut(name)? {
        RefOr::T(Schema::Object(object)) => Some(&mut object.properties),
        _ => None,
    }
}

/// Name of the schema that another one refers to, be it nullable.
fn reference(schema: &RefOr<Schema>) -> Option<String> {
    match schema {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next()?;
            Some(name.to_owned())
        }
        RefOr::T(Schema::OneOf(one_of)) => one_of.items.iter().find_map(reference),
        RefOr::T(_) => None,
    }
}

fn set(schema: &mut Schema, bound: &Bound) {
    match (schema, bound) {
        (Schema::Object(object), Bound::Number(range)) => {
            object.minimum = Some(number(*range.start()));
            object.maximum = (*range.end() < f64::from(i32::MAX)).then(|| number(*range.end()));
        }
        (Schema::Object(object), Bound::Characters(range)) => {
            object.min_length = Some(*range.start());
            object.max_length = Some(*range.end());
        }
        (Schema::Array(array), Bound::Length(range)) => {
            array.min_items = Some(*range.start()).filter(|least| *least > 0);
            array.max_items = Some(*range.end());
        }
        _ => {}
    }
}

/// A number without a point where it is whole.
fn number(value: f64) -> Number {
    if value.fract() == 0.0 {
        Number::Int(value as isize)
    } else {
        Number::Float(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_bound_of_every_body_is_described() {
        let mut api = crate::api::description::openapi();
        let schemas = &mut api.components.as_mut().unwrap().schemas;
        for (name, bounds) in bodies() {
            for (path, bound) in bounds {
                let field = field(schemas, &name, &path);
                let field = json!(field.unwrap_or_else(|| panic!("{name}: no {path}")));
                let key = match bound {
                    Bound::Number(_) => "minimum",
                    Bound::Length(_) => "maxItems",
                    Bound::Characters(_) => "maxLength",
                };
                assert!(field[key].is_number(), "{name} {path}: no {key} in {field}");
            }
        }
    }

    #[test]
    fn no_body_is_forgotten() {
        let api = json!(crate::api::description::openapi());
        let known = bodies().map(|(name, _)| format!("#/components/schemas/{name}"));
        let operations = api["paths"].as_object().unwrap().values();
        for operation in operations.flat_map(|item| item.as_object().unwrap().values()) {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let name = schema["$ref"].as_str().unwrap_or_default();
            assert!(
                schema.is_null() || known.iter().any(|body| body == name),
                "{schema}"
            );
        }
    }
}
