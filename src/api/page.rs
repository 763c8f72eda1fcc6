//! Lists come in pages: keyset cursors, opaque to clients, stable under ties and inserts.

use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::api::extract::{Fields, FromFields};
use crate::api::fault::FaultCode;

/// Rows of a page unless the client says otherwise.
const DEFAULT_LIMIT: i32 = 20;

/// Years that RFC 3339 can tell, and so those of all that a list shows. `PostgreSQL` knows fewer than a cursor could
/// name.
const YEARS: RangeInclusive<i32> = 0..=9999;

/// Part of a list that is wanted.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Rows in a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    pub limit: i32,
    /// Cursor to go on from: `next_cursor` or `prev_cursor` of another page.
    #[param(value_type = String, required = false)]
    pub cursor: Option<Cursor>,
}

/// A place in a list, and the way to go from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    pub id: Uuid,
    pub backwards: bool,
}

impl FromFields for PageParams {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let limit = fields.integer("limit", 1..=100).unwrap_or(DEFAULT_LIMIT);
        let cursor = fields.string("cursor").and_then(|text| {
            let cursor = Cursor::decode(text);
            if cursor.is_none() {
                fields.fault(
                    "cursor",
                    FaultCode::InvalidCursor,
                    "is not a cursor of this list",
                );
            }
            cursor
        });
        Some(Self { limit, cursor })
    }
}

impl Cursor {
    fn encode(self) -> String {
        let mut bytes = [0; 25];
        bytes[0] = u8::from(self.backwards);
        bytes[1..9].copy_from_slice(&self.at.timestamp_micros().to_be_bytes());
        bytes[9..].copy_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 25] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (way, rest) = bytes.split_first()?;
        let (micros, id) = rest.split_first_chunk::<8>()?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*micros))?;
        if !YEARS.contains(&at.year()) {
            return None;
        }
        Some(Self {
            at,
            id: Uuid::from_slice(id).ok()?,
            backwards: match way {
                0 => false,
                1 => true,
                _ => return None,
            },
        })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    #[schema(minimum = 1, maximum = 100, example = 20)]
    pub limit: i32,
    pub links: Links,
    /// The `cursor` of the next page, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "AAAGR…")]
    pub next_cursor: Option<String>,
    /// The `cursor` of the page before, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "AQAGR…")]
    pub prev_cursor: Option<String>,
}

/// Links to the other pages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"self": "/api/v1/users/me/routes?limit=20", "next": "/api/v1/users/me/routes?limit=20&cursor=AAAGR…"}))]
pub struct Links {
    /// This page.
    #[serde(rename = "self")]
    pub this: String,
    /// The next page, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub next: Option<String>,
    /// The page before, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub prev: Option<String>,
}

impl PageParams {
    /// Rows to ask the database for: one more than wanted tells whether there are more.
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Test for reading the list from its end.
    pub fn backwards(&self) -> bool {
        self.cursor.is_some_and(|cursor| cursor.backwards)
    }

    /// The page of `rows`, which came in the order in which the list was read. `filter` is the rest of the query.
    pub fn page<R, T: From<R>>(
        &self,
        mut rows: Vec<R>,
        path: &str,
        filter: &str,
        key: impl Fn(&R) -> (DateTime<Utc>, Uuid),
    ) -> Page<T> {
        let limit = self.limit.unsigned_abs() as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        if self.backwards() {
            rows.reverse();
        }
        let cursor = |row: Option<&R>, backwards| {
            let (at, id) = key(row?);
            Some(Cursor { at, id, backwards }.encode())
        };
        let (has_prev, has_next) = if self.backwards() {
            (more, true)
        } else {
            (self.cursor.is_some(), more)
        };
        let next_cursor = cursor(rows.last(), false).filter(|_| has_next);
        let prev_cursor = cursor(rows.first(), true).filter(|_| has_prev);
        let link = |cursor: &String| self.link(path, filter, Some(cursor));
        let links = Links {
            this: self.link(path, filter, self.cursor.map(Cursor::encode).as_ref()),
            next: next_cursor.as_ref().map(link),
            prev: prev_cursor.as_ref().map(link),
        };
        Page {
            data: rows.into_iter().map(T::from).collect(),
            limit: self.limit,
            links,
            next_cursor,
            prev_cursor,
        }
    }

    fn link(&self, path: &str, filter: &str, cursor: Option<&String>) -> String {
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        format!(
            "{}{path}?limit={}{filter}{cursor}",
            crate::api::PREFIX,
            self.limit
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        let at = DateTime::from_timestamp_micros(1_764_000_000_123_456).unwrap();
        let cursor = Cursor {
            at,
            id: Uuid::new_v4(),
            backwards: true,
        };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
    }

    #[test]
    fn a_cursor_of_a_date_that_no_list_shows_is_none() {
        for micros in [
            i64::MIN,
            -210_866_803_200_000_001,
            -62_167_219_200_000_001,
            253_402_300_800_000_000,
            i64::MAX,
        ] {
            let mut bytes = [0; 25];
            bytes[1..9].copy_from_slice(&micros.to_be_bytes());
            assert_eq!(
                Cursor::decode(&URL_SAFE_NO_PAD.encode(bytes)),
                None,
                "{micros}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_decoder(text in ".{0,60}") {
            let _ = Cursor::decode(&text);
        }
    }
}
