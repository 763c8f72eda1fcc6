//! Reads the fields of an object and collects everything that is wrong with them.
//!
//! The bounds that a reader names are the only ones: the description has them from it, by [`bounds_of`]. Why this is not
//! `deserr` is in `docs/decisions/request-bodies.md`.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::api::error::Fault;
use crate::api::fault::FaultCode;

/// A type that is read from the fields of an object.
pub trait FromFields: Sized {
    /// The value, or `None` when a fault was noted.
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self>;
}

/// The fields of one object. Keys are given in `snake_case`; their `camelCase` spelling is found as well.
#[derive(Debug)]
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
    /// A query has numbers as text.
    is_query: bool,
    known: BTreeSet<&'a str>,
    faults: Vec<Fault>,
    /// Bounds by path; collected for the description alone.
    bounds: Option<Vec<(String, Bound)>>,
}

/// A bound of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// A number; `i32::MAX` is no bound.
    Number(RangeInclusive<f64>),
    /// A list, by its length.
    Length(RangeInclusive<usize>),
    /// A text, by its characters.
    Characters(RangeInclusive<usize>),
}

/// Bounds of all fields of a type, by path.
pub fn bounds_of<T: FromFields>() -> Vec<(String, Bound)> {
    let nothing = Map::new();
    let mut fields = Fields {
        bounds: Some(Vec::new()),
        ..Fields::new(&nothing, "")
    };
    let _ = T::from_fields(&mut fields);
    fields.bounds.unwrap_or_default()
}

impl<'a> Fields<'a> {
    /// The fields of `map`, which is found at `path` in the body.
    pub(super) fn new(map: &'a Map<String, Value>, path: &str) -> Self {
        let path = if path.is_empty() {
            String::new()
        } else {
            format!("{path}.")
        };
        Self {
            map,
            path,
            is_query: false,
            known: BTreeSet::new(),
            faults: Vec::new(),
            bounds: None,
        }
    }

    /// The parameters of a query.
    pub(super) fn of_query(map: &'a Map<String, Value>) -> Self {
        Self {
            is_query: true,
            ..Self::new(map, "")
        }
    }

    /// The faults, among them each field that nobody asked for.
    pub(super) fn finish(mut self) -> Vec<Fault> {
        for key in self
            .map
            .keys()
            .filter(|key| !self.known.contains(key.as_str()))
        {
            let field = format!("{}{key}", self.path);
            self.faults.push(Fault::new(
                field,
                FaultCode::UnknownField,
                "is not a field of this request",
            ));
        }
        self.faults
    }

    /// Notes a fault of the field `key`, which may go on into it: `coordinates[0]`.
    pub fn fault(&mut self, key: impl Display, code: FaultCode, message: impl Into<String>) {
        self.faults
            .push(Fault::new(format!("{}{key}", self.path), code, message));
    }

    /// Names a bound of the field `key`. Only the description hears of it: the reader itself keeps the bound.
    pub fn bound(&mut self, key: &str, bound: Bound) {
        if let Some(bounds) = &mut self.bounds {
            bounds.push((format!("{}{key}", self.path), bound));
        }
    }

