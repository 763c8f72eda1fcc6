//! Values that several requests have in common.

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use wildside_engine::Point;

use super::fields::{Bound, Fields};
use crate::accounts::password::{LONGEST_BYTES, SHORTEST};
use crate::api::fault::FaultCode;
use crate::api::users::profile::AccessibilityPatch;

/// A GeoJSON `Point`.
pub fn point(fields: &mut Fields<'_>, key: &str) -> Option<Point> {
    let coordinates = fields.object(key, |fields| {
        fields.required("type", |fields, key| fields.word(key, &["Point"]));
        fields.required("coordinates", coordinates)
    })?;
    Some(Point::new(coordinates[0], coordinates[1]))
}

fn coordinates(fields: &mut Fields<'_>, key: &str) -> Option<[f64; 2]> {
    let Some([lon, lat]) = fields.value(key)?.as_array().map(Vec::as_slice) else {
        return fields.wrong_type(key, "must be [longitude, latitude]");
    };
    let lon = degrees(fields, key, 0, lon, 180.0);
    let lat = degrees(fields, key, 1, lat, 90.0);
    Some([lon?, lat?])
}

fn degrees(
    fields: &mut Fields<'_>,
    key: &str,
    index: usize,
    value: &Value,
    limit: f64,
) -> Option<f64> {
    let field = format!("{key}[{index}]");
    let Some(number) = value.as_f64() else {
        return fields.wrong_type(&field, "must be a number");
    };
    if number.abs() <= limit {
        return Some(number);
    }
    fields.fault(
        field,
        FaultCode::OutOfRange,
        format!("must be between -{limit} and {limit}"),
    );
    None
}

/// A time in RFC 3339 between two distances from now.
pub fn time(
    fields: &mut Fields<'_>,
    key: &str,
    earliest: TimeDelta,
    latest: TimeDelta,
) -> Option<DateTime<Utc>> {
    let text = fields.string(key)?;
    let Ok(time) = DateTime::parse_from_rfc3339(text) else {
        fields.fault(
            key,
            FaultCode::InvalidTime,
            "must be a time with its offset, as in 2026-12-24T18:00:00+01:00",
        );
        return None;
    };
    let now = Utc::now();
    if (now + earliest..=now + latest).contains(&time.to_utc()) {
        return Some(time.to_utc());
    }
    fields.fault(
        key,
        FaultCode::OutOfRange,
        format!(
            "must be at most {} minutes ago and {} days ahead",
            -earliest.num_minutes(),
            latest.num_days()
        ),
    );
    None
}

/// Themes of a request or a user.
pub const THEMES: RangeInclusive<usize> = 0..=100;
/// Characters of a display name, at most.
pub const NAME: usize = 100;
/// Characters of a note, at most.
pub const NOTE: usize = 4000;

/// A new password. Its length is looked at together with its strength.
pub fn new_password(fields: &mut Fields<'_>, key: &str) -> Option<String> {
    fields.bound(key, Bound::Characters(SHORTEST..=LONGEST_BYTES));
    fields.string(key).map(str::to_owned)
}

/// A display name, as the description has it. Null leaves it as it is.
pub fn name_schema() -> Object {
    text_schema(NAME, SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Default: the username."))
        .build()
}

/// A name of a walk, as the description has it. Null takes it away.
pub fn walk_name_schema() -> Object {
    text_schema(NAME, SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Null: the walk has no name any more."))
        .build()
}

/// A note, as the description has it.
pub fn note_schema() -> Object {
    text_schema(NOTE, SchemaType::Type(Type::String)).build()
}

/// One of a closed list of words, as the description has it.
pub fn words_schema(words: &[&str]) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .enum_values(Some(words.iter().copied()))
        .build()
}

/// Limits of a [`text`].
fn text_schema(max: usize, kind: SchemaType) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(kind)
        .min_length(Some(1))
        .max_length(Some(max))
        .pattern(Some(r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$"))
}

/// A text for people: without control characters but line feeds, and trimmed, of `1..=max` characters.
pub fn text(fields: &mut Fields<'_>, key: &str, max: usize) -> Option<String> {
    let text = fields.string(key)?;
    if text.chars().any(|c| c.is_control() && c != '\n') {
        fields.fault(
            key,
            FaultCode::InvalidCharacter,
            "must not contain control characters",
        );
        return None;
    }
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > max {
        fields.fault(
            key,
            FaultCode::WrongLength,
            format!("must have 1 to {max} characters"),
        );
        return None;
    }
    Some(text.to_owned())
}

/// `{"avoid_stairs": …, "prefer_well_lit": …}`, each of which may be left out.
pub fn accessibility(fields: &mut Fields<'_>, key: &str) -> AccessibilityPatch {
    let read = |fields: &mut Fields<'_>| {
        Some(AccessibilityPatch {
            avoid_stairs: fields.boolean("avoid_stairs"),
            prefer_well_lit: fields.boolean("prefer_well_lit"),
        })
    };
    fields.object(key, read).unwrap_or_default()
}
