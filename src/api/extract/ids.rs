//! Ids, alone and in lists.

use std::ops::RangeInclusive;

use serde_json::Value;
use uuid::Uuid;

use super::fields::{Bound, Fields};
use crate::api::fault::FaultCode;

impl Fields<'_> {
    /// A whole number of 64 bits, such as the id of a place.
    pub fn big_integer(&mut self, key: &str) -> Option<i64> {
        let value = self.value(key)?;
        whole(value).or_else(|| self.wrong_type(key, "must be a whole number"))
    }

    /// At most `max` whole numbers of 64 bits; each fault names its index.
    pub fn big_integers(&mut self, key: &str, max: usize) -> Option<Vec<i64>> {
        self.bound(key, Bound::Length(0..=max));
        let Some(values) = self.value(key)?.as_array() else {
            return self.wrong_type(key, "must be a list of whole numbers");
        };
        if values.len() > max {
            self.fault(
                key,
                FaultCode::WrongLength,
                format!("must have at most {max} entries"),
            );
            return None;
        }
        let numbers = values.iter().enumerate().filter_map(|(index, value)| {
            let number = whole(value);
            if number.is_none() {
                self.fault(
                    format_args!("{key}[{index}]"),
                    FaultCode::WrongType,
                    "must be a whole number",
                );
            }
            number
        });
        Some(numbers.collect())
    }

    /// An id.
    pub fn uuid(&mut self, key: &str) -> Option<Uuid> {
        let text = self.string(key)?;
        parse_uuid(text).or_else(|| {
            self.fault(key, FaultCode::InvalidId, "must be a UUID");
            None
        })
    }

    /// Ids without repetition, between `range` many; each fault names its index.
    pub fn uuids(&mut self, key: &str, range: RangeInclusive<usize>) -> Option<Vec<Uuid>> {
        self.bound(key, Bound::Length(range.clone()));
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
            self.fault(key, FaultCode::WrongLength, message);
            return None;
        }
        let mut ids = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match value.as_str().and_then(parse_uuid) {
                None => self.fault(
                    format_args!("{key}[{index}]"),
                    FaultCode::InvalidId,
                    "must be a UUID",
                ),
                Some(id) if ids.contains(&id) => {
                    self.fault(
                        format_args!("{key}[{index}]"),
                        FaultCode::Duplicate,
                        "appears twice in the list",
                    );
                }
                Some(id) => ids.push(id),
            }
        }
        (ids.len() == values.len()).then_some(ids)
    }
}

/// Only the hyphenated form: what we print is what we read.
fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
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

    #[test]
    fn a_float_is_a_whole_number_while_it_names_one_alone() {
        let body = json!({"ids": [i64::MAX, -7.0, 7.5, 1e16]});
        let mut fields = Fields::new(body.as_object().unwrap(), "");
        let ids = fields.big_integers("ids", 4);
        let faults = fields.finish();
        assert_eq!(ids, Some(vec![i64::MAX, -7]));
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["ids[2]", "ids[3]"]);
    }
}
