//! Reads the fields of an object and collects everything that is wrong with them.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::api::error::Fault;

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
                "unknown_field",
                "is not a field of this request",
            ));
        }
        self.faults
    }

    /// Notes a fault of the field `key`, which may go on into it: `coordinates[0]`.
    pub fn fault(&mut self, key: impl Display, code: &'static str, message: impl Into<String>) {
        self.faults
            .push(Fault::new(format!("{}{key}", self.path), code, message));
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
                self.fault(key, "duplicate_field", "is given in two spellings");
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
        if missing {
            self.fault(key, "required", "is required");
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
        let value = self.value(key)?;
        let Some(number) = self.as_number(value).filter(|number| number.fract() == 0.0) else {
            return self.wrong_type(key, "must be a whole number");
        };
        if number >= f64::from(*range.start()) && number <= f64::from(*range.end()) {
            return Some(number as i32);
        }
        self.fault(
            key,
            "out_of_range",
            format!("must be between {} and {}", range.start(), range.end()),
        );
        None
    }

    /// A number within a range.
    pub fn number(&mut self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.value(key)?;
        let Some(number) = self.as_number(value) else {
            return self.wrong_type(key, "must be a number");
        };
        if range.contains(&number) {
            return Some(number);
        }
        self.fault(
            key,
            "out_of_range",
            format!("must be between {} and {}", range.start(), range.end()),
        );
        None
    }

    /// A whole number of 64 bits, such as the id of a place.
    pub fn big_integer(&mut self, key: &str) -> Option<i64> {
        let value = self.value(key)?;
        whole(value).or_else(|| self.wrong_type(key, "must be a whole number"))
    }

    /// At most `max` whole numbers of 64 bits; each fault names its index.
    pub fn big_integers(&mut self, key: &str, max: usize) -> Option<Vec<i64>> {
        let Some(values) = self.value(key)?.as_array() else {
            return self.wrong_type(key, "must be a list of whole numbers");
        };
        if values.len() > max {
            self.fault(
                key,
                "wrong_length",
                format!("must have at most {max} entries"),
            );
            return None;
        }
        let numbers = values.iter().enumerate().filter_map(|(index, value)| {
            let number = whole(value);
            if number.is_none() {
                self.fault(
                    format_args!("{key}[{index}]"),
                    "wrong_type",
                    "must be a whole number",
                );
            }
            number
        });
        Some(numbers.collect())
    }

    fn as_number(&self, value: &Value) -> Option<f64> {
        match value {
            Value::String(text) if self.is_query => {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            }
            value => value.as_f64(),
        }
    }

    /// An id.
    pub fn uuid(&mut self, key: &str) -> Option<Uuid> {
        let text = self.string(key)?;
        parse_uuid(text).or_else(|| {
            self.fault(key, "invalid_id", "must be a UUID");
            None
        })
    }

    /// Ids without repetition, between `range` many; each fault names its index.
    pub fn uuids(&mut self, key: &str, range: RangeInclusive<usize>) -> Option<Vec<Uuid>> {
        let value = self.value(key)?;
        let Some(values) = value.as_array() else {
            return self.wrong_type(key, "must be a list of UUIDs");
        };
        if !range.contains(&values.len()) {
            let message = format!(
                "must have between {} and {} entries",
                range.start(),
                range.end()
            );
            self.fault(key, "wrong_length", message);
            return None;
        }
        let mut ids = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match value.as_str().and_then(parse_uuid) {
                None => self.fault(
                    format_args!("{key}[{index}]"),
                    "invalid_id",
                    "must be a UUID",
                ),
                Some(id) if ids.contains(&id) => {
                    self.fault(
                        format_args!("{key}[{index}]"),
                        "duplicate",
                        "appears twice in the list",
                    );
                }
                Some(id) => ids.push(id),
            }
        }
        (ids.len() == values.len()).then_some(ids)
    }

    /// A nested object.
    pub fn object<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Fields<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let Some(map) = value.as_object() else {
            return self.wrong_type(key, "must be an object");
        };
        let mut inner = Fields::new(map, &format!("{}{key}", self.path));
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
                "unknown_value",
                format!("must be one of: {}", words.join(", ")),
            );
        }
        word
    }

    /// Notes that a field has another type than it should.
    pub fn wrong_type<T>(&mut self, key: &str, message: &str) -> Option<T> {
        self.fault(key, "wrong_type", message);
        None
    }
}

/// Only the hyphenated form: what we print is what we read.
fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
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

/// A whole number; `7.0` is one.
fn whole(value: &Value) -> Option<i64> {
    /// Up to here a float names one whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let from_float =
        |number: f64| (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64);
    value
        .as_i64()
        .or_else(|| value.as_f64().and_then(from_float))
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
        assert_eq!(faults[0].code, "duplicate_field");
    }

    #[test]
    fn a_float_is_a_whole_number_while_it_names_one_alone() {
        let body = json!({"ids": [i64::MAX, -7.0, 7.5, 1e16]});
        let (ids, faults) = read(&body, |f| f.big_integers("ids", 4));
        assert_eq!(ids, Some(vec![i64::MAX, -7]));
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["ids[2]", "ids[3]"]);
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
                ("n", "wrong_type"),
                ("ids[1]", "invalid_id"),
                ("ids[2]", "duplicate"),
                ("inner.b", "wrong_type"),
                ("inner.c", "unknown_field"),
                ("gone", "required"),
                ("role", "unknown_field"),
            ]
        );
    }
}
