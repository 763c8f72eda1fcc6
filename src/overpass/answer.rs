//! Answer of an Overpass server, element by element.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use wildside_engine::Point;

use super::query::MAX_ELEMENTS;

const MAX_TAGS: usize = 200;
const MAX_TAG_BYTES: usize = 1_024;

/// A parsed answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Elements found, each once.
    pub elements: Vec<Element>,
    /// Counts of rejected elements, by cause.
    pub rejected: Rejected,
    /// The server's own word that the elements are not all there are.
    pub remark: Option<String>,
    /// State of the server's data.
    pub data_timestamp: Option<DateTime<Utc>>,
}

/// One node, way or relation with a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// `node`, `way` or `relation`.
    pub osm_type: String,
    /// Id among its type.
    pub id: i64,
    /// Of a node; the centre of a way or relation.
    pub location: Point,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Counts of elements that were not taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rejected {
    /// Neither node, way nor relation, or an id below 1.
    pub not_an_element: usize,
    /// No position, or one off the earth.
    pub bad_position: usize,
    /// Too many tags, overlong ones, or control characters that the database cannot hold.
    pub bad_tags: usize,
    /// Elements that came again.
    pub duplicate: usize,
    /// Beyond the number that was asked for.
    pub over_limit: usize,
}

impl Rejected {
    /// All of them.
    pub const fn total(&self) -> usize {
        self.not_an_element + self.bad_position + self.bad_tags + self.duplicate + self.over_limit
    }
}

impl Answer {
    /// Parses a JSON body.
    ///
    /// # Errors
    /// The body is not JSON, or lacks what each answer of an Overpass server has.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let raw: RawAnswer = serde_json::from_slice(body)?;
        let mut rejected = Rejected {
            over_limit: raw.elements.beyond,
            ..Rejected::default()
        };
        let mut elements: BTreeMap<(String, i64), Element> = BTreeMap::new();
        for raw in raw.elements.kept {
            let Some(element) = raw.checked(&mut rejected) else {
                continue;
            };
            let key = (element.osm_type.clone(), element.id);
            if elements.insert(key, element).is_some() {
                rejected.duplicate += 1;
            }
        }
        Ok(Self {
            elements: elements.into_values().collect(),
            rejected,
            remark: raw.remark,
            data_timestamp: raw.osm3s.timestamp_osm_base,
        })
    }
}

#[derive(Deserialize)]
struct RawAnswer {
    osm3s: RawHeader,
    elements: Bounded,
    remark: Option<String>,
}

#[derive(Deserialize)]
struct RawHeader {
    #[serde(default, deserialize_with = "base_date")]
    timestamp_osm_base: Option<DateTime<Utc>>,
}

/// The state of a server's data, as whoever set it up wrote it: a time, a time as Osmosis writes it (`20\:21\:00Z`), a
/// time without a zone, or a day. Anything else is as good as none, and no reason to refuse the places.
fn base_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value
        .as_str()
        .and_then(|text| parse_date(&text.replace('\\', ""))))
}

fn parse_date(text: &str) -> Option<DateTime<Utc>> {
    const WITHOUT_ZONE: [&str; 4] = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return storable_time(time.to_utc());
    }
    let text = text.trim_end_matches('Z');
    let mut formats = WITHOUT_ZONE.iter();
    let time = formats.find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let time = time.or_else(|| Some(day()?.and_time(NaiveTime::MIN)))?;
    storable_time(time.and_utc())
}

/// Span of time that the database can hold and OpenStreetMap can mean.
fn storable_time(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (2000..=9999).contains(&time.year()).then_some(time)
}

#[derive(Deserialize)]
struct RawElement {
    #[serde(rename = "type")]
    osm_type: String,
    id: i64,
    lat: Option<f64>,
    lon: Option<f64>,
    center: Option<RawCenter>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawCenter {
    lat: f64,
    lon: f64,
}

impl RawElement {
    fn checked(self, rejected: &mut Rejected) -> Option<Element> {
        if !matches!(self.osm_type.as_str(), "node" | "way" | "relation") || self.id < 1 {
            rejected.not_an_element += 1;
            return None;
        }
        let Some(location) = self.location() else {
            rejected.bad_position += 1;
            return None;
        };
        if !storable(&self.tags) {
            rejected.bad_tags += 1;
            return None;
        }
        Some(Element {
            osm_type: self.osm_type,
            id: self.id,
            location,
            tags: self.tags,
        })
    }

    fn location(&self) -> Option<Point> {
        let center = self.center.as_ref();
        let lon = self.lon.or(center.map(|c| c.lon))?;
        let lat = self.lat.or(center.map(|c| c.lat))?;
        let on_earth = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
        on_earth.then_some(Point::new(lon, lat))
    }
}

fn storable(tags: &BTreeMap<String, String>) -> bool {
    let fine = |text: &String| text.len() <= MAX_TAG_BYTES && !text.contains('\0');
    tags.len() <= MAX_TAGS && tags.iter().all(|(key, value)| fine(key) && fine(value))
}

/// The first [`MAX_ELEMENTS`] of a list of any length, so that memory does not grow with what a server sends.
struct Bounded {
    kept: Vec<RawElement>,
    beyond: usize,
}

impl<'de> Deserialize<'de> for Bounded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;
        impl<'de> Visitor<'de> for Elements {
            type Value = Bounded;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of elements")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bounded, A::Error> {
                let mut bounded = Bounded {
                    kept: Vec::new(),
                    beyond: 0,
                };
                while bounded.kept.len() < MAX_ELEMENTS {
                    match list.next_element()? {
                        Some(element) => bounded.kept.push(element),
                        None => return Ok(bounded),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    bounded.beyond += 1;
                }
                Ok(bounded)
            }
        }
        deserializer.deserialize_seq(Elements)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const REAL: &[u8] = include_bytes!("../../tests/fixtures/overpass/ok_200_json.body");