    /// The value of a field; `null` counts as left out.
    pub fn value(&mut self, key: &str) -> Option<&'a Value> {
        let camel = camel_case(key);
        let mut found = None;
        for spelling in [key, camel.as_str()] {
            let Some((name, value)) = self.map.get_key_value(spelling) else {
                continue;
            };
            let first_look = self.known.insert(name);
            if found.replace(value).is_some() && spelling != key && first_look {
                self.fault(key, FaultCode::DuplicateField, "is given in two spellings");
            }
            if camel == key {
                break;
            }
        }
        found.filter(|value| !value.is_null())
    }

    /// Test for a field that is there, be it with `null`.
    pub fn has(&self, key: &str) -> bool {
        self.map.contains_key(key) || self.map.contains_key(&camel_case(key))
    }

    /// Notes that a required field is missing, if it is.
    pub fn required<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<T> {
        let missing = !self.has(key) || self.value(key).is_none();
        if missing && self.bounds.is_none() {
            self.fault(key, FaultCode::Required, "is required");
            return None;
        }
        read(self, key)
    }

    /// A text as it is.
    pub fn string(&mut self, key: &str) -> Option<&'a str> {
        let value = self.value(key)?;
        if value.is_string() {
            value.as_str()
        } else {
            self.wrong_type(key, "must be a string")
        }
    }

    /// A truth value.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        match self.value(key)? {
            Value::Bool(value) => Some(*value),
            Value::String(text) if self.is_query && text == "true" => Some(true),
            Value::String(text) if self.is_query && text == "false" => Some(false),
            _ => self.wrong_type(key, "must be true or false"),
        }
    }

    /// A whole number within a range; `60.0` is one.
    pub fn integer(&mut self, key: &str, range: RangeInclusive<i32>) -> Option<i32> {
        let (least, most) = (f64::from(*range.start()), f64::from(*range.end()));
        self.bound(key, Bound::Number(least..=most));
        let value = self.value(key)?;
        let Some(number) = self.as_number(value).filter(|number| number.fract() == 0.0) else {
            return self.wrong_type(key, "must be a whole number");
        };
        if number >= least && number <= most {
            return Some(number as i32);
        }
        self.fault(
            key,
            FaultCode::OutOfRange,
            format!("must be between {} and {}", range.start(), range.end()),
        );
        None
    }

    /// A number within a range.
    pub fn number(&mut self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        self.bound(key, Bound::Number(range.clone()));
        let value = self.value(key)?;
        let Some(number) = self.as_number(value) else {
            return self.wrong_type(key, "must be a number");
        };
        if range.contains(&number) {
            return Some(number);
        }
        self.fault(
            key,
            FaultCode::OutOfRange,
            format!("must be between {} and {}", range.start(), range.end()),
        );
        None
    }

    fn as_number(&self, value: &Value) -> Option<f64> {
        match value {
            Value::String(text) if self.is_query => {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            }
            value => value.as_f64(),
        }
    }

    /// A nested object.
    pub fn object<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Fields<'a>) -> Option<T>,
    ) -> Option<T> {
        let path = format!("{}{key}", self.path);
        if let Some(bounds) = self.bounds.take() {
            let mut inner = Fields::new(self.map, &path);
            inner.bounds = Some(bounds);
            let read = read(&mut inner);
            self.bounds = inner.bounds;
            return read;
        }
        let value = self.value(key)?;
        let Some(map) = value.as_object() else {
            return self.wrong_type(key, "must be an object");
        };
        let mut inner = Fields::new(map, &path);
        let read = read(&mut inner);
        let faults = inner.finish();
        let sound = faults.is_empty();
        self.faults.extend(faults);
        read.filter(|_| sound)
    }

    /// One of a few words.
    pub fn word(&mut self, key: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.string(key)?;
        let word = words.iter().find(|word| **word == text).copied();
        if word.is_none() {
            self.fault(
                key,
                FaultCode::UnknownValue,
                format!("must be one of: {}", words.join(", ")),
            );
        }
        word
    }

    /// Notes that a field has another type than it should.
    pub fn wrong_type<T>(&mut self, key: &str, message: &str) -> Option<T> {
        self.fault(key, FaultCode::WrongType, message);
        None
    }
}

fn camel_case(snake: &str) -> String {
    let mut camel = String::with_capacity(snake.len());
    let mut upper = false;
    for c in snake.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read<T>(body: &Value, read: impl FnOnce(&mut Fields<'_>) -> T) -> (T, Vec<Fault>) {
        let mut fields = Fields::new(body.as_object().unwrap(), "");
        let value = read(&mut fields);
        (value, fields.finish())
    }

    #[test]
    fn both_spellings_of_a_key_are_found_but_not_together() {
        let (value, faults) = read(&json!({"durationMinutes": 60.0}), |f| {
            f.integer("duration_minutes", 15..=180)
        });
        assert_eq!((value, faults), (Some(60), vec![]));
        let both = json!({"durationMinutes": 60, "duration_minutes": 60});
        let (_, faults) = read(&both, |f| f.integer("duration_minutes", 15..=180));
        assert_eq!(faults[0].code, FaultCode::DuplicateField);
    }

    #[test]
    fn all_faults_come_at_once_with_their_paths() {
        let id = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
        let body =
            json!({"n": 3.5, "ids": [id, "x", id], "inner": {"b": "no", "c": 1}, "role": "admin"});
        let ((), faults) = read(&body, |f| {
            f.integer("n", 0..=9);
            f.uuids("ids", 0..=9);
            f.object("inner", |f| f.boolean("b"));
            f.required("gone", Fields::string);
        });
        let found: Vec<_> = faults
            .iter()
            .map(|fault| (fault.field.as_str(), fault.code))
            .collect();
        assert_eq!(
            found,
            [
                ("n", FaultCode::WrongType),
                ("ids[1]", FaultCode::InvalidId),
                ("ids[2]", FaultCode::Duplicate),
                ("inner.b", FaultCode::WrongType),
                ("inner.c", FaultCode::UnknownField),
                ("gone", FaultCode::Required),
                ("role", FaultCode::UnknownField),
            ]
        );
    }

    #[test]
    fn bounds_are_told_by_path_without_any_body() {
        struct Body;
        impl FromFields for Body {
            fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
                let n = fields.required("n", |fields, key| fields.integer(key, 1..=9));
                fields.object("inner", |fields| fields.uuids("ids", 0..=3));
                n.map(|_| Self)
            }
        }
        let expected = [
            ("n".to_owned(), Bound::Number(1.0..=9.0)),
            ("inner.ids".to_owned(), Bound::Length(0..=3)),
        ];
        assert_eq!(bounds_of::<Body>(), expected);
    }
}