    fn answer(elements: &str) -> Answer {
        let body = format!(
            r#"{{"osm3s":{{"timestamp_osm_base":"2023-12-25T21:21:00Z"}},"elements":[{elements}]}}"#
        );
        Answer::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn nodes_have_a_position_and_ways_a_centre() {
        let answer = answer(
            r#"{"type":"node","id":1,"lat":43.7,"lon":7.4,"tags":{"amenity":"cafe"}},
               {"type":"way","id":1,"center":{"lat":43.8,"lon":7.5}}"#,
        );
        assert_eq!(answer.elements.len(), 2);
        assert_eq!(answer.elements[1].location, Point::new(7.5, 43.8));
        assert_eq!(answer.rejected, Rejected::default());
    }

    #[test]
    fn one_bad_element_costs_itself_alone() {
        let answer = answer(
            r#"{"type":"count","id":0,"tags":{"total":"5"}},
               {"type":"node","id":2,"lat":999,"lon":7.4},
               {"type":"way","id":3},
               {"type":"node","id":4,"lat":1,"lon":1,"tags":{"name":"a\u0000b"}},
               {"type":"node","id":5,"lat":1,"lon":1},
               {"type":"node","id":5,"lat":2,"lon":2}"#,
        );
        assert_eq!(answer.elements.len(), 1);
        let expected = Rejected {
            not_an_element: 1,
            bad_position: 2,
            bad_tags: 1,
            duplicate: 1,
            over_limit: 0,
        };
        assert_eq!(answer.rejected, expected);
    }

    #[test]
    fn the_date_of_a_server_set_up_by_hand_is_understood() {
        let date = |timestamp: &str| {
            let body = format!(r#"{{"osm3s":{{"timestamp_osm_base":{timestamp}}},"elements":[]}}"#);
            let answer = Answer::parse(body.as_bytes()).unwrap();
            answer.data_timestamp.map(|date| date.to_rfc3339())
        };
        for (told, meant) in [
            (r#""2026-11-30T20:21:00Z""#, "2026-11-30T20:21:00+00:00"),
            (r#""2026-11-30T20\\:21\\:00Z""#, "2026-11-30T20:21:00+00:00"),
            (
                r#""2026-11-30T22:21:00+02:00""#,
                "2026-11-30T20:21:00+00:00",
            ),
            (r#""2026-11-30 20:21:00""#, "2026-11-30T20:21:00+00:00"),
            (r#""2026-11-30T20:21Z""#, "2026-11-30T20:21:00+00:00"),
            (r#"" 2026-11-30\n""#, "2026-11-30T00:00:00+00:00"),
        ] {
            assert_eq!(date(told).as_deref(), Some(meant), "{told}");
        }
        let odd = [
            "null",
            r#""""#,
            r#""yesterday""#,
            r#""2026-02-30""#,
            "20261130",
            "true",
            "{}",
            r#""-290000-01-01T00:00:00Z""#,
        ];
        for told in odd {
            assert_eq!(date(told), None, "{told}");
        }
        let none = Answer::parse(br#"{"osm3s":{},"elements":[]}"#).unwrap();
        assert_eq!(none.data_timestamp, None);
    }

    #[test]
    fn a_list_without_end_is_counted_not_kept() {
        let element = r#"{"type":"node","id":1,"lat":1,"lon":1},"#.repeat(MAX_ELEMENTS + 10);
        let answer = answer(element.trim_end_matches(','));
        assert_eq!(answer.rejected.over_limit, 10);
        assert_eq!(answer.elements.len(), 1);
    }

    #[test]
    fn answers_of_a_real_server_parse() {
        let full = Answer::parse(REAL).unwrap();
        assert!(
            full.elements.len() > 200 && full.remark.is_none(),
            "{}",
            full.elements.len()
        );
        let cut = Answer::parse(include_bytes!(
            "../../tests/fixtures/overpass/timeout_200_remark.body"
        ))
        .unwrap();
        assert!(cut.remark.unwrap().contains("timed out"));
        let starved = Answer::parse(include_bytes!(
            "../../tests/fixtures/overpass/memory_200_remark.body"
        ))
        .unwrap();
        assert!(starved.remark.unwrap().contains("out of memory"));
    }

    /// Nothing that is no place on the earth gets in.
    fn check(body: &[u8]) {
        let Ok(answer) = Answer::parse(body) else {
            return;
        };
        for element in answer.elements {
            assert!(element.id > 0 && storable(&element.tags));
            assert!(element.location.lon.abs() <= 180.0 && element.location.lat.abs() <= 90.0);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            check(&bytes);
        }

        #[test]
        fn no_damage_to_a_real_answer_breaks_the_reader(
            at in 0..REAL.len(),
            cut in 0..40_usize,
            put in "[0-9.eE+-]{0,12}|[\\[\\]{}\",:]{0,4}|\\\\u[0-9a-f]{0,4}|.{0,6}",
        ) {
            let mut body = REAL.to_vec();
            body.splice(at..(at + cut).min(REAL.len()), put.bytes());
            check(&body);
        }
    }
}
